/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/trust/site.h"

#define NOBODY "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

/* A registrar and two members, one of which is to be out. */
typedef struct
{
  Site *registrar;
  Site *member;
  Site *culprit;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  wall_ahead = wall_fixed = 0;
  fixture->registrar = site_new_registrar ("sw1.001122");
  fixture->member = site_new_member ("sw2.001122", fixture->registrar);
  fixture->culprit = site_new_member ("sw3.001122", fixture->registrar);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  site_free (fixture->registrar);
  site_free (fixture->member);
  site_free (fixture->culprit);
}

static void
put_out (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (
      ismb_fabric_revoke (fixture->registrar->fabric, site_id (fixture->culprit), &error));
  g_assert_no_error (error);
}

static GPtrArray *
statements_of (Site *site)
{
  return ismb_revocations_list (ismb_fabric_get_revocations (site->fabric), NULL, 500);
}

/* How many of them were new to the site. */
static guint
tell (Site *site, GPtrArray *statements)
{
  g_autoptr (GPtrArray) added = ismb_fabric_learn_revocations (site->fabric, statements);

  return added->len;
}

static void
tell_all (Site *site, Site *registrar)
{
  g_autoptr (GPtrArray) statements = statements_of (registrar);

  g_assert_cmpuint (tell (site, statements), ==, statements->len);
}

static void
assert_renewed_is_refused (Site *site, Site *culprit, const IsmbProof *former)
{
  g_autofree char *chain = ismb_fabric_dup_chain_pem (culprit->fabric);
  g_autoptr (GError) error = NULL;

  g_assert_null (ismb_fabric_verify_renewed (site->fabric, chain, former, "VR-Mgmt", &error));
  assert_says (&error, ISMB_ERROR_UNTRUSTED, "is revoked");
}

static void
test_is_out_at_once (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbProof) former = site_verify (fixture->registrar, fixture->culprit, NULL);

  g_assert_nonnull (former);
  put_out (fixture);
  g_assert_cmpuint (fixture->registrar->revoked->len, ==, 1);
  g_assert_cmpstr (fixture->registrar->revoked->pdata[0], ==, site_id (fixture->culprit));
  g_assert_true (ismb_fabric_is_revoked (fixture->registrar->fabric, site_id (fixture->culprit)));
  assert_disbelieves (fixture->registrar, fixture->culprit, "is revoked");
  assert_renewed_is_refused (fixture->registrar, fixture->culprit, former);
  site_reload (fixture->registrar);
  assert_disbelieves (fixture->registrar, fixture->culprit, "is revoked");
  assert_believes (fixture->registrar, fixture->member);
}

static void
test_is_out_everywhere (Fixture *fixture, gconstpointer data)
{
  put_out (fixture);
  assert_believes (fixture->member, fixture->culprit);
  tell_all (fixture->member, fixture->registrar);
  g_assert_cmpuint (fixture->member->revoked->len, ==, 1);
  assert_disbelieves (fixture->member, fixture->culprit, "is revoked");
  site_reload (fixture->member);
  assert_disbelieves (fixture->member, fixture->culprit, "is revoked");
  g_assert_true (ismb_fabric_is_member (fixture->member->fabric));
}

static void
test_knows_that_it_is_out (Fixture *fixture, gconstpointer data)
{
  put_out (fixture);
  tell_all (fixture->culprit, fixture->registrar);
  g_assert_false (ismb_fabric_is_member (fixture->culprit->fabric));
  g_assert_cmpstr (fixture->culprit->revoked->pdata[0], ==, site_id (fixture->culprit));
  g_assert_finalize_object (fixture->culprit->fabric);
  g_test_expect_message ("ismb.trust.fabric", G_LOG_LEVEL_WARNING,
                         "*revoked*fabric leave --new-key*");
  site_load (fixture->culprit);
  g_test_assert_expected_messages ();
  g_assert_false (ismb_fabric_is_member (fixture->culprit->fabric));
}

static void
test_says_so_once (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) statements = NULL;
  g_autoptr (GError) error = NULL;

  put_out (fixture);
  g_assert_false (
      ismb_fabric_revoke (fixture->registrar->fabric, site_id (fixture->culprit), &error));
  assert_says (&error, ISMB_ERROR_EXISTS, "revoked already");
  statements = statements_of (fixture->registrar);
  g_assert_cmpuint (tell (fixture->member, statements), ==, 1);
  g_assert_cmpuint (tell (fixture->member, statements), ==, 0);
  g_assert_cmpuint (tell (fixture->registrar, statements), ==, 0);
  g_assert_cmpuint (fixture->member->revoked->len, ==, 1);
  g_assert_cmpuint (fixture->registrar->revoked->len, ==, 1);
}

static void
test_revokes_devices_only (Fixture *fixture, gconstpointer data)
{
  IsmbFabric *fabric = fixture->registrar->fabric;
  g_autoptr (GError) error = NULL;

  g_assert_false (ismb_fabric_revoke (fabric, site_id (fixture->registrar), &error));
  assert_says (&error, ISMB_ERROR_NOT_ALLOWED, "fabric leave --destroy");
  g_assert_false (ismb_fabric_revoke (fabric, "sw3.001122", &error));
  assert_says (&error, ISMB_ERROR_NOT_FOUND, "no device's full id");
  g_assert_true (ismb_fabric_is_member (fabric));
  g_assert_true (ismb_fabric_revoke (fabric, NOBODY, &error)); /* one that was never seen */
  g_assert_no_error (error);
}

/* Its name is free for the device that takes its place, and nobody can approve it back in. */
static void
test_frees_its_name (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Site) successor = site_new ("sw3.001122");
  IsmbAuthority *authority = ismb_fabric_get_authority (fixture->registrar->fabric);
  IsmbAdmissions *admissions = ismb_authority_get_admissions (authority);
  const char *id = site_id (fixture->culprit);

  g_assert_true (ismb_admissions_approve (admissions, id, wall_now () + 60, wall_now (), NULL));
  put_out (fixture);
  g_assert_false (ismb_admissions_is_approved (admissions, id, wall_now ()));
  site_join (successor, fixture->registrar);
  assert_believes (fixture->registrar, successor);
}

/* The statement is on disk and the ledger was not yet written when the power went. */
static void
test_a_crash_frees_the_name_too (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Site) successor = site_new ("sw3.001122");
  g_autofree char *before = site_read (fixture->registrar, "issued");
  g_autofree char *path = site_path (fixture->registrar, "issued");

  put_out (fixture);
  g_assert_true (g_file_set_contents (path, before, -1, NULL));
  site_reload (fixture->registrar);
  g_assert_finalize_object (successor->fabric);
  site_load (successor);
  g_test_expect_message ("ismb.trust.ledger", G_LOG_LEVEL_WARNING, "sw3.001122 goes from*");
  site_join (successor, fixture->registrar);
  g_test_assert_expected_messages ();
  assert_believes (fixture->registrar, successor);
}

static void
test_is_not_kept_on_a_full_disk (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = site_path (fixture->registrar, "revoked");
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
  g_assert_false (
      ismb_fabric_revoke (fixture->registrar->fabric, site_id (fixture->culprit), &error));
  g_assert_nonnull (error);
  g_assert_cmpuint (fixture->registrar->revoked->len, ==, 0);
  assert_believes (fixture->registrar, fixture->culprit);
  g_assert_cmpint (g_rmdir (path), ==, 0);
  put_out (fixture);
}

static void
add_changed (GPtrArray *statements, const IsmbRevocation *good, guint what)
{
  IsmbRevocation *changed = ismb_revocation_copy (good);

  if (what == 0)
    changed->time++;
  else if (what == 1)
    memcpy (changed->device_id, NOBODY, strlen (NOBODY));
  else
    changed->ca_hash[0] = changed->ca_hash[0] == 'a' ? 'b' : 'a';
  g_ptr_array_add (statements, changed);
}

/* Whoever is no CA of ours puts nobody out, and is worth one line in the log. */
static void
test_learns_only_what_holds (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Site) stranger = site_new_registrar ("sw9.001122");
  g_autoptr (GPtrArray) bad =
      g_ptr_array_new_with_free_func ((GDestroyNotify) ismb_revocation_free);
  const char *id = site_id (fixture->culprit);

  put_out (fixture);
  g_assert_true (ismb_fabric_revoke (stranger->fabric, id, NULL));
  g_ptr_array_add (bad, ismb_revocation_copy (ismb_revocations_get (
                            ismb_fabric_get_revocations (stranger->fabric), id)));
  for (guint what = 0; what < 3; what++)
    add_changed (
        bad, ismb_revocations_get (ismb_fabric_get_revocations (fixture->registrar->fabric), id),
        what);
  g_test_expect_message ("ismb.trust.fabric", G_LOG_LEVEL_WARNING, "4 of 4 revocations*");
  g_assert_cmpuint (tell (fixture->member, bad), ==, 0);
  g_test_assert_expected_messages ();
  assert_believes (fixture->member, fixture->culprit);
  g_assert_cmpuint (fixture->member->revoked->len, ==, 0);
}

/* It may be said, or was a moment ago. */
static gboolean
is_fatal (const char *domain, GLogLevelFlags level, const char *message, gpointer user_data)
{
  return strstr (message, "none of this fabric's CA") == NULL;
}

static void
test_learns_no_more_than_it_can (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) many = g_ptr_array_new ();
  const IsmbRevocation *good = NULL;
  g_autoptr (IsmbRevocation) bad = NULL;

  put_out (fixture);
  good = ismb_revocations_get (ismb_fabric_get_revocations (fixture->registrar->fabric),
                               site_id (fixture->culprit));
  bad = ismb_revocation_copy (good);
  bad->time++;
  for (guint i = 0; i < 500; i++)
    g_ptr_array_add (many, bad);
  g_ptr_array_add (many, (gpointer) good);
  g_test_log_set_fatal_handler (is_fatal, NULL);
  g_assert_cmpuint (tell (fixture->member, many), ==, 0);
}

static void
test_outside_believes_nothing (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Site) outside = site_new ("sw4.001122");
  g_autoptr (GPtrArray) statements = NULL;

  put_out (fixture);
  statements = statements_of (fixture->registrar);
  g_test_log_set_fatal_handler (is_fatal, NULL);
  g_assert_cmpuint (tell (outside, statements), ==, 0);
}

/* Without waiting for a clock that may never come right: being out has no end that could be wrong.
 */
static void
test_revokes_in_1970 (Fixture *fixture, gconstpointer data)
{
  wall_fixed = 100;
  put_out (fixture);
  assert_disbelieves (fixture->registrar, fixture->culprit, "is revoked");
  wall_fixed = 0;
  tell_all (fixture->member, fixture->registrar);
  assert_disbelieves (fixture->member, fixture->culprit, "is revoked");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  ADD ("/revoking/is-out-at-once", test_is_out_at_once);
  ADD ("/revoking/is-out-everywhere", test_is_out_everywhere);
  ADD ("/revoking/knows-that-it-is-out", test_knows_that_it_is_out);
  ADD ("/revoking/says-so-once", test_says_so_once);
  ADD ("/revoking/revokes-devices-only", test_revokes_devices_only);
  ADD ("/revoking/frees-its-name", test_frees_its_name);
  ADD ("/revoking/a-crash-frees-the-name-too", test_a_crash_frees_the_name_too);
  ADD ("/revoking/is-not-kept-on-a-full-disk", test_is_not_kept_on_a_full_disk);
  ADD ("/revoking/learns-only-what-holds", test_learns_only_what_holds);
  ADD ("/revoking/learns-no-more-than-it-can", test_learns_no_more_than_it_can);
  ADD ("/revoking/outside-believes-nothing", test_outside_believes_nothing);
  ADD ("/revoking/revokes-in-1970", test_revokes_in_1970);
#undef ADD
  return g_test_run ();
}
