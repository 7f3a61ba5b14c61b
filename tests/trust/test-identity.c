/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/trust/ismb-identity.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/trust/ismb-certificate.h"
#include "tests/store/scratch.h"

#define NOW 1800000000

static const char *const vrs[] = { "VR-Mgmt", "Größe 1", NULL };

typedef struct
{
  char *folder;
  char *key_path;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = scratch_new ();
  fixture->key_path = g_build_filename (fixture->folder, "device.key", NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_free (fixture->key_path);
  scratch_remove (fixture->folder);
}

static IsmbIdentity *
load (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  IsmbIdentity *identity = ismb_identity_load (fixture->folder, &error);

  g_assert_no_error (error);
  return identity;
}

static void
test_stays_the_same (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbIdentity) first = load (fixture);
  g_autoptr (IsmbIdentity) second = load (fixture);
  g_autofree char *short_id = NULL;
  const char *full_id = ismb_identity_get_full_id (first);

  g_assert_cmpstr (full_id, ==, ismb_identity_get_full_id (second));
  g_assert_cmpuint (strlen (full_id), ==, 52);
  short_id =
      g_strdup_printf ("%.4s-%.4s-%.4s-%.4s", full_id, full_id + 4, full_id + 8, full_id + 12);
  g_assert_cmpstr (ismb_identity_get_id (first), ==, short_id);
}

static void
test_is_private (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbIdentity) identity = load (fixture);

  g_assert_nonnull (identity);
  g_assert_cmpuint (scratch_mode (fixture->folder, "device.key"), ==, 0600);
}

static void
test_makes_its_folder (Fixture *fixture, gconstpointer data)
{
  char *inner = g_build_filename (fixture->folder, "state", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbIdentity) identity = ismb_identity_load (inner, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (scratch_mode (inner, "."), ==, 0700);
  g_assert_cmpuint (scratch_mode (inner, "device.key"), ==, 0600);
  scratch_remove (inner);
}

static void
assert_refused (Fixture *fixture, IsmbError code, const char *hint)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (ismb_identity_load (fixture->folder, &error));
  g_assert_error (error, ISMB_ERROR, (int) code);
  g_assert_nonnull (strstr (error->message, hint));
  g_assert_nonnull (strstr (error->message, fixture->key_path));
}

static void
test_refuses_loose_permissions (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbIdentity) identity = load (fixture);
  g_autofree char *hint = g_strdup_printf ("chmod 600 %s", fixture->key_path);

  g_assert_nonnull (identity);
  g_assert_cmpint (g_chmod (fixture->key_path, 0640), ==, 0);
  assert_refused (fixture, ISMB_ERROR_NOT_ALLOWED, hint);
  g_assert_cmpint (g_chmod (fixture->key_path, 0604), ==, 0);
  assert_refused (fixture, ISMB_ERROR_NOT_ALLOWED, hint);
}

/* A damaged key must not quietly become another identity. */
static void
test_refuses_a_damaged_key (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *contents = NULL;

  g_assert_true (g_file_set_contents_full (fixture->key_path, "-----BEGIN PRIVATE KEY-----\nMIG",
                                           -1, 0, 0600, &error));
  assert_refused (fixture, ISMB_ERROR_FAILED, "cannot be read");
  g_assert_true (g_file_get_contents (fixture->key_path, &contents, NULL, NULL));
  g_assert_true (g_str_has_suffix (contents, "MIG"));
}

static void
assert_names (IsmbNames *names, IsmbIdentity *identity)
{
  g_assert_nonnull (names);
  g_assert_cmpstr (names->domain, ==, "sw1.001122");
  g_assert_cmpstr (names->device_id, ==, ismb_identity_get_full_id (identity));
  g_assert_cmpstrv (names->vrs, vrs);
}

static void
test_names_itself (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbIdentity) identity = load (fixture);
  g_autofree char *certificate_pem =
      ismb_identity_self_sign (identity, "sw1.001122", vrs, NOW, &error);
  g_autofree char *request_pem = ismb_identity_request (identity, "sw1.001122", vrs, &error);
  g_auto (gnutls_x509_crt_t) certificate = NULL;
  g_auto (gnutls_x509_crq_t) request = NULL;
  g_autoptr (IsmbNames) of_certificate = NULL;
  g_autoptr (IsmbNames) of_request = NULL;

  g_assert_no_error (error);
  g_assert_true (ismb_certificate_list_from_pem (certificate_pem, 1, 1, &certificate, &error));
  of_certificate = ismb_certificate_get_holder (certificate, &error);
  g_assert_no_error (error);
  assert_names (of_certificate, identity);
  request = ismb_certificate_request_from_pem (request_pem, &error);
  of_request = ismb_names_of_request (request, &error);
  g_assert_no_error (error);
  assert_names (of_request, identity);
}

static void
test_refuses_names_of_none (Fixture *fixture, gconstpointer data)
{
  static const char *const domains[] = { "",    ".sw1", "sw1.",  "-sw1", "a..b",
                                         "Sw1", "sw_1", "*.sw1", "s w",  "ä" };
  static const char *const bad_vr[] = { "", NULL };
  g_autoptr (IsmbIdentity) identity = load (fixture);
  g_autofree char *longest = g_strnfill (63, 'a');
  g_autofree char *too_long = g_strnfill (64, 'a');
  g_autofree char *pem = ismb_identity_request (identity, longest, vrs, NULL);

  g_assert_nonnull (pem);
  g_assert_null (ismb_identity_request (identity, too_long, vrs, NULL));
  g_assert_null (ismb_identity_request (identity, "sw1", bad_vr, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (domains); i++)
    g_assert_null (ismb_identity_request (identity, domains[i], vrs, NULL));
}

/* TLS takes the key with the certificate. */
static void
test_its_key_fits (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbIdentity) identity = load (fixture);
  g_autofree char *certificate = ismb_identity_self_sign (identity, "sw1.001122", vrs, NOW, &error);
  g_autofree char *key = ismb_identity_dup_key_pem (identity);
  gnutls_certificate_credentials_t credentials = NULL;
  gnutls_datum_t certificate_datum = { (guint8 *) certificate, strlen (certificate) };
  gnutls_datum_t key_datum = { (guint8 *) key, strlen (key) };

  gnutls_certificate_allocate_credentials (&credentials);
  g_assert_cmpint (gnutls_certificate_set_x509_key_mem (credentials, &certificate_datum, &key_datum,
                                                        GNUTLS_X509_FMT_PEM),
                   ==, 0);
  gnutls_certificate_free_credentials (credentials);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  ADD ("/identity/stays-the-same", test_stays_the_same);
  ADD ("/identity/is-private", test_is_private);
  ADD ("/identity/makes-its-folder", test_makes_its_folder);
  ADD ("/identity/refuses-loose-permissions", test_refuses_loose_permissions);
  ADD ("/identity/refuses-a-damaged-key", test_refuses_a_damaged_key);
  ADD ("/identity/names-itself", test_names_itself);
  ADD ("/identity/refuses-names-of-none", test_refuses_names_of_none);
  ADD ("/identity/its-key-fits", test_its_key_fits);
#undef ADD
  return g_test_run ();
}
