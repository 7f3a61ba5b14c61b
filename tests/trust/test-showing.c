/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/trust/site.h"

#include <sched.h>
#include <sys/mount.h>

#define DAY (24 * 60 * 60)
#define BOOTED 100 /* where the clock of a host begins that has no battery */

/* What switches show each other before they belong together, and when their clocks are wrong. */
typedef struct
{
  Site *registrar;
  Site *member;
  Site *outside;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  wall_ahead = wall_fixed = 0;
  fixture->registrar = site_new_registrar ("sw1.001122");
  fixture->member = site_new_member ("sw2.001122", fixture->registrar);
  fixture->outside = site_new ("sw3.001122");
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  site_free (fixture->registrar);
  site_free (fixture->member);
  site_free (fixture->outside);
}

static IsmbNames *
verify_authority (Site *site, Site *other, const char *hash, GError **error)
{
  g_autoptr (GPtrArray) chain = site_chain (other);

  return ismb_fabric_verify_authority (site->fabric, chain, hash, error);
}

static void
test_shows_its_authority (Fixture *fixture, gconstpointer data)
{
  const char *hash = ismb_fabric_get_id (fixture->registrar->fabric);
  g_autofree char *upper = g_ascii_strup (hash, -1);
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbNames) registrar =
      verify_authority (fixture->outside, fixture->registrar, upper, &error);
  g_autoptr (IsmbNames) member = verify_authority (fixture->outside, fixture->member, hash, &error);

  g_assert_no_error (error);
  g_assert_true (registrar->registrar);
  g_assert_cmpstr (registrar->domain, ==, "sw1.001122");
  g_assert_false (member->registrar);
  g_assert_cmpstr (member->device_id, ==, site_id (fixture->member));
}

static void
assert_no_authority (Site *site, Site *other, const char *hash, IsmbError code, const char *words)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (verify_authority (site, other, hash, &error));
  assert_says (&error, code, words);
}

static void
test_shows_no_other_authority (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Site) stranger = site_new_registrar ("sw9.001122");
  const char *hash = ismb_fabric_get_id (fixture->registrar->fabric);
  g_autoptr (GPtrArray) none = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;

  assert_no_authority (fixture->outside, stranger, hash, ISMB_ERROR_UNTRUSTED, "another fabric");
  assert_no_authority (fixture->outside, fixture->outside, hash, ISMB_ERROR_UNTRUSTED,
                       "another fabric");
  assert_no_authority (fixture->outside, fixture->member, "abc", ISMB_ERROR_BAD_CONFIG,
                       "no CA hash");
  wall_ahead = 91 * DAY;
  assert_no_authority (fixture->outside, fixture->member, hash, ISMB_ERROR_UNTRUSTED, "expired");
  g_assert_null (ismb_fabric_verify_authority (fixture->outside->fabric, none, hash, &error));
  assert_says (&error, ISMB_ERROR_UNTRUSTED, "no certificate was shown");
}

static void
assert_applicant (Site *site)
{
  g_autoptr (GPtrArray) chain = site_chain (site);
  g_autoptr (GError) error = NULL;
  g_autofree char *id = ismb_fabric_identify_applicant (chain, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (id, ==, site_id (site));
}

/* Whoever wants in is known by his key, whatever his clock says, and whoever signed for him before.
 */
static void
test_shows_who_applies (Fixture *fixture, gconstpointer data)
{
  assert_applicant (fixture->outside);
  assert_applicant (fixture->member);
  wall_fixed = BOOTED;
  assert_applicant (fixture->outside);
}

static void
assert_no_applicant (gnutls_x509_crt_t certificate, const char *words)
{
  g_autoptr (GPtrArray) chain = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  gnutls_datum_t der = { NULL, 0 };
  g_autoptr (GError) error = NULL;

  gnutls_x509_crt_export2 (certificate, GNUTLS_X509_FMT_DER, &der);
  g_ptr_array_add (chain, g_bytes_new (der.data, der.size));
  gnutls_free (der.data);
  g_assert_null (ismb_fabric_identify_applicant (chain, &error));
  assert_says (&error, ISMB_ERROR_UNTRUSTED, words);
}

static gnutls_x509_crt_t
self_sign (gnutls_x509_privkey_t key, const char *device_id)
{
  g_auto (gnutls_pubkey_t) public_key = ismb_certificate_get_public (key, NULL);
  g_autofree char *own_id = ismb_certificate_key_to_base32 (public_key);
  g_autoptr (IsmbNames) names =
      ismb_names_new ("sw3.001122", device_id != NULL ? device_id : own_id, site_vrs);

  return ismb_certificate_new_leaf (names, public_key, 0, 1000, NULL, key, NULL);
}

static void
test_shows_who_is_nobody (Fixture *fixture, gconstpointer data)
{
  g_auto (gnutls_x509_privkey_t) key = ismb_certificate_new_key (NULL);
  g_auto (gnutls_x509_privkey_t) rsa = NULL;
  g_auto (gnutls_x509_crt_t) anothers = self_sign (key, site_id (fixture->member));
  g_auto (gnutls_x509_crt_t) with_rsa = NULL;
  g_auto (gnutls_x509_crt_t) root = NULL;
  g_autoptr (GPtrArray) none = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;

  gnutls_x509_privkey_init (&rsa);
  gnutls_x509_privkey_generate (rsa, GNUTLS_PK_RSA, 2048, 0);
  with_rsa = self_sign (rsa, NULL);
  ismb_certificate_list_from_pem (ismb_fabric_get_ca_pem (fixture->member->fabric), 1, 1, &root,
                                  NULL);
  assert_no_applicant (anothers, "its key is that of");
  assert_no_applicant (with_rsa, "P-256");
  assert_no_applicant (root, "no subjectAltName");
  g_assert_null (ismb_fabric_identify_applicant (none, &error));
  assert_says (&error, ISMB_ERROR_UNTRUSTED, "no certificate was shown");
}

static IsmbProof *
verify_renewed (Site *site, const char *chain, const IsmbProof *former, GError **error)
{
  return ismb_fabric_verify_renewed (site->fabric, chain, former, "VR-Mgmt", error);
}

static void
test_shows_what_is_renewed (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbProof) former = site_verify (fixture->registrar, fixture->member, &error);
  g_autoptr (IsmbProof) proof = NULL;
  g_autofree char *chain = NULL;

  wall_ahead = 60 * DAY;
  site_join (fixture->member, fixture->registrar);
  chain = ismb_fabric_dup_chain_pem (fixture->member->fabric);
  proof = verify_renewed (fixture->registrar, chain, former, &error);
  g_assert_no_error (error);
  g_assert_cmpint (proof->expiry, >=, former->expiry + wall_ahead);
  g_assert_cmpstr (proof->names->device_id, ==, site_id (fixture->member));
}

static void
assert_not_renewed (Site *site, const char *chain, const IsmbProof *former, const char *words)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (verify_renewed (site, chain, former, &error));
  assert_says (&error, ISMB_ERROR_UNTRUSTED, words);
}

/* The session has proven one key, and its links carry one name in one virtual router. */
static void
test_shows_only_its_own (Fixture *fixture, gconstpointer data)
{
  static const char *const other_vr[] = { "VR-Data", NULL };
  g_autoptr (IsmbProof) former = site_verify (fixture->registrar, fixture->member, NULL);
  g_autoptr (IsmbNames) restricted =
      ismb_names_new ("sw2.001122", site_id (fixture->member), other_vr);
  g_autoptr (IsmbProof) member = ismb_proof_new (g_steal_pointer (&restricted), former->expiry);
  IsmbAuthority *authority = ismb_fabric_get_authority (fixture->registrar->fabric);
  g_autofree char *request = site_request (fixture->member);
  g_autofree char *elsewhere = ismb_authority_renew (authority, request, member, NULL);
  g_autofree char *registrars = ismb_fabric_dup_chain_pem (fixture->registrar->fabric);
  g_autoptr (Site) twin = site_new ("sw2.001122");
  g_autofree char *twin_request = site_request (twin);
  g_autofree char *twins = NULL;

  assert_not_renewed (fixture->registrar, elsewhere, former, "not for the virtual router VR-Mgmt");
  assert_not_renewed (fixture->registrar, registrars, former, "not for sw2.001122");
  assert_not_renewed (fixture->registrar, "no PEM", former, "1 to 5 certificates");
  g_test_expect_message ("ismb.trust.ledger", G_LOG_LEVEL_WARNING, "sw2.001122 goes from*");
  twins = ismb_authority_replace (authority, twin_request, NULL);
  g_test_assert_expected_messages ();
  assert_not_renewed (fixture->registrar, twins, former, "the session is of device");
}

/* Long after all of this was built. */
static void
let_time_pass (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  wall_ahead = 70 * DAY;
  g_assert_true (ismb_fabric_renew_registrar (fixture->registrar->fabric, &error));
  g_assert_no_error (error);
}

/* A host without a battery: the CA's own certificates say that it is later. */
static void
test_verifies_in_1970 (Fixture *fixture, gconstpointer data)
{
  IsmbClock *clock = ismb_fabric_get_clock (fixture->member->fabric);

  let_time_pass (fixture);
  wall_fixed = BOOTED;
  g_assert_true (ismb_fabric_is_member (fixture->member->fabric));
  assert_believes (fixture->member, fixture->registrar);
  g_assert_true (ismb_clock_is_behind (clock));
  g_assert_cmpint (ismb_clock_now (clock), <=, g_get_real_time () / G_USEC_PER_SEC + wall_ahead);
  g_assert_cmpint (ismb_clock_now (clock), >=,
                   g_get_real_time () / G_USEC_PER_SEC + wall_ahead - 3700);
}

static void
test_joins_in_1970 (Fixture *fixture, gconstpointer data)
{
  g_autofree char *hash = g_strdup (ismb_fabric_get_id (fixture->registrar->fabric));
  g_autofree char *request = site_request (fixture->outside);
  g_autofree char *bundle = NULL;
  g_autoptr (IsmbNames) names = NULL;
  g_autoptr (GError) error = NULL;

  let_time_pass (fixture);
  bundle = ismb_fabric_sign (fixture->registrar->fabric, request, FALSE, &error);
  g_assert_no_error (error);
  wall_fixed = BOOTED;
  names = verify_authority (fixture->outside, fixture->registrar, hash, &error);
  g_assert_no_error (error);
  g_assert_nonnull (names);
  g_assert_true (ismb_fabric_install (fixture->outside->fabric, bundle, hash, &error));
  g_assert_no_error (error);
  g_assert_true (ismb_fabric_is_member (fixture->outside->fabric));
}

/* 1970 makes nothing good again that has ended by what is known otherwise. */
static void
test_nothing_begins_again_in_1970 (Fixture *fixture, gconstpointer data)
{
  IsmbClock *clock = ismb_fabric_get_clock (fixture->registrar->fabric);
  g_autoptr (GError) error = NULL;

  wall_ahead = 100 * DAY;
  g_assert_true (ismb_clock_keep (clock, &error));
  g_assert_no_error (error);
  wall_fixed = BOOTED;
  assert_disbelieves (fixture->registrar, fixture->member,
                      "the clock of this host is wrong: it says 1970-01-01T00:01:40Z");
  assert_disbelieves (fixture->registrar, fixture->member, "the certificate expired");
}

/* A clock that may be right is not moved; the message shows both. */
static void
test_a_wrong_clock_is_told (Fixture *fixture, gconstpointer data)
{
  wall_ahead = 200 * DAY;
  g_assert_true (ismb_fabric_renew_registrar (fixture->registrar->fabric, NULL));
  wall_ahead = 0;
  assert_disbelieves (fixture->member, fixture->registrar, "is not valid yet");
  assert_disbelieves (fixture->member, fixture->registrar, "the clock here says");
}

/* Fills what is left to the last page. */
static void
fill (const char *path)
{
  g_autofree char *zeros = g_malloc0 (64 * 1024);

  for (gssize size = 64 * 1024; size >= 4096; size -= 4096)
    if (g_file_set_contents_full (path, zeros, size, G_FILE_SET_CONTENTS_NONE, 0600, NULL))
      return;
}

/* Of this process alone, and gone with it. */
static gboolean
mount_small_disk (const char *folder)
{
  return unshare (CLONE_NEWNS) == 0 && mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
         mount ("tmpfs", folder, "tmpfs", 0, "size=64k") == 0;
}

static void
assert_installs_when_there_is_room (Site *site, const char *bundle, const char *hash)
{
  g_autofree char *filler = site_path (site, "filler");
  g_autoptr (GError) error = NULL;

  fill (filler);
  g_assert_false (ismb_fabric_install (site->fabric, bundle, hash, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOSPC);
  g_clear_error (&error);
  g_assert_false (ismb_fabric_is_member (site->fabric));
  g_assert_false (site_has (site, "fabric.pem"));
  g_assert_cmpint (g_unlink (filler), ==, 0);
  g_assert_true (ismb_fabric_install (site->fabric, bundle, hash, &error));
  g_assert_no_error (error);
  g_assert_true (ismb_fabric_is_member (site->fabric));
}

static void
test_installs_on_a_full_disk (Fixture *fixture, gconstpointer data)
{
  g_autofree char *request = site_request (fixture->outside);
  g_autofree char *bundle = ismb_fabric_sign (fixture->registrar->fabric, request, FALSE, NULL);

  if (!mount_small_disk (fixture->outside->folder))
    {
      g_test_skip ("nobody but root may mount a disk that is small enough");
      return;
    }
  assert_installs_when_there_is_room (fixture->outside, bundle,
                                      ismb_fabric_get_id (fixture->registrar->fabric));
  g_assert_cmpint (umount (fixture->outside->folder), ==, 0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  ADD ("/showing/its-authority", test_shows_its_authority);
  ADD ("/showing/no-other-authority", test_shows_no_other_authority);
  ADD ("/showing/who-applies", test_shows_who_applies);
  ADD ("/showing/who-is-nobody", test_shows_who_is_nobody);
  ADD ("/showing/what-is-renewed", test_shows_what_is_renewed);
  ADD ("/showing/only-its-own", test_shows_only_its_own);
  ADD ("/showing/verifies-in-1970", test_verifies_in_1970);
  ADD ("/showing/joins-in-1970", test_joins_in_1970);
  ADD ("/showing/nothing-begins-again-in-1970", test_nothing_begins_again_in_1970);
  ADD ("/showing/a-wrong-clock-is-told", test_a_wrong_clock_is_told);
  ADD ("/showing/installs-on-a-full-disk", test_installs_on_a_full_disk);
#undef ADD
  return g_test_run ();
}
