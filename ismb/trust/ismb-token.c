/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.trust.token"

#include "config.h"
#include "ismb/trust/ismb-token.h"

#include <gnutls/crypto.h>
#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/trust/ismb-key-file.h"
#include "ismb/trust/ismb-names.h"

#define PREFIX "ISMB1."
#define TOKEN_MAX 512    /* bytes */
#define REQUEST_MAX 10000 /* bytes; what a stranger may send */
#define EXPORTER_SIZE 32
#define HASH_SIZE 32 /* SHA-256 */
#define SECRET_SIZE 16
#define ID_SIZE 8
#define PROOF_DIGITS 44 /* HASH_SIZE bytes in base64 */
#define HASH_DIGITS (2 * HASH_SIZE)
#define SECRET_DIGITS (2 * SECRET_SIZE)
#define CHECK_DIGITS 8

/* What stands behind the prefix, in its order. */
enum
{
  PART_FABRIC,
  PART_CA_HASH,
  PART_SECRET,
  PART_CHECK,
  PARTS,
};

typedef struct
{
  const char *start;
  gsize size;
} Part;

static void
hash (const void *data, gsize size, guint8 digest[HASH_SIZE])
{
  int result = gnutls_hash_fast (GNUTLS_DIG_SHA256, data, size, digest);

  g_assert (result >= 0);
}

static void
mac (const guint8 *key, gsize key_size, const void *data, gsize size, guint8 digest[HASH_SIZE])
{
  int result = gnutls_hmac_fast (GNUTLS_MAC_SHA256, key, key_size, data, size, digest);

  g_assert (result >= 0);
}

static char *
to_hex (const guint8 *bytes, gsize size)
{
  char *hex = g_malloc (2 * size + 1);

  for (gsize i = 0; i < size; i++)
    g_snprintf (hex + 2 * i, 3, "%02x", bytes[i]);
  return hex;
}

/* Whoever calls has counted the digits. */
static void
from_hex (const char *hex, guint8 *bytes, gsize size)
{
  for (gsize i = 0; i < size; i++)
    bytes[i] = g_ascii_xdigit_value (hex[2 * i]) << 4 | g_ascii_xdigit_value (hex[2 * i + 1]);
}

static gboolean
is_hex (const char *text, gsize size, gsize digits)
{
  for (gsize i = 0; i < size; i++)
    if (!g_ascii_isxdigit (text[i]))
      return FALSE;
  return size == digits;
}

static char *
new_secret (void)
{
  guint8 bytes[SECRET_SIZE];
  int result = gnutls_rnd (GNUTLS_RND_KEY, bytes, sizeof bytes);
  char *secret = to_hex (bytes, sizeof bytes);

  g_assert (result >= 0);
  gnutls_memset (bytes, 0, sizeof bytes);
  return secret;
}

IsmbToken *
ismb_token_new (const char *fabric, const char *ca_hash)
{
  IsmbToken *self = NULL;

  g_return_val_if_fail (ismb_names_check_fabric (fabric, NULL), NULL);
  g_return_val_if_fail (is_hex (ca_hash, strlen (ca_hash), HASH_DIGITS), NULL);
  self = g_new0 (IsmbToken, 1);
  self->fabric = g_strdup (fabric);
  self->ca_hash = g_ascii_strdown (ca_hash, -1);
  self->secret = new_secret ();
  return self;
}

static gboolean
split (const char *text, gsize size, Part parts[PARTS])
{
  const char *end = text + size;

  for (guint i = 0; i < PARTS; i++)
    {
      const char *dot = memchr (text, '.', end - text);

      if ((dot == NULL) != (i == PARTS - 1))
        return FALSE;
      parts[i].start = text;
      parts[i].size = (dot != NULL ? dot : end) - text;
      text = dot != NULL ? dot + 1 : end;
    }
  return is_hex (parts[PART_CA_HASH].start, parts[PART_CA_HASH].size, HASH_DIGITS)
         && is_hex (parts[PART_SECRET].start, parts[PART_SECRET].size, SECRET_DIGITS)
         && is_hex (parts[PART_CHECK].start, parts[PART_CHECK].size, CHECK_DIGITS);
}

static char *
make_check (const char *text, gsize size)
{
  guint8 digest[HASH_SIZE];

  hash (text, size, digest);
  return to_hex (digest, CHECK_DIGITS / 2);
}

static gboolean
check_fits (const char *text, const Part *check)
{
  g_autofree char *digits = make_check (text, check->start - text);

  return g_ascii_strncasecmp (check->start, digits, CHECK_DIGITS) == 0;
}

static gboolean
bad_token (GError **error, const char *message)
{
  g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG, message);
  return FALSE;
}

/* The messages say nothing of what was read: it holds a secret, or was meant to. */
static gboolean
find_parts (const char *text, gsize size, Part parts[PARTS], GError **error)
{
  if (!g_str_has_prefix (text, PREFIX))
    return bad_token (error, "this is no token: one begins with " PREFIX
                             ", as `switchctl fabric invite` prints it");
  if (size > TOKEN_MAX)
    return bad_token (error, "this is no token: it is longer than 512 bytes");
  if (!split (text + strlen (PREFIX), size - strlen (PREFIX), parts))
    return bad_token (error, "the token is not whole: behind " PREFIX " stand a fabric's name and "
                             "64, 32 and 8 hex digits, with dots between; copy all of it");
  if (!check_fits (text, &parts[PART_CHECK]))
    return bad_token (error, "the token was mistyped or cut off: its last 8 digits do not fit "
                             "the rest; copy it once more");
  return TRUE;
}

static char *
unescape_fabric (const Part *part, GError **error)
{
  g_autofree char *fabric
      = g_uri_unescape_segment (part->start, part->start + part->size, NULL);

  if (fabric == NULL)
    return bad_token (error, "the fabric's name in the token is not percent-encoded"), NULL;
  return ismb_names_check_fabric (fabric, error) ? g_steal_pointer (&fabric) : NULL;
}

IsmbToken *
ismb_token_parse (const char *text, GError **error)
{
  g_autofree char *fabric = NULL;
  IsmbToken *self = NULL;
  Part parts[PARTS];
  gsize size = 0;

  for (; g_ascii_isspace (*text); text++)
    ;
  for (size = strlen (text); size > 0 && g_ascii_isspace (text[size - 1]); size--)
    ;
  if (!find_parts (text, size, parts, error))
    return NULL;
  fabric = unescape_fabric (&parts[PART_FABRIC], error);
  if (fabric == NULL)
    return NULL;
  self = g_new0 (IsmbToken, 1);
  self->fabric = g_steal_pointer (&fabric);
  self->ca_hash = g_ascii_strdown (parts[PART_CA_HASH].start, HASH_DIGITS);
  self->secret = g_ascii_strdown (parts[PART_SECRET].start, SECRET_DIGITS);
  return self;
}

IsmbToken *
ismb_token_copy (const IsmbToken *self)
{
  IsmbToken *copy = g_new0 (IsmbToken, 1);

  copy->fabric = g_strdup (self->fabric);
  copy->ca_hash = g_strdup (self->ca_hash);
  copy->secret = g_strdup (self->secret);
  return copy;
}

void
ismb_token_free (IsmbToken *self)
{
  g_free (self->fabric);
  g_free (self->ca_hash);
  ismb_key_file_wipe (self->secret);
  g_free (self);
}

/* g_uri_escape_string () takes a dot for harmless, and here it parts. */
static char *
escape_fabric (const char *fabric)
{
  g_autofree char *escaped = g_uri_escape_string (fabric, NULL, FALSE);
  g_auto (GStrv) pieces = g_strsplit (escaped, ".", -1);

  return g_strjoinv ("%2E", pieces);
}

char *
ismb_token_to_text (const IsmbToken *self)
{
  g_autofree char *fabric = escape_fabric (self->fabric);
  char *head = g_strconcat (PREFIX, fabric, ".", self->ca_hash, ".", self->secret, ".", NULL);
  g_autofree char *check = make_check (head, strlen (head));
  char *text = g_strconcat (head, check, NULL);

  ismb_key_file_wipe (head);
  return text;
}

/* HMAC of `label` with the secret: a key or a name that tells nothing of it. */
static void
derive (const IsmbToken *self, const char *label, guint8 digest[HASH_SIZE])
{
  guint8 secret[SECRET_SIZE];

  from_hex (self->secret, secret, sizeof secret);
  mac (secret, sizeof secret, label, strlen (label), digest);
  gnutls_memset (secret, 0, sizeof secret);
}

char *
ismb_token_dup_id (const IsmbToken *self)
{
  guint8 digest[HASH_SIZE];

  derive (self, "ismb token id", digest);
  return to_hex (digest, ID_SIZE);
}

static void
derive_keys (const IsmbToken *self, guint8 client_key[HASH_SIZE], guint8 stored_key[HASH_SIZE])
{
  derive (self, "ismb join client key", client_key);
  hash (client_key, HASH_SIZE, stored_key);
}

char *
ismb_token_dup_verifier (const IsmbToken *self)
{
  guint8 client_key[HASH_SIZE], stored_key[HASH_SIZE];

  derive_keys (self, client_key, stored_key);
  gnutls_memset (client_key, 0, sizeof client_key);
  return to_hex (stored_key, sizeof stored_key);
}

static gboolean
is_in_bounds (GBytes *exporter, const char *request_pem)
{
  return g_bytes_get_size (exporter) == EXPORTER_SIZE
         && strnlen (request_pem, REQUEST_MAX + 1) <= REQUEST_MAX;
}

static void
sign (const guint8 stored_key[HASH_SIZE], GBytes *exporter, const char *request_pem,
      guint8 signature[HASH_SIZE])
{
  static const char label[] = "ismb-join-1\n";
  guint8 message[sizeof label - 1 + EXPORTER_SIZE + HASH_SIZE];
  guint8 *at = message;

  memcpy (at, label, sizeof label - 1);
  at += sizeof label - 1;
  memcpy (at, g_bytes_get_data (exporter, NULL), EXPORTER_SIZE);
  hash (request_pem, strlen (request_pem), at + EXPORTER_SIZE);
  mac (stored_key, HASH_SIZE, message, sizeof message, signature);
}

static void
mix (guint8 bytes[HASH_SIZE], const guint8 with[HASH_SIZE])
{
  for (guint i = 0; i < HASH_SIZE; i++)
    bytes[i] ^= with[i];
}

char *
ismb_token_prove (const IsmbToken *self, GBytes *exporter, const char *request_pem)
{
  guint8 client_key[HASH_SIZE], stored_key[HASH_SIZE], signature[HASH_SIZE];

  g_return_val_if_fail (is_in_bounds (exporter, request_pem), NULL);
  derive_keys (self, client_key, stored_key);
  sign (stored_key, exporter, request_pem, signature);
  mix (signature, client_key);
  gnutls_memset (client_key, 0, sizeof client_key);
  return g_base64_encode (signature, sizeof signature);
}

/* Only the one way to write the bytes, so that of a proof that was looked at there is no other
 * spelling. */
static gboolean
read_proof (const char *proof, guint8 bytes[HASH_SIZE])
{
  g_autofree guint8 *decoded = NULL;
  g_autofree char *again = NULL;
  gsize size = 0;

  if (strnlen (proof, PROOF_DIGITS + 1) != PROOF_DIGITS)
    return FALSE;
  decoded = g_base64_decode (proof, &size);
  again = g_base64_encode (decoded, size);
  if (size != HASH_SIZE || !g_str_equal (again, proof))
    return FALSE;
  memcpy (bytes, decoded, HASH_SIZE);
  return TRUE;
}

gboolean
ismb_token_check (const char *verifier, const char *proof, GBytes *exporter,
                  const char *request_pem)
{
  guint8 stored_key[HASH_SIZE], signature[HASH_SIZE], client_key[HASH_SIZE], digest[HASH_SIZE];

  if (!is_hex (verifier, strnlen (verifier, HASH_DIGITS + 1), HASH_DIGITS)
      || !read_proof (proof, client_key) || !is_in_bounds (exporter, request_pem))
    return FALSE;
  from_hex (verifier, stored_key, sizeof stored_key);
  sign (stored_key, exporter, request_pem, signature);
  mix (client_key, signature);
  hash (client_key, sizeof client_key, digest);
  gnutls_memset (client_key, 0, sizeof client_key);
  return gnutls_memcmp (digest, stored_key, sizeof digest) == 0;
}
