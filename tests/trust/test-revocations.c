/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/trust/ismb-revocations.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/trust/ismb-certificate.h"
#include "tests/store/scratch.h"

typedef struct
{
  gnutls_privkey_t key;
  gnutls_pubkey_t public_key;
  char *hash;
} Ca;

typedef struct
{
  char *folder;
  char *path;
  Ca ca, other;
} Fixture;

static void
ca_set_up (Ca *ca)
{
  g_auto (gnutls_x509_privkey_t) key = ismb_certificate_new_key (NULL);

  g_assert_cmpint (gnutls_privkey_init (&ca->key), >=, 0);
  g_assert_cmpint (gnutls_privkey_import_x509 (ca->key, key, GNUTLS_PRIVKEY_IMPORT_COPY), >=, 0);
  g_assert_cmpint (gnutls_pubkey_init (&ca->public_key), >=, 0);
  g_assert_cmpint (gnutls_pubkey_import_privkey (ca->public_key, ca->key, 0, 0), >=, 0);
  ca->hash = ismb_certificate_key_to_hex (ca->public_key);
}

static void
ca_tear_down (Ca *ca)
{
  gnutls_privkey_deinit (ca->key);
  gnutls_pubkey_deinit (ca->public_key);
  g_free (ca->hash);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = scratch_new ();
  fixture->path = g_build_filename (fixture->folder, "revoked", NULL);
  ca_set_up (&fixture->ca);
  ca_set_up (&fixture->other);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  ca_tear_down (&fixture->ca);
  ca_tear_down (&fixture->other);
  g_free (fixture->path);
  scratch_remove (fixture->folder);
}

/* A device id of 51 times A and `digit`. */
static char *
make_id (char digit)
{
  char *id = g_strnfill (52, 'A');

  id[51] = digit;
  return id;
}

static IsmbRevocation *
revoke_one (const Ca *ca, char digit, gint64 time)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *id = make_id (digit);
  IsmbRevocation *revocation = ismb_revocation_sign (id, time, ca->hash, ca->key, &error);

  g_assert_no_error (error);
  return revocation;
}

static GPtrArray *
revoke_all (const Ca *ca, const char *digits)
{
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify) ismb_revocation_free);

  for (; *digits != '\0'; digits++)
    g_ptr_array_add (list, revoke_one (ca, *digits, 1000));
  return list;
}

static IsmbRevocations *
load (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  IsmbRevocations *revocations = ismb_revocations_load (fixture->path, &error);

  g_assert_no_error (error);
  return revocations;
}

static char *
dup_last_digits (GPtrArray *list)
{
  GString *digits = g_string_new (NULL);

  for (guint i = 0; i < list->len; i++)
    g_string_append_c (digits, ((IsmbRevocation *) list->pdata[i])->device_id[51]);
  return g_string_free (digits, FALSE);
}

/* Adds those of `digits`, and expects `fresh` to have been new. */
static void
add (IsmbRevocations *revocations, const Ca *ca, const char *digits, const char *fresh)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) list = revoke_all (ca, digits);
  g_autoptr (GPtrArray) taken = ismb_revocations_add (revocations, list, &error);
  g_autofree char *taken_digits = NULL;

  g_assert_no_error (error);
  taken_digits = dup_last_digits (taken);
  g_assert_cmpstr (taken_digits, ==, fresh);
}

static void
assert_untrusted (const IsmbRevocation *revocation, gnutls_pubkey_t key)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (ismb_revocation_check (revocation, key, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED);
}

static void
test_statement_holds (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbRevocation) revocation = revoke_one (&fixture->ca, 'B', 1234);
  g_autoptr (IsmbRevocation) copy = ismb_revocation_copy (revocation);

  g_assert_true (ismb_revocation_check (copy, fixture->ca.public_key, &error));
  g_assert_no_error (error);
  g_assert_cmpint (copy->time, ==, 1234);
  assert_untrusted (revocation, fixture->other.public_key);
}

/* Whatever is changed of it, it is nobody's statement any more. */
static void
test_changed_statements (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbRevocation) good = revoke_one (&fixture->ca, 'B', 1234);
  g_autoptr (IsmbRevocation) stolen = revoke_one (&fixture->other, 'B', 1234);
  g_autofree char *id = make_id ('C');
  const IsmbRevocation wrong[] = {
    { id, good->time, good->ca_hash, good->signature },
    { good->device_id, good->time + 1, good->ca_hash, good->signature },
    { good->device_id, -1, good->ca_hash, good->signature },
    { good->device_id, good->time, stolen->ca_hash, good->signature },
    { good->device_id, good->time, good->ca_hash, stolen->signature },
    { good->device_id, good->time, good->ca_hash, (char *) "" },
    { good->device_id, good->time, good->ca_hash, (char *) "AAAA" },
    { good->device_id, good->time, good->ca_hash, (char *) "no base64" },
    { good->device_id, good->time, (char *) "", good->signature },
    { (char *) "", good->time, good->ca_hash, good->signature },
    { good->device_id + 1, good->time, good->ca_hash, good->signature },
  };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    assert_untrusted (&wrong[i], fixture->ca.public_key);
}

static void
test_damaged_signatures (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbRevocation) revocation = revoke_one (&fixture->ca, 'B', 1234);
  gsize size = 0;
  g_autofree guint8 *der = g_base64_decode (revocation->signature, &size);

  for (gsize bit = 0; bit < 8 * size; bit++)
    {
      der[bit / 8] ^= 1 << bit % 8;
      g_free (revocation->signature);
      revocation->signature = g_base64_encode (der, size);
      assert_untrusted (revocation, fixture->ca.public_key);
      der[bit / 8] ^= 1 << bit % 8;
    }
}

static void
test_survive (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbRevocations) first = load (fixture);
  g_autoptr (IsmbRevocations) second = NULL;
  g_autofree char *id = make_id ('B');
  g_autofree char *unknown = make_id ('Z');

  g_assert_cmpuint (ismb_revocations_get_count (first), ==, 0);
  add (first, &fixture->ca, "BC", "BC");
  second = load (fixture);
  g_assert_cmpuint (ismb_revocations_get_count (second), ==, 2);
  g_assert_true (ismb_revocations_has (second, id));
  g_assert_false (ismb_revocations_has (second, unknown));
  g_assert_true (
      ismb_revocation_check (ismb_revocations_get (second, id), fixture->ca.public_key, NULL));
  g_assert_cmpuint (scratch_mode (fixture->folder, "revoked"), ==, 0600);
}

static void
test_only_news_is_told (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbRevocations) revocations = load (fixture);

  add (revocations, &fixture->ca, "CBC", "BC");
  add (revocations, &fixture->ca, "BDC", "D");
  add (revocations, &fixture->ca, "BCD", "");
  add (revocations, &fixture->ca, "", "");
  g_assert_cmpuint (ismb_revocations_get_count (revocations), ==, 3);
}

static char *
digest_after (Fixture *fixture, const char *const *steps)
{
  g_autoptr (IsmbRevocations) revocations = load (fixture);

  for (; *steps != NULL; steps++)
    {
      g_autoptr (GPtrArray) list = revoke_all (&fixture->ca, *steps);
      g_autoptr (GPtrArray) taken = ismb_revocations_add (revocations, list, NULL);
      g_assert_nonnull (taken);
    }
  g_assert_cmpint (g_unlink (fixture->path), ==, 0);
  return ismb_revocations_dup_digest (revocations);
}

static void
test_any_order_is_the_same (Fixture *fixture, gconstpointer data)
{
  static const char *const orders[][4] = {
    { "BCDE", NULL },
    { "EDCB", NULL },
    { "D", "BE", "C", NULL },
    { "CB", "BD", "EDC", NULL },
  };
  static const char *const fewer[] = { "BCD", NULL };
  g_autofree char *digest = digest_after (fixture, orders[0]);
  g_autofree char *fewer_digest = digest_after (fixture, fewer);

  for (guint i = 1; i < G_N_ELEMENTS (orders); i++)
    {
      g_autofree char *other = digest_after (fixture, orders[i]);
      g_assert_cmpstr (other, ==, digest);
    }
  g_assert_cmpstr (fewer_digest, !=, digest);
  g_assert_cmpuint (strlen (digest), ==, 64);
}

/* After a rollover the new key says again what the old one said. */
static void
test_another_key_takes_the_place (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbRevocations) revocations = load (fixture);
  g_autoptr (IsmbRevocations) again = NULL;
  g_autofree char *id = make_id ('B');
  g_autofree char *before = NULL, *after = NULL;

  add (revocations, &fixture->ca, "BC", "BC");
  before = ismb_revocations_dup_digest (revocations);
  add (revocations, &fixture->other, "B", "");
  after = ismb_revocations_dup_digest (revocations);
  g_assert_cmpstr (before, !=, after);
  again = load (fixture);
  g_assert_cmpstr (ismb_revocations_get (again, id)->ca_hash, ==, fixture->other.hash);
  g_assert_cmpuint (ismb_revocations_get_count (again), ==, 2);
}

static void
assert_page (IsmbRevocations *revocations, const char *after, guint most, const char *digits)
{
  g_autoptr (GPtrArray) page = ismb_revocations_list (revocations, after, most);
  g_autofree char *got = dup_last_digits (page);

  g_assert_cmpstr (got, ==, digits);
}

static void
test_pages (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbRevocations) revocations = load (fixture);
  g_autofree char *third = make_id ('D');
  g_autofree char *last = make_id ('F');

  assert_page (revocations, NULL, 10, "");
  add (revocations, &fixture->ca, "FDBC", "BCDF");
  assert_page (revocations, NULL, 3, "BCD");
  assert_page (revocations, third, 3, "F");
  assert_page (revocations, last, 3, "");
  assert_page (revocations, "", 2, "BC");
  assert_page (revocations, "AAAA", 1, "B"); /* one that is not in */
}

static void
assert_unreadable (Fixture *fixture, const char *text, gssize size, const char *hint)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (fixture->path, text, size, NULL));
  g_assert_null (ismb_revocations_load (fixture->path, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, fixture->path));
  g_assert_nonnull (strstr (error->message, hint));
}

static void
test_no_line_is_passed_over (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbRevocations) revocations = load (fixture);
  g_autofree char *good = NULL, *bad = NULL, *torn = NULL;

  add (revocations, &fixture->ca, "B", "B");
  g_assert_true (g_file_get_contents (fixture->path, &good, NULL, NULL));
  bad = g_strconcat (good, "rubbish\n", NULL);
  assert_unreadable (fixture, bad, -1, "line 2");
  torn = g_strndup (good, 60);
  assert_unreadable (fixture, torn, -1, "line 1");
  *strchr (good, ' ') = '\0';
  assert_unreadable (fixture, good, 100, "no text");
  assert_unreadable (fixture, "A 1 2 3\n", -1, "line 1");
}

/* Nothing is known that would be forgotten by a restart. */
static void
test_failed_write_changes_nothing (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "gone", "revoked", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbRevocations) revocations = ismb_revocations_load (path, &error);
  g_autoptr (GPtrArray) list = revoke_all (&fixture->ca, "BC");

  g_assert_no_error (error);
  g_assert_null (ismb_revocations_add (revocations, list, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
  g_assert_cmpuint (ismb_revocations_get_count (revocations), ==, 0);
}

static void
test_holds_what_it_cannot_keep (Fixture *fixture, gconstpointer data)
{
  g_autofree char *folder = g_build_filename (fixture->folder, "later", NULL);
  g_autofree char *path = g_build_filename (folder, "revoked", NULL);
  g_autoptr (IsmbRevocations) revocations = ismb_revocations_load (path, NULL);
  g_autoptr (IsmbRevocations) again = NULL;
  g_autoptr (GPtrArray) first = revoke_all (&fixture->ca, "BC");
  g_autoptr (GPtrArray) second = revoke_all (&fixture->ca, "D");
  g_autoptr (GPtrArray) held = ismb_revocations_hold (revocations, first, NULL);
  g_autoptr (GPtrArray) added = NULL;

  g_assert_cmpuint (held->len, ==, 2);
  g_assert_cmpuint (ismb_revocations_get_count (revocations), ==, 2);
  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  added = ismb_revocations_add (revocations, second, NULL);
  g_assert_cmpuint (added->len, ==, 1);
  again = ismb_revocations_load (path, NULL);
  g_assert_cmpuint (ismb_revocations_get_count (again), ==, 3);
  scratch_remove (g_steal_pointer (&folder));
}

static void
test_one_bad_one_spoils_all (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbRevocations) revocations = load (fixture);
  g_autoptr (GPtrArray) list = revoke_all (&fixture->ca, "BC");
  g_autoptr (GError) error = NULL;

  g_ptr_array_add (list, ismb_revocation_new ("A\nB", 1, "x", "y z"));
  g_assert_null (ismb_revocations_add (revocations, list, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED);
  g_assert_cmpuint (ismb_revocations_get_count (revocations), ==, 0);
  g_assert_false (g_file_test (fixture->path, G_FILE_TEST_EXISTS));
}

static void
test_has_a_limit (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbRevocations) revocations = load (fixture);
  g_autoptr (GPtrArray) list = revoke_all (&fixture->ca, "");
  g_autoptr (GPtrArray) taken = NULL;
  g_autoptr (IsmbRevocation) one = revoke_one (&fixture->ca, 'B', 1);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < ISMB_REVOCATIONS_MAX + 1; i++)
    {
      g_autofree char *id = g_strdup_printf ("%044dAAAAAAAA", 0);
      for (guint digit = 0; digit < 44; digit++)
        id[digit] = digit < 20 && (i >> digit & 1) != 0 ? 'B' : 'A';
      g_ptr_array_add (list, ismb_revocation_new (id, 1, one->ca_hash, one->signature));
    }
  g_assert_null (ismb_revocations_add (revocations, list, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED);
  g_ptr_array_remove_index (list, 0);
  taken = ismb_revocations_add (revocations, list, NULL);
  g_assert_cmpuint (taken->len, ==, ISMB_REVOCATIONS_MAX);
}

static void
test_are_forgotten_at_last (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbRevocations) revocations = load (fixture);
  g_autoptr (IsmbRevocations) again = NULL;
  g_autoptr (GError) error = NULL;

  add (revocations, &fixture->ca, "BC", "BC");
  g_assert_true (ismb_revocations_clear (revocations, &error));
  g_assert_no_error (error);
  again = load (fixture);
  g_assert_cmpuint (ismb_revocations_get_count (revocations), ==, 0);
  g_assert_cmpuint (ismb_revocations_get_count (again), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, test) g_test_add ("/revocations/" name, Fixture, NULL, set_up, test, tear_down)
  ADD ("statement-holds", test_statement_holds);
  ADD ("changed-statements", test_changed_statements);
  ADD ("damaged-signatures", test_damaged_signatures);
  ADD ("survive", test_survive);
  ADD ("only-news-is-told", test_only_news_is_told);
  ADD ("any-order-is-the-same", test_any_order_is_the_same);
  ADD ("another-key-takes-the-place", test_another_key_takes_the_place);
  ADD ("pages", test_pages);
  ADD ("no-line-is-passed-over", test_no_line_is_passed_over);
  ADD ("failed-write-changes-nothing", test_failed_write_changes_nothing);
  ADD ("holds-what-it-cannot-keep", test_holds_what_it_cannot_keep);
  ADD ("one-bad-one-spoils-all", test_one_bad_one_spoils_all);
  ADD ("has-a-limit", test_has_a_limit);
  ADD ("are-forgotten-at-last", test_are_forgotten_at_last);
#undef ADD
  return g_test_run ();
}
