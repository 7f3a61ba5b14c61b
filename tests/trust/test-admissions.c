/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/trust/ismb-admissions.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "tests/store/scratch.h"

#define CA_HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define REQUEST "a request"
#define NOW 1000000
#define LATER (NOW + 3600)
#define WEEK (7 * 24 * 60 * 60)
#define DEVICE_A "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define DEVICE_B "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
#define DEVICE_C "CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC"

typedef struct
{
  char *folder;
  char *path;
  IsmbToken *token;
  char *id;
  char *proof;
  GBytes *exporter;
  IsmbAdmissions *admissions;
} Fixture;

static void
load (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&fixture->admissions, ismb_admissions_free);
  fixture->admissions = ismb_admissions_load (fixture->path, &error);
  g_assert_no_error (error);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  static const guint8 session[32];

  fixture->folder = scratch_new ();
  fixture->path = g_build_filename (fixture->folder, "admissions", NULL);
  fixture->token = ismb_token_new ("lab", CA_HASH);
  fixture->id = ismb_token_dup_id (fixture->token);
  fixture->exporter = g_bytes_new_static (session, sizeof session);
  fixture->proof = ismb_token_prove (fixture->token, fixture->exporter, REQUEST);
  load (fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  ismb_admissions_free (fixture->admissions);
  ismb_token_free (fixture->token);
  g_bytes_unref (fixture->exporter);
  g_free (fixture->id);
  g_free (fixture->proof);
  g_free (fixture->path);
  scratch_remove (fixture->folder);
}

static void
invite (Fixture *fixture, guint uses)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (
      ismb_admissions_invite (fixture->admissions, fixture->token, uses, LATER, NOW, &error));
  g_assert_no_error (error);
}

static gboolean
use (Fixture *fixture, const char *proof, const char *device_id, gint64 now, GError **error)
{
  return ismb_admissions_use (fixture->admissions, fixture->id, proof, fixture->exporter, REQUEST,
                              device_id, FALSE, now, error);
}

static void
assert_let_in (Fixture *fixture, const char *device_id, gint64 now)
{
  g_autoptr (GError) error = NULL;
  gboolean in = use (fixture, fixture->proof, device_id, now, &error);

  g_assert_no_error (error);
  g_assert_true (in);
}

static void
assert_kept_out (Fixture *fixture, const char *device_id, gint64 now, IsmbError code,
                 const char *hint)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (use (fixture, fixture->proof, device_id, now, &error));
  g_assert_error (error, ISMB_ERROR, (int) code);
  g_assert_nonnull (strstr (error->message, hint));
}

/* What the list says of the only invitation. */
static void
assert_listed (Fixture *fixture, guint uses, guint used, gint64 now, gboolean expired)
{
  g_autoptr (GVariant) all =
      g_variant_ref_sink (ismb_admissions_list_invitations (fixture->admissions, now));
  g_autoptr (GVariant) one = NULL;
  g_auto (GVariantDict) about = G_VARIANT_DICT_INIT (NULL);
  g_autofree const char **devices = NULL;
  const char *id = NULL;
  guint got_uses = 0, got_used = 0;
  gint64 expires = 0;
  gboolean got_expired = !expired;

  g_assert_cmpuint (g_variant_n_children (all), ==, 1);
  one = g_variant_get_child_value (all, 0);
  g_variant_dict_init (&about, one);
  g_assert_true (g_variant_dict_lookup (&about, "id", "&s", &id));
  g_assert_true (g_variant_dict_lookup (&about, "uses", "u", &got_uses));
  g_assert_true (g_variant_dict_lookup (&about, "used", "u", &got_used));
  g_assert_true (g_variant_dict_lookup (&about, "expires", "x", &expires));
  g_assert_true (g_variant_dict_lookup (&about, "expired", "b", &got_expired));
  g_assert_true (g_variant_dict_lookup (&about, "devices", "^a&s", &devices));
  g_assert_cmpstr (id, ==, fixture->id);
  g_assert_cmpuint (got_uses, ==, uses);
  g_assert_cmpuint (got_used, ==, used);
  g_assert_cmpint (expires, ==, LATER);
  g_assert_true (got_expired == expired);
  g_assert_cmpuint (g_strv_length ((char **) devices), ==, used);
}

static guint
count_invitations (Fixture *fixture, gint64 now)
{
  g_autoptr (GVariant) all =
      g_variant_ref_sink (ismb_admissions_list_invitations (fixture->admissions, now));

  return g_variant_n_children (all);
}

static void
test_each_device_once (Fixture *fixture, gconstpointer data)
{
  invite (fixture, 2);
  assert_listed (fixture, 2, 0, NOW, FALSE);
  assert_let_in (fixture, DEVICE_A, NOW);
  assert_let_in (fixture, DEVICE_A, NOW);
  assert_listed (fixture, 2, 1, NOW, FALSE);
  load (fixture);
  assert_let_in (fixture, DEVICE_B, NOW);
  load (fixture);
  assert_kept_out (fixture, DEVICE_C, NOW, ISMB_ERROR_NOT_ALLOWED, "used up");
  assert_let_in (fixture, DEVICE_A, LATER - 1);
  assert_listed (fixture, 2, 2, NOW, FALSE);
  g_assert_cmpuint (scratch_mode (fixture->folder, "admissions"), ==, 0600);
}

static void
test_ends (Fixture *fixture, gconstpointer data)
{
  invite (fixture, 2);
  assert_let_in (fixture, DEVICE_A, LATER - 1);
  assert_kept_out (fixture, DEVICE_B, LATER, ISMB_ERROR_TIMEOUT, "expired at 1970-01-12T");
  assert_kept_out (fixture, DEVICE_A, LATER, ISMB_ERROR_TIMEOUT, "expired");
  assert_listed (fixture, 2, 1, LATER, TRUE);
}

static void
test_can_be_withdrawn (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  invite (fixture, 2);
  assert_let_in (fixture, DEVICE_A, NOW);
  g_assert_true (ismb_admissions_withdraw (fixture->admissions, fixture->id, &error));
  g_assert_no_error (error);
  load (fixture);
  assert_kept_out (fixture, DEVICE_A, NOW, ISMB_ERROR_NOT_FOUND, "withdrawn");
  g_assert_false (ismb_admissions_withdraw (fixture->admissions, fixture->id, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND);
}

static void
assert_unknown (Fixture *fixture, const char *token_id)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (ismb_admissions_use (fixture->admissions, token_id, fixture->proof,
                                       fixture->exporter, REQUEST, DEVICE_A, FALSE, NOW, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND);
}

static void
test_unknown_invitations (Fixture *fixture, gconstpointer data)
{
  invite (fixture, 1);
  assert_unknown (fixture, "");
  assert_unknown (fixture, "0000000000000000");
  assert_unknown (fixture, "]\n[approval " DEVICE_A);
}

/* Neither counted nor told apart by what only a holder may know: that it expired, or is used up. */
static void
test_wrong_proofs (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbToken) other = ismb_token_new ("lab", CA_HASH);
  g_autofree char *forged = ismb_token_prove (other, fixture->exporter, REQUEST);
  const char *const proofs[] = { forged, "", "x", CA_HASH, NULL };

  invite (fixture, 1);
  for (guint i = 0; i < G_N_ELEMENTS (proofs); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GError) late_error = NULL;
      g_assert_false (use (fixture, proofs[i], DEVICE_A, NOW, &error));
      g_assert_error (error, ISMB_ERROR, ISMB_ERROR_AUTH_FAILED);
      g_assert_false (use (fixture, proofs[i], DEVICE_A, LATER, &late_error));
      g_assert_cmpstr (late_error->message, ==, error->message);
    }
  assert_listed (fixture, 1, 0, NOW, FALSE);
}

static void
test_another_session_or_request (Fixture *fixture, gconstpointer data)
{
  g_autofree guint8 *bytes = g_malloc0 (32);
  g_autoptr (GBytes) session = NULL;
  g_autoptr (GError) error = NULL;

  invite (fixture, 1);
  bytes[31] = 1;
  session = g_bytes_new (bytes, 32);
  g_assert_false (ismb_admissions_use (fixture->admissions, fixture->id, fixture->proof, session,
                                       REQUEST, DEVICE_A, FALSE, NOW, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_AUTH_FAILED);
  g_clear_error (&error);
  g_assert_false (ismb_admissions_use (fixture->admissions, fixture->id, fixture->proof,
                                       fixture->exporter, "another", DEVICE_A, FALSE, NOW, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_AUTH_FAILED);
  assert_listed (fixture, 1, 0, NOW, FALSE);
}

/* The file may be read by a thief, and lets nobody in. */
static void
test_keeps_no_secret (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = NULL;

  invite (fixture, 1);
  assert_let_in (fixture, DEVICE_A, NOW);
  g_assert_true (g_file_get_contents (fixture->path, &text, NULL, NULL));
  g_assert_null (strstr (text, fixture->token->secret));
  g_assert_null (strstr (text, fixture->proof));
}

static void
assert_no_invitation (Fixture *fixture, guint uses, gint64 expiry)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (
      ismb_admissions_invite (fixture->admissions, fixture->token, uses, expiry, NOW, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG);
}

static void
test_bounds (Fixture *fixture, gconstpointer data)
{
  assert_no_invitation (fixture, 0, LATER);
  assert_no_invitation (fixture, 10001, LATER);
  assert_no_invitation (fixture, 1, NOW);
  assert_no_invitation (fixture, 1, G_MAXINT64);
  g_assert_cmpuint (count_invitations (fixture, NOW), ==, 0);
  invite (fixture, 10000);
}

/* One less than there may be, and all end after the one that is still to come. */
static void
fill (Fixture *fixture)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < ISMB_ADMISSIONS_MAX - 1; i++)
    g_string_append_printf (
        text, "[invitation %016x]\nverifier=" CA_HASH "\nuses=1\nexpires=%d\ndevices=\n", i,
        LATER + 1);
  g_assert_true (g_file_set_contents (fixture->path, text->str, -1, NULL));
  load (fixture);
}

static void
test_ended_ones_make_room (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbToken) other = ismb_token_new ("lab", CA_HASH);
  g_autoptr (GError) error = NULL;

  fill (fixture);
  invite (fixture, 1);
  g_assert_false (ismb_admissions_invite (fixture->admissions, other, 1, LATER, NOW, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED);
  g_clear_error (&error);
  g_assert_cmpuint (count_invitations (fixture, NOW), ==, ISMB_ADMISSIONS_MAX);
  assert_let_in (fixture, DEVICE_A, NOW);
  g_assert_true (ismb_admissions_invite (fixture->admissions, other, 1, LATER, NOW, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (count_invitations (fixture, NOW), ==, ISMB_ADMISSIONS_MAX);
  assert_kept_out (fixture, DEVICE_A, NOW, ISMB_ERROR_NOT_FOUND, "no such");
}

static void
test_are_kept_a_week (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbToken) other = ismb_token_new ("lab", CA_HASH);
  gint64 over = LATER + WEEK;

  invite (fixture, 1);
  g_assert_cmpuint (count_invitations (fixture, over - 1), ==, 1);
  g_assert_cmpuint (count_invitations (fixture, over), ==, 0);
  g_assert_true (ismb_admissions_invite (fixture->admissions, other, 1, over + 1, over, NULL));
  load (fixture);
  assert_kept_out (fixture, DEVICE_A, over, ISMB_ERROR_NOT_FOUND, "no such");
  g_assert_cmpuint (count_invitations (fixture, NOW), ==, 1);
}

static void
approve (Fixture *fixture, const char *id)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (ismb_admissions_approve (fixture->admissions, id, LATER, NOW, &error));
  g_assert_no_error (error);
}

static void
assert_approvals (Fixture *fixture, const char *expected)
{
  g_autoptr (GVariant) all =
      g_variant_ref_sink (ismb_admissions_list_approvals (fixture->admissions, NOW));
  g_autoptr (GString) text = g_string_new (NULL);

  for (gsize i = 0; i < g_variant_n_children (all); i++)
    {
      g_autoptr (GVariant) one = g_variant_get_child_value (all, i);
      const char *id = NULL;
      g_assert_true (g_variant_lookup (one, "id", "&s", &id));
      g_string_append_printf (text, "%s ", id);
    }
  g_assert_cmpstr (text->str, ==, expected);
}

static gboolean
is_approved (Fixture *fixture, const char *device_id, gint64 now)
{
  return ismb_admissions_is_approved (fixture->admissions, device_id, now);
}

static void
test_approvals (Fixture *fixture, gconstpointer data)
{
  approve (fixture, DEVICE_A);
  approve (fixture, "BBBBBBBBBBBBBBBB");
  load (fixture);
  assert_approvals (fixture, DEVICE_A " BBBBBBBBBBBBBBBB ");
  g_assert_true (is_approved (fixture, DEVICE_A, NOW));
  g_assert_true (is_approved (fixture, DEVICE_B, LATER - 1));
  g_assert_false (is_approved (fixture, DEVICE_B, LATER));
  g_assert_false (is_approved (fixture, DEVICE_C, NOW));
}

/* The last digit counts as much as the first one. */
static void
test_near_misses (Fixture *fixture, gconstpointer data)
{
  static const char near[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQ";

  approve (fixture, DEVICE_A);
  g_assert_false (is_approved (fixture, near, NOW));
  approve (fixture, "BBBBBBBBBBBBBBBBBBBBA");
  g_assert_false (is_approved (fixture, DEVICE_B, NOW));
}

static void
test_settled (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  approve (fixture, DEVICE_A);
  approve (fixture, "AAAAAAAAAAAAAAAAAAAA");
  approve (fixture, DEVICE_B);
  g_assert_true (ismb_admissions_settle (fixture->admissions, DEVICE_A, &error));
  g_assert_true (ismb_admissions_settle (fixture->admissions, DEVICE_C, &error));
  g_assert_no_error (error);
  load (fixture);
  g_assert_false (is_approved (fixture, DEVICE_A, NOW));
  assert_approvals (fixture, DEVICE_B " ");
}

static void
test_refuses_what_is_no_id (Fixture *fixture, gconstpointer data)
{
  static const char *const ids[] = {
    "",           "AAAAAAAAAAAAAAA",  "aaaaaaaaaaaaaaaa", "AAAA-AAAA-AAAA-AAAA",
    DEVICE_A "A", "AAAAAAAAAAAAAAA1", "AAAAAAAAAAAAAAAA]"
  };

  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      g_autoptr (GError) error = NULL;
      g_assert_false (ismb_admissions_approve (fixture->admissions, ids[i], LATER, NOW, &error));
      g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG);
    }
  assert_approvals (fixture, "");
}

/* Whoever was let in by what a restart forgets would be counted again, or never. */
static void
test_failed_write_changes_nothing (Fixture *fixture, gconstpointer data)
{
  char *inner = g_build_filename (fixture->folder, "inner", NULL);
  g_autoptr (IsmbToken) other = ismb_token_new ("lab", CA_HASH);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir (inner, 0700), ==, 0);
  g_free (fixture->path);
  fixture->path = g_build_filename (inner, "admissions", NULL);
  load (fixture);
  invite (fixture, 1);
  approve (fixture, DEVICE_A);
  scratch_remove (inner);
  g_assert_false (use (fixture, fixture->proof, DEVICE_A, NOW, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
  g_assert_false (ismb_admissions_invite (fixture->admissions, other, 1, LATER, NOW, NULL));
  g_assert_false (ismb_admissions_withdraw (fixture->admissions, fixture->id, NULL));
  g_assert_false (ismb_admissions_approve (fixture->admissions, DEVICE_B, LATER, NOW, NULL));
  g_assert_false (ismb_admissions_settle (fixture->admissions, DEVICE_A, NULL));
  assert_listed (fixture, 1, 0, NOW, FALSE);
  assert_approvals (fixture, DEVICE_A " ");
}

static void
assert_unreadable (Fixture *fixture, const char *text, const char *hint)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (fixture->path, text, -1, NULL));
  g_assert_null (ismb_admissions_load (fixture->path, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, fixture->path));
  if (strstr (error->message, hint) == NULL)
    g_error ("“%s” says “%s”", text, error->message);
}

#define ID "0123456789abcdef"
#define GOOD "[invitation " ID "]\nverifier=" CA_HASH "\nuses=1\nexpires=5\ndevices=\n"

static void
test_nothing_is_passed_over (Fixture *fixture, gconstpointer data)
{
  assert_unreadable (fixture, "rubbish", "cannot be read");
  assert_unreadable (fixture, GOOD "[guest]\nexpires=5\n", "[guest]");
  assert_unreadable (fixture, GOOD "vr=blue\n", "[invitation " ID "]");
  assert_unreadable (fixture, GOOD "devices=me;\n", "[invitation " ID "]");
  assert_unreadable (fixture, GOOD "uses=0\n", "[invitation " ID "]");
  assert_unreadable (fixture, GOOD "uses=-1\n", "[invitation " ID "]");
  assert_unreadable (fixture, GOOD "expires=99999999999999999999\n", "[invitation " ID "]");
  assert_unreadable (fixture, GOOD "expires=soon\n", "[invitation " ID "]");
  assert_unreadable (fixture, GOOD "verifier=00\n", "[invitation " ID "]");
  assert_unreadable (fixture, "[invitation x]\n", "[invitation x]");
  assert_unreadable (fixture, "[approval AAAA]\nexpires=5\n", "[approval AAAA]");
  assert_unreadable (fixture, "[approval " DEVICE_A "]\n", "[approval " DEVICE_A "]");
}

/* It holds verifiers only, so that a copy restored with another mode is not refused. */
static void
test_others_may_read_it (Fixture *fixture, gconstpointer data)
{
  invite (fixture, 1);
  g_assert_cmpint (g_chmod (fixture->path, 0644), ==, 0);
  load (fixture);
  assert_let_in (fixture, DEVICE_A, NOW);
  g_assert_cmpuint (scratch_mode (fixture->folder, "admissions"), ==, 0600);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, test) g_test_add ("/admissions/" name, Fixture, NULL, set_up, test, tear_down)
  ADD ("each-device-once", test_each_device_once);
  ADD ("ends", test_ends);
  ADD ("can-be-withdrawn", test_can_be_withdrawn);
  ADD ("unknown-invitations", test_unknown_invitations);
  ADD ("wrong-proofs", test_wrong_proofs);
  ADD ("another-session-or-request", test_another_session_or_request);
  ADD ("keeps-no-secret", test_keeps_no_secret);
  ADD ("bounds", test_bounds);
  ADD ("ended-ones-make-room", test_ended_ones_make_room);
  ADD ("are-kept-a-week", test_are_kept_a_week);
  ADD ("approvals", test_approvals);
  ADD ("near-misses", test_near_misses);
  ADD ("settled", test_settled);
  ADD ("refuses-what-is-no-id", test_refuses_what_is_no_id);
  ADD ("failed-write-changes-nothing", test_failed_write_changes_nothing);
  ADD ("nothing-is-passed-over", test_nothing_is_passed_over);
  ADD ("others-may-read-it", test_others_may_read_it);
#undef ADD
  return g_test_run ();
}
