/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/support/ismb-test-scram.h"

#include <gnutls/crypto.h>
#include <string.h>

#define ITERATIONS 4096
#define SHA1_BYTES 20

char *
ismb_test_scram_get (const char *message, const char *attribute)
{
  g_auto (GStrv) parts = g_strsplit (message, ",", -1);

  for (char **part = parts; *part != NULL; part++)
    if (g_str_has_prefix (*part, attribute))
      return g_strdup (*part + strlen (attribute));
  return g_strdup ("");
}

static void
hmac (const guchar *key, const char *text, guchar *out)
{
  gnutls_hmac_fast (GNUTLS_MAC_SHA1, key, SHA1_BYTES, text, strlen (text), out);
}

void
ismb_test_scram_prove (const char *secret, const char *auth_message, char **proof,
                       char **signature)
{
  const gnutls_datum_t password = { (guchar *) secret, strlen (secret) };
  const gnutls_datum_t salt = { (guchar *) "saltsalt", 8 };
  guchar salted[SHA1_BYTES], key[SHA1_BYTES], stored[SHA1_BYTES], signed_by[SHA1_BYTES];

  gnutls_pbkdf2 (GNUTLS_MAC_SHA1, &password, &salt, ITERATIONS, salted, sizeof salted);
  hmac (salted, "Client Key", key);
  gnutls_hash_fast (GNUTLS_DIG_SHA1, key, sizeof key, stored);
  hmac (stored, auth_message, signed_by);
  for (int i = 0; i < SHA1_BYTES; i++)
    key[i] ^= signed_by[i];
  *proof = g_base64_encode (key, sizeof key);
  hmac (salted, "Server Key", key);
  hmac (key, auth_message, signed_by);
  *signature = g_base64_encode (signed_by, sizeof signed_by);
}
