/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.store.scram"

#include "config.h"
#include "ismb/store/ismb-scram.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

static gnutls_mac_algorithm_t
mac (GChecksumType hash)
{
  return hash == G_CHECKSUM_SHA1 ? GNUTLS_MAC_SHA1 : GNUTLS_MAC_SHA256;
}

gsize
ismb_scram_size (GChecksumType hash)
{
  return hash == G_CHECKSUM_SHA1 ? 20 : 32;
}

/* With these algorithms and sizes GnuTLS fails only when it is broken itself; going on would let a
 * key of stack garbage decide who comes in. */
static void
must (int result)
{
  if (result < 0)
    g_error ("GnuTLS cannot compute a hash: %s", gnutls_strerror (result));
}

void
ismb_scram_hmac (GChecksumType hash, const void *key, gsize key_size, const void *data, gsize size,
                 guint8 *out)
{
  must (gnutls_hmac_fast (mac (hash), key, key_size, data, size, out));
}

void
ismb_scram_hash (GChecksumType hash, const void *data, gsize size, guint8 *out)
{
  must (gnutls_hash_fast ((gnutls_digest_algorithm_t) mac (hash), data, size, out));
}

void
ismb_scram_derive (IsmbScramKeys *keys, GChecksumType hash, guint iterations, GBytes *salt,
                   const char *password)
{
  gsize size = ismb_scram_size (hash);
  guint8 salted[ISMB_SCRAM_MAX_SIZE], client[ISMB_SCRAM_MAX_SIZE];
  guint8 stored[ISMB_SCRAM_MAX_SIZE], server[ISMB_SCRAM_MAX_SIZE];
  gnutls_datum_t key = { (guint8 *) password, strlen (password) };
  gnutls_datum_t salt_datum = { (guint8 *) g_bytes_get_data (salt, NULL), g_bytes_get_size (salt) };

  must (gnutls_pbkdf2 (mac (hash), &key, &salt_datum, iterations, salted, size));
  ismb_scram_hmac (hash, salted, size, "Client Key", 10, client);
  ismb_scram_hash (hash, client, size, stored);
  ismb_scram_hmac (hash, salted, size, "Server Key", 10, server);
  *keys = (IsmbScramKeys){ hash, iterations, g_bytes_ref (salt), g_bytes_new (stored, size),
                           g_bytes_new (server, size) };
  gnutls_memset (salted, 0, sizeof salted);
  gnutls_memset (client, 0, sizeof client);
}

gboolean
ismb_scram_check (const IsmbScramKeys *keys, const char *password)
{
  g_auto (IsmbScramKeys) tried = { 0 };

  ismb_scram_derive (&tried, keys->hash, keys->iterations, keys->salt, password);
  return gnutls_memcmp (g_bytes_get_data (tried.stored_key, NULL),
                        g_bytes_get_data (keys->stored_key, NULL),
                        ismb_scram_size (keys->hash)) == 0;
}

void
ismb_scram_clear (IsmbScramKeys *keys)
{
  g_clear_pointer (&keys->salt, g_bytes_unref);
  g_clear_pointer (&keys->stored_key, g_bytes_unref);
  g_clear_pointer (&keys->server_key, g_bytes_unref);
}

static GBytes *
invent_one (GBytes *secret, const char *purpose, GChecksumType hash, const char *name, gsize size)
{
  g_autofree char *text = g_strdup_printf ("%s:%d:%s", purpose, hash, name);
  guint8 bytes[32];

  ismb_scram_hmac (G_CHECKSUM_SHA256, g_bytes_get_data (secret, NULL), g_bytes_get_size (secret),
                   text, strlen (text), bytes);
  return g_bytes_new (bytes, size);
}

void
ismb_scram_invent (IsmbScramKeys *keys, GChecksumType hash, GBytes *secret, const char *name)
{
  gsize size = ismb_scram_size (hash);

  *keys = (IsmbScramKeys){ hash, ISMB_SCRAM_ITERATIONS,
                           invent_one (secret, "salt", hash, name, ISMB_SCRAM_SALT_SIZE),
                           invent_one (secret, "stored", hash, name, size),
                           invent_one (secret, "server", hash, name, size) };
}

void
ismb_scram_copy (IsmbScramKeys *keys, const IsmbScramKeys *from)
{
  *keys = (IsmbScramKeys){ from->hash, from->iterations, g_bytes_ref (from->salt),
                           g_bytes_ref (from->stored_key), g_bytes_ref (from->server_key) };
}
