/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/bench/bench-scram.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

#define SIZE 20 /* bytes of a SHA-1 */

typedef struct
{
  guint8 client[SIZE], stored[SIZE], server[SIZE];
} Keys;

struct _BenchScram
{
  char *password;
  GHashTable *keys; /* account and salt, owned, to Keys, owned */
};

BenchScram *
bench_scram_new (const char *password)
{
  BenchScram *self = g_new0 (BenchScram, 1);

  self->password = g_strdup (password);
  self->keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return self;
}

void
bench_scram_free (BenchScram *self)
{
  g_hash_table_unref (self->keys);
  g_free (self->password);
  g_free (self);
}

static void
hmac (const guint8 *key, const char *text, guint8 *out)
{
  if (gnutls_hmac_fast (GNUTLS_MAC_SHA1, key, SIZE, text, strlen (text), out) < 0)
    g_error ("GnuTLS cannot compute an HMAC");
}

static Keys *
derive (const char *password, const guint8 *salt, gsize salt_size, guint iterations)
{
  Keys *keys = g_new0 (Keys, 1);
  guint8 salted[SIZE];
  gnutls_datum_t secret = { (guint8 *) password, strlen (password) };
  gnutls_datum_t salt_datum = { (guint8 *) salt, salt_size };

  if (gnutls_pbkdf2 (GNUTLS_MAC_SHA1, &secret, &salt_datum, iterations, salted, SIZE) < 0)
    g_error ("GnuTLS cannot derive a key");
  hmac (salted, "Client Key", keys->client);
  hmac (salted, "Server Key", keys->server);
  gnutls_hash_fast (GNUTLS_DIG_SHA1, keys->client, SIZE, keys->stored);
  return keys;
}

static const Keys *
find_keys (BenchScram *self, const char *account, const char *salt64, guint iterations)
{
  g_autofree char *name = g_strdup_printf ("%s %s", account, salt64);
  Keys *keys = g_hash_table_lookup (self->keys, name);

  if (keys == NULL)
    {
      gsize size = 0;
      g_autofree guchar *salt = g_base64_decode (salt64, &size);

      keys = derive (self->password, salt, size, iterations);
      g_hash_table_insert (self->keys, g_steal_pointer (&name), keys);
    }
  return keys;
}

static char *
encode (const char *text)
{
  return g_base64_encode ((const guchar *) text, strlen (text));
}

char *
bench_scram_begin (const char *account, const char *nonce)
{
  g_autofree char *message = g_strdup_printf ("n,,n=%s,r=%s", account, nonce);

  return encode (message);
}

/* r=NONCE,s=SALT,i=ITERATIONS, and nothing else: both servers under test say just that. */
static gboolean
is_challenge (char **fields, const char *nonce)
{
  return g_strv_length (fields) == 3 && g_str_has_prefix (fields[0], "r=") &&
         g_str_has_prefix (fields[0] + 2, nonce) && g_str_has_prefix (fields[1], "s=") &&
         g_str_has_prefix (fields[2], "i=");
}

static char *
prove (const Keys *keys, const char *transcript)
{
  guint8 proof[SIZE];

  hmac (keys->stored, transcript, proof);
  for (guint i = 0; i < SIZE; i++)
    proof[i] ^= keys->client[i];
  return g_base64_encode (proof, SIZE);
}

static char *
expect (const Keys *keys, const char *transcript)
{
  guint8 signature[SIZE];
  g_autofree char *signature64 = NULL;
  g_autofree char *message = NULL;

  hmac (keys->server, transcript, signature);
  signature64 = g_base64_encode (signature, SIZE);
  message = g_strconcat ("v=", signature64, NULL);
  return encode (message);
}

char *
bench_scram_answer (BenchScram *self, const char *account, const char *nonce, const char *challenge,
                    char **expected)
{
  gsize size = 0;
  g_autofree char *raw = (char *) g_base64_decode (challenge, &size);
  g_autofree char *first = g_strndup (raw, size);
  g_auto (GStrv) fields = g_strsplit (first, ",", -1);
  g_autofree char *transcript = NULL;
  g_autofree char *proof = NULL;
  g_autofree char *message = NULL;
  const Keys *keys;

  if (!is_challenge (fields, nonce))
    return NULL;
  keys =
      find_keys (self, account, fields[1] + 2, (guint) g_ascii_strtoull (fields[2] + 2, NULL, 10));
  transcript = g_strdup_printf ("n=%s,r=%s,%s,c=biws,%s", account, nonce, first, fields[0]);
  proof = prove (keys, transcript);
  *expected = expect (keys, transcript);
  message = g_strdup_printf ("c=biws,%s,p=%s", fields[0], proof);
  return encode (message);
}
