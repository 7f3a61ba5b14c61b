/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "ismb/listener/ismb-sasl.h"

/* Any exchange of SASL against real accounts: the first line is a mechanism, each other one a
 * message ("+" before base64 as it stands, else it is encoded; "-": no initial response). It
 * must not crash; nobody is let in but by what proves him, and up to that moment nobody learns
 * whether the account that he names is there: the same exchange where there are no accounts
 * looks the same. */

#define DOMAIN "sw1.001122"
#define ITERATIONS 4096

static const guint8 channel[32] = "0123456789abcdef0123456789abcdef";

static void
derive (IsmbScramKeys *keys, GChecksumType hash)
{
  g_autoptr (GBytes) salt = g_bytes_new_static ("salt of 16 bytes", 16);

  ismb_scram_derive (keys, hash, ITERATIONS, salt, "pencil");
}

static GVariant *
variant (GBytes *bytes)
{
  return g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, bytes, TRUE);
}

/* With a salt that is always the same, so that a file of the corpus can sign in. */
static void
add_account (IsmbStore *store)
{
  g_auto (IsmbScramKeys) sha1 = { 0 };
  g_auto (IsmbScramKeys) sha256 = { 0 };
  GVariant *row;

  derive (&sha1, G_CHECKSUM_SHA1);
  derive (&sha256, G_CHECKSUM_SHA256);
  row = g_variant_new ("(ssx@ay@ay@ay@ay@ay@ay)", "user", "client", (gint64) ITERATIONS,
                       variant (sha1.salt), variant (sha1.stored_key), variant (sha1.server_key),
                       variant (sha256.salt), variant (sha256.stored_key),
                       variant (sha256.server_key));
  g_assert_true (ismb_store_write_now (
      store, "INSERT INTO account VALUES (?,?,?,?,?,?,?,?,?)", row, NULL));
}

static IsmbAccounts *
make_accounts (gboolean with_one)
{
  g_autoptr (IsmbStore) store = ismb_store_open (NULL, NULL);

  if (with_one)
    add_account (store);
  return ismb_accounts_load (store, NULL);
}

static IsmbSasl *
make_sasl (IsmbAccounts *accounts)
{
  g_autoptr (GBytes) exporter = g_bytes_new_static (channel, 16);
  g_autoptr (GBytes) end_point = g_bytes_new_static (channel, sizeof channel);
  const IsmbSaslContext context = {
    .domain = DOMAIN, .encrypted = TRUE, .exporter = exporter, .external = "user",
    .end_point = end_point,
  };
  IsmbSasl *sasl = ismb_sasl_new (accounts, &context);

  ismb_sasl_set_nonce (sasl, "nonce");
  return sasl;
}

static char *
encode (const char *line)
{
  if (line[0] == '+')
    return g_strdup (line + 1);
  return g_base64_encode ((const guchar *) line, strlen (line));
}

static IsmbSaslResult
say (IsmbSasl *sasl, char **lines, guint at)
{
  g_autofree char *text = strcmp (lines[at], "-") != 0 ? encode (lines[at]) : NULL;

  return at == 1 ? ismb_sasl_start (sasl, lines[0], text) : ismb_sasl_respond (sasl, text);
}

static void
check (IsmbSasl *sasl, IsmbSaslResult result)
{
  if (result == ISMB_SASL_FAILURE)
    g_assert_nonnull (ismb_sasl_get_condition (sasl));
  else
    g_assert_null (ismb_sasl_get_condition (sasl));
  if (result == ISMB_SASL_SUCCESS)
    g_assert_cmpstr (ismb_sasl_get_account (sasl), ==, "user");
  else
    g_assert_null (ismb_sasl_get_account (sasl));
}

static gsize
reply_size (IsmbSasl *sasl)
{
  const char *reply = ismb_sasl_get_reply (sasl);

  return reply != NULL ? strlen (reply) : 0;
}

/* Who is let in where there is an account is, where there is none, like one who was wrong. */
static gboolean
check_alike (IsmbSasl *known, IsmbSaslResult at_known, IsmbSasl *empty, IsmbSaslResult at_empty)
{
  if (at_known == ISMB_SASL_SUCCESS)
    {
      g_assert_cmpint (at_empty, ==, ISMB_SASL_FAILURE);
      g_assert_cmpstr (ismb_sasl_get_condition (empty), ==, "not-authorized");
      return FALSE;
    }
  g_assert_cmpint (at_known, ==, at_empty);
  g_assert_cmpuint (reply_size (known), ==, reply_size (empty));
  return at_known == ISMB_SASL_CONTINUE;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static IsmbAccounts *accounts, *none;
  g_autofree char *text = g_strndup ((const char *) data, MIN (size, 8192));
  g_auto (GStrv) lines = g_strsplit (text, "\n", 8);
  g_autoptr (IsmbSasl) known = NULL, empty = NULL;
  gboolean more = TRUE;

  if (accounts == NULL)
    {
      accounts = make_accounts (TRUE);
      none = make_accounts (FALSE);
    }
  known = make_sasl (accounts);
  empty = make_sasl (none);
  for (guint i = 1; lines[0] != NULL && lines[i] != NULL && more; i++)
    {
      IsmbSaslResult at_known = say (known, lines, i), at_empty = say (empty, lines, i);

      check (known, at_known);
      check (empty, at_empty);
      more = check_alike (known, at_known, empty, at_empty);
    }
  return 0;
}
