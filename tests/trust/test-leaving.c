/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/trust/site.h"

#include "ismb/trust/ismb-key-file.h"

typedef struct
{
  Site *registrar;
  Site *member;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  wall_ahead = wall_fixed = 0;
  fixture->registrar = site_new_registrar ("sw1.001122");
  fixture->member = site_new_member ("sw2.001122", fixture->registrar);
  fixture->member->changed = fixture->registrar->changed = 0;
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  site_free (fixture->registrar);
  site_free (fixture->member);
}

static void
leave (Site *site, gboolean destroy, gboolean new_key)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (ismb_fabric_leave (site->fabric, destroy, new_key, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (site->changed, ==, 1);
}

static void
assert_is_outside (Site *site)
{
  g_assert_false (ismb_fabric_is_member (site->fabric));
  g_assert_null (ismb_fabric_get_id (site->fabric));
  g_assert_null (ismb_fabric_get_name (site->fabric));
  g_assert_null (ismb_fabric_get_names (site->fabric));
  g_assert_null (ismb_fabric_get_ca_pem (site->fabric));
  g_assert_null (ismb_fabric_get_authority (site->fabric));
  g_assert_cmpint (ismb_fabric_get_expiry (site->fabric), ==, 0);
  g_assert_cmpint (ismb_fabric_get_renewal (site->fabric), ==, 0);
  g_assert_cmpuint (ismb_revocations_get_count (ismb_fabric_get_revocations (site->fabric)), ==, 0);
}

static void
tell_revocations (Fixture *fixture)
{
  g_autoptr (GPtrArray) statements =
      ismb_revocations_list (ismb_fabric_get_revocations (fixture->registrar->fabric), NULL, 500);
  g_autoptr (GPtrArray) added = ismb_fabric_learn_revocations (fixture->member->fabric, statements);

  g_assert_cmpuint (added->len, ==, 1);
}

static void
test_leaves_and_comes_back (Fixture *fixture, gconstpointer data)
{
  g_autofree char *id = g_strdup (site_id (fixture->member));

  leave (fixture->member, FALSE, FALSE);
  assert_is_outside (fixture->member);
  assert_disbelieves (fixture->member, fixture->registrar, "in no fabric yet");
  assert_disbelieves (fixture->registrar, fixture->member, "no certificate of this fabric");
  site_reload (fixture->member);
  assert_is_outside (fixture->member);
  g_assert_cmpstr (site_id (fixture->member), ==, id);
  site_join (fixture->member, fixture->registrar);
  assert_believes (fixture->registrar, fixture->member);
}

static void
test_joins_another (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Site) other = site_new_registrar ("sw9.001122");
  g_autofree char *request = site_request (fixture->member);
  g_autofree char *bundle = ismb_fabric_sign (other->fabric, request, FALSE, NULL);
  const char *hash = ismb_fabric_get_id (other->fabric);
  g_autoptr (GError) error = NULL;

  g_assert_false (ismb_fabric_install (fixture->member->fabric, bundle, hash, &error));
  assert_says (&error, ISMB_ERROR_EXISTS, "switchctl fabric leave");
  g_assert_cmpstr (ismb_fabric_get_id (fixture->member->fabric), !=, hash);
  g_assert_cmpuint (fixture->member->changed, ==, 0);
  leave (fixture->member, FALSE, FALSE);
  g_assert_true (ismb_fabric_install (fixture->member->fabric, bundle, hash, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (ismb_fabric_get_id (fixture->member->fabric), ==, hash);
}

static void
test_is_nowhere_to_leave (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Site) outside = site_new ("sw4.001122");
  g_autoptr (GError) error = NULL;

  g_assert_false (ismb_fabric_leave (outside->fabric, FALSE, FALSE, &error));
  assert_says (&error, ISMB_ERROR_NOT_FOUND, "in no fabric");
  g_assert_cmpuint (outside->changed, ==, 0);
}

/* For ever is said of the device, not of the box. */
static void
test_comes_back_as_another (Fixture *fixture, gconstpointer data)
{
  g_autofree char *id = g_strdup (site_id (fixture->member));
  g_autofree char *key = site_read (fixture->member, "device.key");
  g_autofree char *new_key = NULL;

  g_assert_true (ismb_fabric_revoke (fixture->registrar->fabric, id, NULL));
  tell_revocations (fixture);
  leave (fixture->member, FALSE, TRUE);
  assert_is_outside (fixture->member);
  g_assert_cmpstr (site_id (fixture->member), !=, id);
  g_assert_cmpuint (scratch_mode (fixture->member->folder, "device.key"), ==, 0600);
  g_assert_false (site_has (fixture->member, "device-next.key"));
  new_key = site_read (fixture->member, "device.key");
  g_assert_cmpstr (new_key, !=, key);
  site_join (fixture->member, fixture->registrar);
  assert_believes (fixture->registrar, fixture->member);
  site_reload (fixture->member);
  assert_believes (fixture->registrar, fixture->member);
  g_assert_cmpstr (site_id (fixture->member), !=, id);
}

/* Who was told so when he asked to join again is in no fabric any more. */
static void
test_takes_a_new_key_later (Fixture *fixture, gconstpointer data)
{
  g_autofree char *id = g_strdup (site_id (fixture->member));

  leave (fixture->member, FALSE, FALSE);
  fixture->member->changed = 0;
  leave (fixture->member, FALSE, TRUE);
  g_assert_cmpstr (site_id (fixture->member), !=, id);
}

static void
assert_registrar_stays (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (ismb_fabric_leave (fixture->registrar->fabric, FALSE, FALSE, &error));
  assert_says (&error, ISMB_ERROR_NOT_ALLOWED, "fabric leave --destroy");
  g_assert_true (ismb_fabric_is_member (fixture->registrar->fabric));
  g_assert_cmpuint (fixture->registrar->changed, ==, 0);
}

static void
test_a_registrar_must_mean_it (Fixture *fixture, gconstpointer data)
{
  static const char *const files[] = { "ca.key", "ca.pem", "issued", "admissions", "fabric.pem" };
  g_autofree char *hash = g_strdup (ismb_fabric_get_id (fixture->registrar->fabric));
  g_autoptr (GError) error = NULL;

  assert_registrar_stays (fixture);
  leave (fixture->registrar, TRUE, FALSE);
  assert_is_outside (fixture->registrar);
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    g_assert_false (site_has (fixture->registrar, files[i]));
  g_assert_true (ismb_fabric_establish (fixture->registrar->fabric, "Campus", &error));
  g_assert_no_error (error);
  g_assert_cmpstr (ismb_fabric_get_id (fixture->registrar->fabric), !=, hash);
  assert_disbelieves (fixture->registrar, fixture->member, "no certificate of this fabric");
}

static void
remove_file (Site *site, const char *name)
{
  g_autofree char *path = site_path (site, name);

  g_assert_cmpint (g_unlink (path), ==, 0);
}

/* After the first step it is a registrar still; after the next one it is nothing, and can begin
 * anew. */
static void
test_a_registrars_crashes (Fixture *fixture, gconstpointer data)
{
  g_autofree char *hash = g_strdup (ismb_fabric_get_id (fixture->registrar->fabric));
  g_autoptr (GError) error = NULL;

  remove_file (fixture->registrar, "fabric.pem");
  site_reload (fixture->registrar);
  g_assert_true (ismb_fabric_is_member (fixture->registrar->fabric));
  g_assert_cmpstr (ismb_fabric_get_id (fixture->registrar->fabric), ==, hash);

  remove_file (fixture->registrar, "fabric.pem");
  remove_file (fixture->registrar, "ca.key");
  g_assert_finalize_object (fixture->registrar->fabric);
  g_test_expect_message ("ismb.trust.ca", G_LOG_LEVEL_WARNING, "*no registrar's without its key*");
  site_load (fixture->registrar);
  g_test_assert_expected_messages ();
  assert_is_outside (fixture->registrar);
  g_assert_true (ismb_fabric_establish (fixture->registrar->fabric, "Other", &error));
  g_assert_no_error (error);
  g_assert_cmpstr (ismb_fabric_get_id (fixture->registrar->fabric), !=, hash);
}

/* What it knew to be revoked is gone with the fabric, and a key that was not yet taken is no harm.
 */
static void
test_a_members_crashes (Fixture *fixture, gconstpointer data)
{
  g_autofree char *next = site_path (fixture->member, "device-next.key");
  g_autofree char *nobody = g_strnfill (52, 'A');
  g_autofree char *id = g_strdup (site_id (fixture->member));

  g_assert_true (ismb_fabric_revoke (fixture->registrar->fabric, nobody, NULL));
  tell_revocations (fixture);
  remove_file (fixture->member, "fabric.pem");
  gnutls_x509_privkey_deinit (ismb_key_file_create (next, NULL));
  site_reload (fixture->member);
  assert_is_outside (fixture->member);
  g_assert_cmpstr (site_id (fixture->member), ==, id);
  leave (fixture->member, FALSE, TRUE);
  g_assert_cmpstr (site_id (fixture->member), !=, id);
  g_assert_false (site_has (fixture->member, "device-next.key"));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  ADD ("/leaving/leaves-and-comes-back", test_leaves_and_comes_back);
  ADD ("/leaving/joins-another", test_joins_another);
  ADD ("/leaving/is-nowhere-to-leave", test_is_nowhere_to_leave);
  ADD ("/leaving/comes-back-as-another", test_comes_back_as_another);
  ADD ("/leaving/takes-a-new-key-later", test_takes_a_new_key_later);
  ADD ("/leaving/a-registrar-must-mean-it", test_a_registrar_must_mean_it);
  ADD ("/leaving/a-registrars-crashes", test_a_registrars_crashes);
  ADD ("/leaving/a-members-crashes", test_a_members_crashes);
#undef ADD
  return g_test_run ();
}
