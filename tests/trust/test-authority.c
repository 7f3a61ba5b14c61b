/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/trust/ismb-authority.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/trust/ismb-certificate.h"
#include "ismb/trust/ismb-identity.h"
#include "tests/store/scratch.h"

static const char *const vrs[] = { "VR-Mgmt", NULL };

typedef struct
{
  char *folder;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = scratch_new ();
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  scratch_remove (fixture->folder);
}

static IsmbAuthority *
create (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  IsmbAuthority *authority = ismb_authority_create (fixture->folder, "Campus", &error);

  g_assert_no_error (error);
  return authority;
}

static void
test_stays_the_same (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbAuthority) made = create (fixture);
  g_autoptr (IsmbAuthority) loaded = ismb_authority_load (fixture->folder, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (ismb_authority_get_ca_pem (made), ==, ismb_authority_get_ca_pem (loaded));
  g_assert_cmpstr (ismb_authority_get_ca_hash (made), ==, ismb_authority_get_ca_hash (loaded));
  g_assert_true (g_regex_match_simple ("^[0-9a-f]{64}$", ismb_authority_get_ca_hash (made), 0, 0));
  g_assert_cmpuint (scratch_mode (fixture->folder, "ca.key"), ==, 0600);
}

static void
test_is_made_once (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbAuthority) authority = create (fixture);

  g_assert_null (ismb_authority_create (fixture->folder, "Campus", &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_EXISTS);
}

static void
test_is_not_there (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (ismb_authority_load (fixture->folder, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND);
}

/* A crash came after the key: what is there is no CA yet, and making it goes on. */
static void
test_goes_on_after_a_crash (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "ca.pem", NULL);
  g_autoptr (GError) error = NULL;

  g_object_unref (create (fixture));
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_null (ismb_authority_load (fixture->folder, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND);
  g_object_unref (create (fixture));
}

static void
test_refuses_a_foreign_key (Fixture *fixture, gconstpointer data)
{
  g_autofree char *key_path = g_build_filename (fixture->folder, "ca.key", NULL);
  g_autofree char *other_path = g_build_filename (fixture->folder, "device.key", NULL);
  g_autoptr (GError) error = NULL;

  g_object_unref (create (fixture));
  g_object_unref (ismb_identity_load (fixture->folder, NULL));
  g_assert_cmpint (g_rename (other_path, key_path), ==, 0);
  g_assert_null (ismb_authority_load (fixture->folder, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED);
}

static void
test_refuses_bad_names (Fixture *fixture, gconstpointer data)
{
  static const char *const names[] = { "", "a\nb", "\xff" };
  g_autofree char *too_long = g_strnfill (65, 'a');

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_assert_null (ismb_authority_create (fixture->folder, names[i], NULL));
  g_assert_null (ismb_authority_create (fixture->folder, too_long, NULL));
}

static void
test_certifies (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbAuthority) authority = create (fixture);
  g_autoptr (IsmbIdentity) identity = ismb_identity_load (fixture->folder, &error);
  g_autofree char *request = ismb_identity_request (identity, "sw1.001122", vrs, &error);
  g_autofree char *bundle = ismb_authority_sign (authority, request, &error);
  gnutls_x509_crt_t list[2] = { NULL, NULL };
  g_autoptr (IsmbNames) names = NULL;
  gint64 days = 0;

  g_assert_no_error (error);
  g_assert_true (ismb_certificate_list_from_pem (bundle, 2, 2, list, &error));
  names = ismb_certificate_get_holder (list[0], &error);
  g_assert_no_error (error);
  g_assert_cmpstr (names->domain, ==, "sw1.001122");
  g_assert_cmpstrv (names->vrs, vrs);
  g_assert_true (ismb_certificate_check_signature (list[0], list[1], &error));
  g_assert_no_error (error);
  days =
      (gnutls_x509_crt_get_expiration_time (list[0]) - g_get_real_time () / G_USEC_PER_SEC + 60) /
      86400;
  g_assert_cmpint (days, ==, 90);
  gnutls_x509_crt_deinit (list[0]);
  gnutls_x509_crt_deinit (list[1]);
}

static void
assert_refused (IsmbAuthority *authority, const char *request, const char *why)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (ismb_authority_sign (authority, request, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED);
  g_assert_nonnull (strstr (error->message, why));
}

static char *
make_request (const char *device_id, gnutls_x509_privkey_t key)
{
  g_autoptr (IsmbNames) names = ismb_names_new ("sw1.001122", device_id, vrs);
  g_autoptr (GError) error = NULL;
  g_auto (gnutls_x509_crq_t) request = ismb_certificate_new_request (names, key, &error);

  g_assert_no_error (error);
  return ismb_certificate_request_to_pem (request, NULL);
}

/* A request for sw1.001122 by a device that is new each time. */
static char *
request_as_another (char **device_id)
{
  char *folder = scratch_new ();
  g_autoptr (IsmbIdentity) identity = ismb_identity_load (folder, NULL);

  scratch_remove (folder);
  *device_id = g_strdup (ismb_identity_get_full_id (identity));
  return ismb_identity_request (identity, "sw1.001122", vrs, NULL);
}

static void
assert_certified (char *bundle, GError *error)
{
  g_autofree char *owned = bundle;

  g_assert_no_error (error);
  g_assert_nonnull (owned);
}

/* A name is its holder's: a registrar that has forgotten whose it is would let anybody have it. */
static void
test_keeps_a_name_for_its_device (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbAuthority) authority = create (fixture);
  g_autofree char *first_id = NULL, *second_id = NULL;
  g_autofree char *first = request_as_another (&first_id);
  g_autofree char *second = request_as_another (&second_id);
  g_autofree char *advice = NULL;

  assert_certified (ismb_authority_sign (authority, first, &error), error);
  assert_certified (ismb_authority_sign (authority, first, &error), error);
  g_assert_cmpuint (scratch_mode (fixture->folder, "issued"), ==, 0600);
  g_object_unref (authority);
  authority = ismb_authority_load (fixture->folder, &error);
  g_assert_no_error (error);
  g_assert_null (ismb_authority_sign (authority, second, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_EXISTS);
  advice = g_strdup_printf ("`switchctl fabric revoke %.16s`", first_id);
  g_assert_nonnull (strstr (error->message, advice));
  g_assert_nonnull (strstr (error->message, "switchctl fabric sign --replace"));
}

static void
test_replaces_a_device (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbAuthority) authority = create (fixture);
  g_autofree char *first_id = NULL, *second_id = NULL;
  g_autofree char *first = request_as_another (&first_id);
  g_autofree char *second = request_as_another (&second_id);

  assert_certified (ismb_authority_sign (authority, first, &error), error);
  g_test_expect_message ("ismb.trust.ledger", G_LOG_LEVEL_WARNING, "sw1.001122 goes from device*");
  assert_certified (ismb_authority_replace (authority, second, &error), error);
  g_test_assert_expected_messages ();
  assert_certified (ismb_authority_sign (authority, second, &error), error);
  g_assert_null (ismb_authority_sign (authority, first, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_EXISTS);
}

static void
write_issued (Fixture *fixture, const char *text)
{
  g_autofree char *path = g_build_filename (fixture->folder, "issued", NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static void
test_frees_a_name_when_its_certificate_ends (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbAuthority) authority = NULL;
  g_autofree char *id = NULL;
  g_autofree char *request = request_as_another (&id);

  g_object_unref (create (fixture));
  write_issued (fixture, "sw1.001122 ANOTHER 1700000000\n");
  authority = ismb_authority_load (fixture->folder, &error);
  assert_certified (ismb_authority_sign (authority, request, &error), error);
}

static void
test_reads_all_of_its_ledger (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_object_unref (create (fixture));
  write_issued (fixture, "sw1.001122 ANOTHER soon\n");
  g_assert_null (ismb_authority_load (fixture->folder, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "issued, line 1"));
}

static void
test_refuses_a_foreign_id (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbAuthority) authority = create (fixture);
  g_autoptr (IsmbIdentity) victim = ismb_identity_load (fixture->folder, NULL);
  g_auto (gnutls_x509_privkey_t) key = ismb_certificate_new_key (NULL);
  g_autofree char *request = make_request (ismb_identity_get_full_id (victim), key);

  assert_refused (authority, request, "claims device id");
}

static void
test_refuses_a_changed_request (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbAuthority) authority = create (fixture);
  g_autoptr (IsmbIdentity) identity = ismb_identity_load (fixture->folder, NULL);
  g_autofree char *request = ismb_identity_request (identity, "sw1.001122", vrs, NULL);
  g_auto (gnutls_x509_crq_t) parsed = ismb_certificate_request_from_pem (request, NULL);
  gnutls_datum_t der = { NULL, 0 };
  guint8 *name = NULL;
  g_autofree char *base64 = NULL;
  g_autofree char *changed = NULL;

  gnutls_x509_crq_export2 (parsed, GNUTLS_X509_FMT_DER, &der);
  while ((name = memmem (der.data, der.size, "sw1.001122", 10)) != NULL)
    name[2] = '2';
  base64 = g_base64_encode (der.data, der.size);
  gnutls_free (der.data);
  changed = g_strdup_printf (
      "-----BEGIN CERTIFICATE REQUEST-----\n%s\n-----END CERTIFICATE REQUEST-----\n", base64);
  assert_refused (authority, changed, "signature");
}

static void
test_refuses_other_algorithms (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbAuthority) authority = create (fixture);
  g_autoptr (IsmbIdentity) identity = ismb_identity_load (fixture->folder, NULL);
  g_auto (gnutls_x509_privkey_t) key = NULL;
  g_autofree char *request = NULL;

  gnutls_x509_privkey_init (&key);
  gnutls_x509_privkey_generate (key, GNUTLS_PK_RSA, 2048, 0);
  request = make_request (ismb_identity_get_full_id (identity), key);
  assert_refused (authority, request, "P-256");
}

static void
test_refuses_what_is_no_request (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbAuthority) authority = create (fixture);
  g_autofree char *endless = g_strnfill (1024 * 1024, 'A');

  assert_refused (authority, "", "no certificate request");
  assert_refused (authority,
                  "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n",
                  "no certificate request");
  assert_refused (authority, ismb_authority_get_ca_pem (authority), "no certificate request");
  assert_refused (authority, endless, "refused");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  ADD ("/authority/stays-the-same", test_stays_the_same);
  ADD ("/authority/is-made-once", test_is_made_once);
  ADD ("/authority/is-not-there", test_is_not_there);
  ADD ("/authority/goes-on-after-a-crash", test_goes_on_after_a_crash);
  ADD ("/authority/refuses-a-foreign-key", test_refuses_a_foreign_key);
  ADD ("/authority/refuses-bad-names", test_refuses_bad_names);
  ADD ("/authority/certifies", test_certifies);
  ADD ("/authority/keeps-a-name-for-its-device", test_keeps_a_name_for_its_device);
  ADD ("/authority/replaces-a-device", test_replaces_a_device);
  ADD ("/authority/frees-a-name-when-its-certificate-ends",
       test_frees_a_name_when_its_certificate_ends);
  ADD ("/authority/reads-all-of-its-ledger", test_reads_all_of_its_ledger);
  ADD ("/authority/refuses-a-foreign-id", test_refuses_a_foreign_id);
  ADD ("/authority/refuses-a-changed-request", test_refuses_a_changed_request);
  ADD ("/authority/refuses-other-algorithms", test_refuses_other_algorithms);
  ADD ("/authority/refuses-what-is-no-request", test_refuses_what_is_no_request);
#undef ADD
  return g_test_run ();
}
