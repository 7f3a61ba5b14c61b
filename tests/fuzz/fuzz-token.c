/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "ismb/trust/ismb-token.h"

/* Any text as a token, and as the verifier and the proof that go with one. It must not crash;
 * what is a token is written again as one that says the same; and nothing is a proof by chance.
 * So that the check digits do not keep all else from being tried, the right ones are put in too. */

#define VERIFIER "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define PROOF "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static void
try_token (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbToken) token = ismb_token_parse (text, &error);
  g_autoptr (IsmbToken) again = NULL;
  g_autofree char *written = NULL;

  g_assert_true ((token == NULL) == (error != NULL));
  if (token == NULL)
    return;
  written = ismb_token_to_text (token);
  again = ismb_token_parse (written, NULL);
  g_assert_nonnull (again);
  g_assert_cmpstr (again->fabric, ==, token->fabric);
  g_assert_cmpstr (again->ca_hash, ==, token->ca_hash);
  g_assert_cmpstr (again->secret, ==, token->secret);
}

static void
try_sealed (const char *text)
{
  const char *dot = strrchr (text, '.');
  g_autofree char *body = dot != NULL ? g_strndup (text, dot + 1 - text) : g_strdup (text);
  g_autofree char *digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, body, -1);
  g_autofree char *sealed = g_strdup_printf ("%s%.8s", body, digest);

  try_token (sealed);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const guint8 exporter_bytes[32];
  g_autoptr (GBytes) exporter = g_bytes_new_static (exporter_bytes, sizeof exporter_bytes);
  g_autofree char *text = g_strndup ((const char *) data, size);

  try_token (text);
  try_sealed (text);
  g_assert_false (ismb_token_check (VERIFIER, text, exporter, ""));
  g_assert_false (ismb_token_check (text, PROOF, exporter, text));
  return 0;
}
