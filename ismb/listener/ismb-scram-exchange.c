/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.scram"

#include "config.h"
#include "ismb/listener/ismb-scram-exchange.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

#include "ismb/store/ismb-scram.h"

#define NONCE_SIZE 18 /* random bytes, 24 digits of base64 */
#define NONCE_MAX 512 /* digits of a client's */

struct _IsmbScramExchange
{
  GChecksumType hash;
  GBytes
    *binding; /* what the client must send back as c=: its gs2 header and what it is bound to */
  char *authzid;
  char *name;
  char *bare;  /* the client's first message without gs2 header, as it came: it is signed */
  char *nonce; /* the client's, then followed by ours */
  char *challenge;
  char *account;
  IsmbScramKeys keys;
  gboolean exists;
};

void
ismb_scram_exchange_free (IsmbScramExchange *self)
{
  g_clear_pointer (&self->binding, g_bytes_unref);
  g_free (self->authzid);
  g_free (self->name);
  g_free (self->bare);
  g_free (self->nonce);
  g_free (self->challenge);
  g_free (self->account);
  ismb_scram_clear (&self->keys);
  g_free (self);
}

char *
ismb_scram_decode_base64 (const char *text, gsize *size)
{
  g_autofree char *again = NULL;
  g_autofree guchar *bytes = NULL;
  gsize length = g_str_equal (text, "=") ? 0 : strlen (text);

  bytes = g_malloc0 (length + 1);
  *size = 0;
  if (length > 0)
    {
      int state = 0;
      guint save = 0;
      *size = g_base64_decode_step (text, length, bytes, &state, &save);
      bytes[*size] = '\0';
    }
  /* GLib passes over what is no digit; written again it shows. */
  again = *size > 0 ? g_base64_encode (bytes, *size) : g_strdup ("");
  if (strncmp (again, text, length) != 0 || strlen (again) != length)
    {
      gnutls_memset (bytes, 0, length + 1);
      gnutls_memset (again, 0, strlen (again));
      return NULL;
    }
  gnutls_memset (again, 0, strlen (again));
  return (char *) g_steal_pointer (&bytes);
}

/* Where an attribute "x=value" begins at `*at`: its value, up to the comma, and `*at` behind that;
 * NULL where another attribute stands there. */
static char *
take_attribute (const char **at, char name)
{
  const char *value = NULL;
  gsize size = 0;

  if ((*at)[0] != name || (*at)[1] != '=')
    return NULL;
  value = *at + 2;
  size = strcspn (value, ",");
  *at = value + size + (value[size] == ',');
  return g_strndup (value, size);
}

/* Undoes =2C and =3D; NULL where another = stands, or nothing at all (RFC 5802, saslname). */
static char *
unescape_name (const char *escaped)
{
  g_autoptr (GString) name = g_string_new (NULL);

  for (const char *at = escaped; *at != '\0'; at++)
    {
      if (*at != '=')
        g_string_append_c (name, *at);
      else if (strncmp (at, "=2C", 3) == 0 || strncmp (at, "=3D", 3) == 0)
        {
          g_string_append_c (name, at[2] == 'C' ? ',' : '=');
          at += 2;
        }
      else
        return NULL;
    }
  return name->len > 0 ? g_string_free (g_steal_pointer (&name), FALSE) : NULL;
}

static gboolean
is_nonce (const char *text)
{
  gsize size = strlen (text);

  for (gsize i = 0; i < size; i++)
    if (!g_ascii_isgraph (text[i]) || text[i] == ',')
      return FALSE;
  return size > 0 && size <= NONCE_MAX;
}

static GBytes *
find_channel (const IsmbScramBinding *binding, const char *type)
{
  if (g_str_has_prefix (type, ISMB_SCRAM_TLS_EXPORTER ","))
    return binding->exporter;
  if (g_str_has_prefix (type, ISMB_SCRAM_TLS_SERVER_END_POINT ","))
    return binding->end_point;
  return NULL;
}

/* The flag before the first comma; NULL: it is fine. 'y' says that the client could bind and
 * believes that we cannot: where we can, somebody has been at our list of mechanisms (RFC 5802,
 * section 6). */
static const char *
find_fault (const IsmbScramBinding *binding, const char *first)
{
  gboolean offered = binding->exporter != NULL || binding->end_point != NULL;

  if (g_str_has_prefix (first, "p="))
    return binding->required && find_channel (binding, first + 2) != NULL ? NULL : "not-authorized";
  if (!g_str_has_prefix (first, "n,") && !g_str_has_prefix (first, "y,"))
    return "malformed-request";
  return binding->required || (first[0] == 'y' && offered) ? "not-authorized" : NULL;
}

static GBytes *
make_binding (const IsmbScramBinding *binding, const char *first, gsize header_size)
{
  GBytes *channel = binding->required ? find_channel (binding, first + 2) : NULL;
  GByteArray *bytes = g_byte_array_new ();

  g_byte_array_append (bytes, (const guint8 *) first, header_size);
  if (channel != NULL)
    g_byte_array_append (bytes, g_bytes_get_data (channel, NULL), g_bytes_get_size (channel));
  return g_byte_array_free_to_bytes (bytes);
}

/* gs2 header: flag, comma, optional "a=" name, comma. Returns where it ends, or NULL. */
static const char *
take_header (IsmbScramExchange *self, const char *first)
{
  const char *at = strchr (first, ',') + 1;
  g_autofree char *authzid = NULL;

  if (*at == ',')
    {
      self->authzid = g_strdup ("");
      return at + 1;
    }
  if (strchr (at, ',') == NULL)
    return NULL;
  authzid = take_attribute (&at, 'a');
  self->authzid = authzid != NULL ? unescape_name (authzid) : NULL;
  return self->authzid != NULL ? at : NULL;
}

/* What stands between `at` and `end` may be passed over, unless it is "m=": that says it may not
 * (RFC 5802, 5.1). */
static gboolean
may_pass_over (const char *at, const char *end)
{
  while (at < end)
    {
      gsize size = strcspn (at, ",");

      if (size < 3 || !g_ascii_isalpha (at[0]) || at[0] == 'm' || at[1] != '=')
        return FALSE;
      at += size + 1;
    }
  return TRUE;
}

/* "n=" name, "r=" nonce, and extensions. */
static gboolean
take_bare (IsmbScramExchange *self, const char *bare)
{
  const char *at = bare;
  g_autofree char *name = take_attribute (&at, 'n');

  self->bare = g_strdup (bare);
  self->name = name != NULL ? unescape_name (name) : NULL;
  self->nonce = take_attribute (&at, 'r');
  return self->name != NULL && self->nonce != NULL && is_nonce (self->nonce) &&
         !g_str_has_suffix (bare, ",") && may_pass_over (at, bare + strlen (bare));
}

IsmbScramExchange *
ismb_scram_exchange_new (GChecksumType hash, const IsmbScramBinding *binding, const char *first,
                         const char **condition)
{
  g_autoptr (IsmbScramExchange) self = g_new0 (IsmbScramExchange, 1);
  const char *bare = NULL, *fault = NULL;

  self->hash = hash;
  *condition = "malformed-request";
  if (!g_utf8_validate (first, -1, NULL) || strchr (first, ',') == NULL)
    return NULL;
  fault = find_fault (binding, first);
  if (fault != NULL)
    {
      *condition = fault;
      return NULL;
    }
  bare = take_header (self, first);
  if (bare == NULL || !take_bare (self, bare))
    return NULL;
  self->binding = make_binding (binding, first, bare - first);
  return g_steal_pointer (&self);
}

const char *
ismb_scram_exchange_get_name (IsmbScramExchange *self)
{
  return self->name;
}

const char *
ismb_scram_exchange_get_authzid (IsmbScramExchange *self)
{
  return self->authzid;
}

static char *
make_nonce (void)
{
  guint8 random[NONCE_SIZE];

  if (gnutls_rnd (GNUTLS_RND_NONCE, random, sizeof random) < 0)
    g_error ("GnuTLS has no random numbers");
  return g_base64_encode (random, sizeof random);
}

const char *
ismb_scram_exchange_challenge (IsmbScramExchange *self, const char *account,
                               const IsmbScramKeys *keys, gboolean exists, const char *nonce)
{
  g_autofree char *client = g_steal_pointer (&self->nonce);
  g_autofree char *made = nonce == NULL ? make_nonce () : NULL;
  g_autofree char *salt = NULL;

  self->exists = exists;
  self->account = g_strdup (account);
  ismb_scram_copy (&self->keys, keys);
  salt = g_base64_encode (g_bytes_get_data (self->keys.salt, NULL),
                          g_bytes_get_size (self->keys.salt));
  self->nonce = g_strconcat (client, nonce != NULL ? nonce : made, NULL);
  self->challenge = g_strdup_printf ("r=%s,s=%s,i=%u", self->nonce, salt, self->keys.iterations);
  return self->challenge;
}

static gboolean
equals (GBytes *wanted, const char *bytes, gsize size)
{
  return bytes != NULL && g_bytes_get_size (wanted) == size &&
         gnutls_memcmp (g_bytes_get_data (wanted, NULL), bytes, size) == 0;
}

static gboolean
check_binding (IsmbScramExchange *self, const char *encoded)
{
  gsize size = 0;
  g_autofree char *bytes = ismb_scram_decode_base64 (encoded, &size);

  return equals (self->binding, bytes, size);
}

/* The client's key comes out of its proof; its hash is what we keep (RFC 5802, section 3). */
static gboolean
check_proof (IsmbScramExchange *self, const char *signed_text, const guint8 *proof)
{
  gsize size = ismb_scram_size (self->hash);
  guint8 key[ISMB_SCRAM_MAX_SIZE], stored[ISMB_SCRAM_MAX_SIZE];

  ismb_scram_hmac (self->hash, g_bytes_get_data (self->keys.stored_key, NULL), size, signed_text,
                   strlen (signed_text), key);
  for (gsize i = 0; i < size; i++)
    key[i] ^= proof[i];
  ismb_scram_hash (self->hash, key, size, stored);
  gnutls_memset (key, 0, sizeof key);
  return equals (self->keys.stored_key, (const char *) stored, size) && self->exists;
}

static char *
sign (IsmbScramExchange *self, const char *signed_text)
{
  gsize size = ismb_scram_size (self->hash);
  guint8 signature[ISMB_SCRAM_MAX_SIZE];
  g_autofree char *encoded = NULL;

  ismb_scram_hmac (self->hash, g_bytes_get_data (self->keys.server_key, NULL), size, signed_text,
                   strlen (signed_text), signature);
  encoded = g_base64_encode (signature, size);
  return g_strconcat ("v=", encoded, NULL);
}

/* "c=" binding, "r=" nonce, extensions, and "p=" proof at the end. */
char *
ismb_scram_exchange_finish (IsmbScramExchange *self, const char *last, const char **condition)
{
  const char *at = last;
  const char *proof_at = strrchr (last, ',');
  g_autofree char *binding = take_attribute (&at, 'c');
  g_autofree char *nonce = binding != NULL ? take_attribute (&at, 'r') : NULL;
  g_autofree char *proof = NULL;
  g_autofree char *signed_text = NULL;
  gsize size = 0;

  *condition = "malformed-request";
  if (nonce == NULL || !g_utf8_validate (last, -1, NULL) || at > proof_at + 1 ||
      !g_str_has_prefix (proof_at, ",p=") || !may_pass_over (at, proof_at))
    return NULL;
  proof = ismb_scram_decode_base64 (proof_at + 3, &size);
  if (proof == NULL || size != ismb_scram_size (self->hash))
    return NULL;
  *condition = "not-authorized";
  signed_text = g_strdup_printf ("%s,%s,%.*s", self->bare, self->challenge, (int) (proof_at - last),
                                 last);
  if (!check_binding (self, binding) || !g_str_equal (nonce, self->nonce) ||
      !check_proof (self, signed_text, (const guint8 *) proof))
    return NULL;
  return sign (self, signed_text);
}

const char *
ismb_scram_exchange_get_account (IsmbScramExchange *self)
{
  return self->account;
}
