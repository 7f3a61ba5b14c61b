/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/trust/ismb-token.h"

#include <string.h>

#include "ismb/core/ismb-error.h"

#define CA_HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define REQUEST "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n"

static GBytes *
new_exporter (guint8 value)
{
  guint8 bytes[32];

  memset (bytes, value, sizeof bytes);
  return g_bytes_new (bytes, sizeof bytes);
}

static void
assert_refused (const char *text, const char *hint)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (ismb_token_parse (text, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG);
  if (strstr (error->message, hint) == NULL)
    g_error ("“%s” says “%s”", text, error->message);
}

static IsmbToken *
assert_parsed (const char *text)
{
  g_autoptr (GError) error = NULL;
  IsmbToken *token = ismb_token_parse (text, &error);

  g_assert_no_error (error);
  return token;
}

/* `body`, and the digits that fit it. */
static char *
seal (const char *body)
{
  g_autofree char *digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, body, -1);

  return g_strdup_printf ("%s%.8s", body, digest);
}

static void
assert_comes_back (const char *fabric)
{
  g_autoptr (IsmbToken) token = ismb_token_new (fabric, CA_HASH);
  g_autofree char *text = ismb_token_to_text (token);
  g_autofree char *spaced = g_strdup_printf (" \t%s\r\n", text);
  g_autoptr (IsmbToken) read = assert_parsed (spaced);
  g_autoptr (IsmbToken) copy = ismb_token_copy (read);
  g_autofree char *again = ismb_token_to_text (copy);

  g_assert_cmpuint (strlen (text), <=, 512);
  g_assert_true (g_str_is_ascii (text));
  g_assert_null (strpbrk (text, " \t\n\"'$&;"));
  g_assert_cmpstr (read->fabric, ==, fabric);
  g_assert_cmpstr (read->ca_hash, ==, CA_HASH);
  g_assert_cmpstr (read->secret, ==, token->secret);
  g_assert_cmpstr (again, ==, text);
}

static void
test_comes_back (void)
{
  g_autofree char *longest = g_strnfill (64, '%');

  assert_comes_back ("lab");
  assert_comes_back ("a.b..c");
  assert_comes_back ("Größe 1 “$HOME” & more; ~_-");
  assert_comes_back (longest);
}

static void
test_no_two_are_alike (void)
{
  g_autoptr (IsmbToken) one = ismb_token_new ("lab", CA_HASH);
  g_autoptr (IsmbToken) other = ismb_token_new ("lab", CA_HASH);
  g_autofree char *id = ismb_token_dup_id (one);
  g_autofree char *other_id = ismb_token_dup_id (other);

  g_assert_cmpstr (one->secret, !=, other->secret);
  g_assert_cmpstr (id, !=, other_id);
}

/* Computed apart from this code, with Python's hashlib and hmac. */
static void
test_known_answers (void)
{
  g_autofree char *text = seal ("ISMB1.lab%201." CA_HASH ".000102030405060708090a0b0c0d0e0f.");
  g_autoptr (IsmbToken) token = assert_parsed (text);
  g_autoptr (GBytes) exporter = new_exporter (7);
  g_autofree char *id = ismb_token_dup_id (token);
  g_autofree char *verifier = ismb_token_dup_verifier (token);
  g_autofree char *proof = ismb_token_prove (token, exporter, REQUEST);

  g_assert_cmpstr (token->fabric, ==, "lab 1");
  g_assert_cmpstr (id, ==, "0163ef7ee3390359");
  g_assert_cmpstr (verifier, ==,
                   "68730120d8e5b3c9856812d91f219815c3ddc9f2200a2ff8d8a53d6454472cfa");
  g_assert_cmpstr (proof, ==, "SWIjM9f67QZVXCd8oM4Z9q8iKsvwGZL0fA6kE0wiYeY=");
}

static void
test_letters_may_be_large (void)
{
  g_autofree char *hash = g_ascii_strup (CA_HASH, -1);
  g_autofree char *body = g_strdup_printf ("ISMB1.lab.%s.ABCDEF00000000000000000000000000.", hash);
  g_autofree char *text = seal (body);
  g_autoptr (IsmbToken) token = assert_parsed (text);

  g_assert_cmpstr (token->ca_hash, ==, CA_HASH);
  g_assert_cmpstr (token->secret, ==, "abcdef00000000000000000000000000");
}

static void
test_slips_are_told (void)
{
  g_autoptr (IsmbToken) token = ismb_token_new ("lab", CA_HASH);
  g_autofree char *text = ismb_token_to_text (token);
  g_autofree char *longest = g_strnfill (600, 'a');
  g_autofree char *too_long = g_strconcat ("ISMB1.", longest, NULL);

  assert_refused ("", "begins with ISMB1.");
  assert_refused ("ISMB2.x", "begins with ISMB1.");
  assert_refused (longest, "begins with ISMB1.");
  assert_refused (too_long, "longer than 512");
  assert_refused ("ISMB1.", "not whole");
  assert_refused ("ISMB1.a.b.c.d", "not whole");
  for (gsize size = strlen (text) - 1; size > strlen ("ISMB1."); size--)
    {
      g_autofree char *torn = g_strndup (text, size);
      assert_refused (torn, "not whole");
    }
}

/* Every digit of it, changed to another one, and no message tells the secret. */
static void
test_one_wrong_digit (void)
{
  g_autoptr (IsmbToken) token = ismb_token_new ("lab", CA_HASH);
  g_autofree char *text = ismb_token_to_text (token);

  for (char *at = text + strlen ("ISMB1."); *at != '\0'; at++)
    if (*at != '.')
      {
        char right = *at;
        g_autoptr (GError) error = NULL;

        *at = right == '0' ? '1' : '0';
        g_assert_null (ismb_token_parse (text, &error));
        g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG);
        g_assert_nonnull (strstr (error->message, "mistyped or cut off"));
        g_assert_null (strstr (error->message, token->secret));
        *at = right;
      }
}

static void
assert_fabric_refused (const char *escaped, const char *hint)
{
  g_autofree char *body =
      g_strdup_printf ("ISMB1.%s." CA_HASH ".000102030405060708090a0b0c0d0e0f.", escaped);
  g_autofree char *text = seal (body);

  assert_refused (text, hint);
}

static void
test_refuses_bad_fabric_names (void)
{
  g_autofree char *longest = g_strnfill (65, 'a');

  assert_fabric_refused ("", "1 to 64 bytes");
  assert_fabric_refused (longest, "1 to 64 bytes");
  assert_fabric_refused ("a%0ab", "1 to 64 bytes");
  assert_fabric_refused ("%1b[2J", "1 to 64 bytes");
  assert_fabric_refused ("a%00b", "percent-encoded");
  assert_fabric_refused ("%ff", "1 to 64 bytes");
  assert_fabric_refused ("%4", "percent-encoded");
  assert_fabric_refused ("%zz", "percent-encoded");
}

typedef struct
{
  IsmbToken *token;
  GBytes *exporter;
  char *verifier;
  char *proof;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->token = ismb_token_new ("lab", CA_HASH);
  fixture->exporter = new_exporter (1);
  fixture->verifier = ismb_token_dup_verifier (fixture->token);
  fixture->proof = ismb_token_prove (fixture->token, fixture->exporter, REQUEST);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  ismb_token_free (fixture->token);
  g_bytes_unref (fixture->exporter);
  g_free (fixture->verifier);
  g_free (fixture->proof);
}

static gboolean
holds (Fixture *fixture, const char *proof)
{
  return ismb_token_check (fixture->verifier, proof, fixture->exporter, REQUEST);
}

static void
test_proof_holds (Fixture *fixture, gconstpointer data)
{
  g_assert_true (holds (fixture, fixture->proof));
  g_assert_null (strstr (fixture->verifier, fixture->token->secret));
}

/* For another session it is a replay, for another request somebody else's device. */
static void
test_proof_is_for_one_session_and_request (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) other = new_exporter (2);
  g_autoptr (GBytes) shorter = g_bytes_new_from_bytes (fixture->exporter, 0, 31);
  g_autofree char *endless = g_strnfill (10001, 'a');

  g_assert_false (ismb_token_check (fixture->verifier, fixture->proof, other, REQUEST));
  g_assert_false (ismb_token_check (fixture->verifier, fixture->proof, shorter, REQUEST));
  g_assert_false (
      ismb_token_check (fixture->verifier, fixture->proof, fixture->exporter, REQUEST "\n"));
  g_assert_false (ismb_token_check (fixture->verifier, fixture->proof, fixture->exporter, ""));
  g_assert_false (ismb_token_check (fixture->verifier, fixture->proof, fixture->exporter, endless));
}

static void
test_proof_is_of_one_token (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbToken) other = ismb_token_new ("lab", CA_HASH);
  g_autofree char *proof = ismb_token_prove (other, fixture->exporter, REQUEST);

  g_assert_false (holds (fixture, proof));
}

static void
test_damaged_proofs (Fixture *fixture, gconstpointer data)
{
  gsize length = strlen (fixture->proof);
  g_autofree char *longer = g_strconcat (fixture->proof, "=", NULL);
  g_autofree char *spaced = g_strconcat (fixture->proof, "\n", NULL);

  for (gsize size = 0; size < length; size++)
    {
      g_autofree char *torn = g_strndup (fixture->proof, size);
      g_assert_false (holds (fixture, torn));
    }
  for (gsize bit = 0; bit < 8 * length; bit++)
    {
      g_autofree char *flipped = g_strdup (fixture->proof);
      flipped[bit / 8] ^= 1 << bit % 8;
      g_assert_false (holds (fixture, flipped));
    }
  g_assert_false (holds (fixture, longer));
  g_assert_false (holds (fixture, spaced));
}

/* What the registrar keeps is no key to it: neither the verifier nor anything made of it alone. */
static void
test_verifier_proves_nothing (Fixture *fixture, gconstpointer data)
{
  g_autofree guint8 *bytes = g_malloc0 (32);
  g_autofree char *nothing = g_base64_encode (bytes, 32);

  g_assert_false (holds (fixture, fixture->verifier));
  g_assert_false (holds (fixture, nothing));
  g_assert_false (ismb_token_check ("", fixture->proof, fixture->exporter, REQUEST));
  g_assert_false (ismb_token_check ("00", fixture->proof, fixture->exporter, REQUEST));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/token/comes-back", test_comes_back);
  g_test_add_func ("/token/no-two-are-alike", test_no_two_are_alike);
  g_test_add_func ("/token/known-answers", test_known_answers);
  g_test_add_func ("/token/letters-may-be-large", test_letters_may_be_large);
  g_test_add_func ("/token/slips-are-told", test_slips_are_told);
  g_test_add_func ("/token/one-wrong-digit", test_one_wrong_digit);
  g_test_add_func ("/token/refuses-bad-fabric-names", test_refuses_bad_fabric_names);
#define ADD(name, test) g_test_add ("/token/proof/" name, Fixture, NULL, set_up, test, tear_down)
  ADD ("holds", test_proof_holds);
  ADD ("is-for-one-session-and-request", test_proof_is_for_one_session_and_request);
  ADD ("is-of-one-token", test_proof_is_of_one_token);
  ADD ("damaged", test_damaged_proofs);
  ADD ("verifier-proves-nothing", test_verifier_proves_nothing);
#undef ADD
  return g_test_run ();
}
