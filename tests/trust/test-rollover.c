/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/trust/site.h"

#include "ismb/trust/ismb-key-file.h"

#define DAY (24 * 60 * 60)
#define OVERLAP (30 * DAY)

/* A registrar and two members. One meets those of the new CA, the other is away. */
typedef struct
{
  Site *registrar;
  Site *member;
  Site *away;
  char *old_hash;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  wall_ahead = wall_fixed = 0;
  fixture->registrar = site_new_registrar ("sw1.001122");
  fixture->member = site_new_member ("sw2.001122", fixture->registrar);
  fixture->away = site_new_member ("sw3.001122", fixture->registrar);
  fixture->old_hash = g_strdup (ismb_fabric_get_id (fixture->registrar->fabric));
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  site_free (fixture->registrar);
  site_free (fixture->member);
  site_free (fixture->away);
  g_free (fixture->old_hash);
}

static void
roll_over (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (ismb_fabric_roll_over (fixture->registrar->fabric, OVERLAP, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (ismb_fabric_get_id (fixture->registrar->fabric), !=, fixture->old_hash);
}

static void
assert_is_new (Fixture *fixture, Site *site)
{
  g_assert_true (ismb_fabric_is_member (site->fabric));
  g_assert_cmpstr (
      ismb_fabric_get_id (site->fabric), ==,
      ismb_authority_get_ca_hash (ismb_fabric_get_authority (fixture->registrar->fabric)));
  g_assert_cmpstr (ismb_fabric_get_id (site->fabric), !=, fixture->old_hash);
}

static void
wait_for_change (Site *site)
{
  while (site->changed == 0)
    g_main_context_iteration (NULL, TRUE);
}

static void
renew (Site *site, Site *registrar)
{
  g_autofree char *request = site_request (site);
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbProof) proof = site_verify (registrar, site, &error);
  g_autofree char *bundle = NULL;

  g_assert_no_error (error);
  bundle =
      ismb_authority_renew (ismb_fabric_get_authority (registrar->fabric), request, proof, &error);
  g_assert_no_error (error);
  g_assert_true (ismb_fabric_renew (site->fabric, bundle, &error));
  g_assert_no_error (error);
}

/* The member learns of the new CA by whom it meets, and is known all the time. */
static void
test_members_follow (Fixture *fixture, gconstpointer data)
{
  gint64 due = ismb_fabric_get_renewal (fixture->member->fabric);

  roll_over (fixture);
  assert_is_new (fixture, fixture->registrar);
  g_assert_true (ismb_fabric_get_names (fixture->registrar->fabric)->registrar);
  fixture->member->changed = 0;
  g_assert_cmpint (ismb_fabric_get_renewal (fixture->member->fabric), ==, due);
  assert_believes (fixture->registrar, fixture->member);
  assert_believes (fixture->member, fixture->registrar);
  g_assert_cmpuint (fixture->member->changed, ==, 0); /* not from inside of that */
  wait_for_change (fixture->member);
  g_assert_cmpint (ismb_fabric_get_renewal (fixture->member->fabric), <=, wall_now ());
  g_assert_cmpstr (ismb_fabric_get_id (fixture->member->fabric), ==, fixture->old_hash);
  site_reload (fixture->member);
  assert_believes (fixture->member, fixture->registrar);
  g_assert_cmpint (ismb_fabric_get_renewal (fixture->member->fabric), <=, wall_now ());
  renew (fixture->member, fixture->registrar);
  assert_is_new (fixture, fixture->member);
  g_assert_cmpint (ismb_fabric_get_renewal (fixture->member->fabric), >, wall_now ());
  assert_believes (fixture->registrar, fixture->member);
  assert_believes (fixture->member, fixture->registrar);
}

/* Members that have not met the registrar since then know each other, and one that came after. */
static void
test_members_know_each_other (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Site) late = NULL;

  roll_over (fixture);
  late = site_new_member ("sw4.001122", fixture->registrar);
  assert_believes (fixture->member, fixture->away);
  assert_believes (late, fixture->away);
  assert_believes (fixture->away, late);
  assert_believes (fixture->member, fixture->away);
  assert_believes (fixture->away, fixture->registrar);
  renew (fixture->member, fixture->registrar);
  assert_believes (fixture->member, fixture->away);
  assert_believes (fixture->away, fixture->member);
}

static void
test_overlap_ends (Fixture *fixture, gconstpointer data)
{
  g_autofree char *chain = NULL;

  roll_over (fixture);
  assert_believes (fixture->member, fixture->registrar);
  renew (fixture->member, fixture->registrar);
  wall_ahead = OVERLAP + 1;
  assert_believes (fixture->registrar, fixture->member);
  assert_believes (fixture->member, fixture->registrar);
  assert_disbelieves (fixture->registrar, fixture->away, "no certificate of this fabric");
  assert_disbelieves (fixture->member, fixture->away, "no certificate of this fabric");
  assert_disbelieves (fixture->away, fixture->registrar, "no certificate of this fabric");
  g_assert_true (
      strstr (ismb_authority_get_ca_pem (ismb_fabric_get_authority (fixture->registrar->fabric)),
              "-----END CERTIFICATE-----\n-----BEGIN") == NULL);
}

/* A stream that is opened in the overlap ends with it, and not when the certificate would have. */
static void
test_overlap_ends_proofs (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbProof) before = site_verify (fixture->registrar, fixture->away, &error);
  g_autoptr (IsmbProof) after = NULL;

  roll_over (fixture);
  after = site_verify (fixture->registrar, fixture->away, &error);
  g_assert_no_error (error);
  g_assert_cmpint (before->expiry, >, wall_now () + OVERLAP + DAY);
  g_assert_cmpint (after->expiry, <=, wall_now () + OVERLAP);
}

static void
test_one_at_a_time (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  IsmbFabric *registrar = fixture->registrar->fabric;

  g_assert_false (ismb_fabric_roll_over (registrar, 0, &error));
  assert_says (&error, ISMB_ERROR_BAD_CONFIG, "overlap");
  roll_over (fixture);
  g_assert_false (ismb_fabric_roll_over (registrar, OVERLAP, &error));
  assert_says (&error, ISMB_ERROR_EXISTS, "is believed until");
  renew (fixture->member, fixture->registrar);
  wall_ahead = OVERLAP + 1;
  g_assert_true (ismb_fabric_roll_over (registrar, OVERLAP, &error));
  g_assert_no_error (error);
  assert_believes (fixture->member, fixture->registrar);
  renew (fixture->member, fixture->registrar);
  assert_is_new (fixture, fixture->member);
}

static void
assert_leads (Fixture *fixture, Site *joiner, const char *hash)
{
  g_autoptr (GPtrArray) chain = site_chain (fixture->registrar);
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbNames) names = ismb_fabric_verify_authority (joiner->fabric, chain, hash, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (names->device_id, ==, site_id (fixture->registrar));
  g_assert_true (names->registrar);
}

static void
assert_leads_nowhere (Site *joiner, GPtrArray *chain, const char *hash, const char *words)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (ismb_fabric_verify_authority (joiner->fabric, chain, hash, &error));
  assert_says (&error, ISMB_ERROR_UNTRUSTED, words);
}

/* A token that was given out before is as good as one from after. */
static void
test_joins_by_either_hash (Fixture *fixture, gconstpointer data)
{
  static const char *const domains[] = { "sw4.001122", "sw5.001122" };
  const char *hashes[] = { fixture->old_hash, NULL };

  roll_over (fixture);
  hashes[1] = ismb_fabric_get_id (fixture->registrar->fabric);
  for (guint i = 0; i < G_N_ELEMENTS (hashes); i++)
    {
      g_autoptr (Site) joiner = site_new (domains[i]);
      g_autofree char *request = site_request (joiner);
      g_autofree char *bundle = ismb_fabric_sign (fixture->registrar->fabric, request, FALSE, NULL);
      g_autoptr (GError) error = NULL;

      assert_leads (fixture, joiner, hashes[i]);
      g_assert_true (ismb_fabric_install (joiner->fabric, bundle, hashes[i], &error));
      g_assert_no_error (error);
      assert_is_new (fixture, joiner);
      site_reload (joiner);
      assert_is_new (fixture, joiner);
      assert_believes (joiner, fixture->away);
    }
}

static void
test_the_old_hash_ends (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Site) joiner = site_new ("sw4.001122");
  g_autofree char *request = site_request (joiner);
  g_autoptr (GPtrArray) chain = NULL;
  g_autofree char *bundle = NULL;
  g_autoptr (GError) error = NULL;

  roll_over (fixture);
  bundle = ismb_fabric_sign (fixture->registrar->fabric, request, FALSE, NULL);
  chain = site_chain (fixture->registrar);
  wall_ahead = OVERLAP + 1;
  assert_leads_nowhere (joiner, chain, fixture->old_hash, "no certificate of this fabric");
  assert_leads (fixture, joiner, ismb_fabric_get_id (fixture->registrar->fabric));
  g_assert_false (ismb_fabric_install (joiner->fabric, bundle, fixture->old_hash, &error));
  assert_says (&error, ISMB_ERROR_UNTRUSTED, "another fabric");
}

/* An attacker's CA, and real certificates to go with it. */
typedef struct
{
  Site *site;
  gnutls_x509_privkey_t key;
  gnutls_x509_crt_t root;
  gnutls_x509_crt_t real;
} Attacker;

static gnutls_x509_crt_t
get_root (Site *site)
{
  gnutls_x509_crt_t root = NULL;

  ismb_certificate_list_from_pem (ismb_fabric_get_ca_pem (site->fabric), 1, 1, &root, NULL);
  return root;
}

static gnutls_x509_privkey_t
get_ca_key (Site *site)
{
  g_autofree char *path = site_path (site, "ca.key");

  return ismb_key_file_load (path, NULL);
}

static void
attacker_init (Attacker *self, Fixture *fixture)
{
  self->site = site_new_registrar ("sw3.001122");
  self->key = get_ca_key (self->site);
  self->root = get_root (self->site);
  self->real = get_root (fixture->registrar);
}

static void
attacker_clear (Attacker *self)
{
  site_free (self->site);
  gnutls_x509_privkey_deinit (self->key);
  gnutls_x509_crt_deinit (self->root);
  gnutls_x509_crt_deinit (self->real);
}

static void
add (GPtrArray *chain, gnutls_x509_crt_t certificate)
{
  gnutls_datum_t der = { NULL, 0 };

  gnutls_x509_crt_export2 (certificate, GNUTLS_X509_FMT_DER, &der);
  g_ptr_array_add (chain, g_bytes_new (der.data, der.size));
  gnutls_free (der.data);
}

static void
assert_not_fooled (Fixture *fixture, GPtrArray *chain)
{
  g_autofree char *before = site_read (fixture->member, "fabric.pem");
  g_autofree char *after = NULL;
  g_autoptr (Site) joiner = site_new ("sw4.001122");
  g_autoptr (GError) error = NULL;

  g_assert_null (
      ismb_fabric_verify (fixture->member->fabric, chain, "sw3.001122", "VR-Mgmt", &error));
  assert_says (&error, ISMB_ERROR_UNTRUSTED, "no certificate of this fabric");
  assert_leads_nowhere (joiner, chain, fixture->old_hash, "no certificate of this fabric");
  after = site_read (fixture->member, "fabric.pem");
  g_assert_cmpstr (after, ==, before);
}

/* Anybody can sign our CA's key; that makes nobody one of ours. */
static void
test_is_not_fooled_by_cross_signing (Fixture *fixture, gconstpointer data)
{
  gint64 now = wall_now ();
  Attacker attacker;
  g_autoptr (GPtrArray) chain = NULL;
  g_auto (gnutls_x509_crt_t) crossed = NULL;

  attacker_init (&attacker, fixture);
  crossed = ismb_certificate_new_kin (attacker.real, now - 60, now + 60, attacker.root,
                                      attacker.key, NULL);
  chain = site_chain (attacker.site);
  add (chain, crossed);
  add (chain, attacker.real);
  assert_not_fooled (fixture, chain);
  g_ptr_array_remove_range (chain, 1, chain->len - 1);
  add (chain, attacker.real);
  add (chain, attacker.root);
  assert_not_fooled (fixture, chain);
  attacker_clear (&attacker);
}

/* The attacker's switch as that CA of his would certify it. */
static gnutls_x509_crt_t
certify_attacker (Attacker *attacker, gnutls_x509_crt_t ca)
{
  gint64 now = wall_now ();
  g_autoptr (GPtrArray) chain = site_chain (attacker->site);
  g_auto (gnutls_x509_crt_t) former = ismb_certificate_from_der (chain->pdata[0], NULL);
  g_auto (gnutls_pubkey_t) key = ismb_certificate_get_key (former);
  g_autoptr (IsmbNames) names = ismb_names_new ("sw3.001122", site_id (attacker->site), site_vrs);

  return ismb_certificate_new_leaf (names, key, now - 60, now + 60, ca, attacker->key, NULL);
}

static void
assert_no_kin (Fixture *fixture, Attacker *attacker, gnutls_x509_crt_t ca, gnutls_x509_crt_t kin)
{
  g_auto (gnutls_x509_crt_t) leaf = certify_attacker (attacker, ca);
  g_autoptr (GPtrArray) chain = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);

  add (chain, leaf);
  add (chain, kin);
  add (chain, attacker->real);
  add (chain, attacker->root);
  assert_not_fooled (fixture, chain);
}

/* The CA's signature under the attacker's key and the CA's own name, but no word of its being a CA.
 */
static gnutls_x509_crt_t
sign_no_ca (Attacker *attacker, gnutls_x509_privkey_t real_key)
{
  gint64 now = wall_now ();
  gnutls_x509_crt_t kin = NULL;

  gnutls_x509_crt_init (&kin);
  gnutls_x509_crt_set_version (kin, 3);
  gnutls_x509_crt_set_serial (kin, "\1", 1);
  gnutls_x509_crt_set_dn_by_oid (kin, GNUTLS_OID_X520_COMMON_NAME, 0, "Campus", 6);
  gnutls_x509_crt_set_dn_by_oid (kin, GNUTLS_OID_X520_ORGANIZATION_NAME, 0, "Campus", 6);
  gnutls_x509_crt_set_activation_time (kin, now - 60);
  gnutls_x509_crt_set_expiration_time (kin, now + 60);
  gnutls_x509_crt_set_key (kin, attacker->key);
  gnutls_x509_crt_set_basic_constraints (kin, 0, -1);
  gnutls_x509_crt_set_key_usage (kin, GNUTLS_KEY_DIGITAL_SIGNATURE);
  gnutls_x509_crt_set_subject_key_id (kin, "\1", 1);
  g_assert_cmpint (gnutls_x509_crt_sign2 (kin, attacker->real, real_key, GNUTLS_DIG_SHA256, 0), >=,
                   0);
  return kin;
}

/* Nor does a member's key make a CA, nor a date that has passed, nor another name, nor what is
 * none. */
static void
test_is_not_fooled_by_kin_that_is_none (Fixture *fixture, gconstpointer data)
{
  gint64 now = wall_now ();
  g_auto (gnutls_x509_privkey_t) real_key = get_ca_key (fixture->registrar);
  g_auto (gnutls_x509_crt_t) by_member = NULL, ended = NULL, renamed = NULL, named = NULL;
  g_auto (gnutls_x509_crt_t) no_ca = NULL;
  g_autofree char *path = site_path (fixture->away, "device.key");
  g_auto (gnutls_x509_privkey_t) member_key = ismb_key_file_load (path, NULL);
  Attacker attacker;

  attacker_init (&attacker, fixture);
  by_member =
      ismb_certificate_new_kin (attacker.root, now - 60, now + 60, attacker.real, member_key, NULL);
  ended =
      ismb_certificate_new_kin (attacker.root, now - 60, now - 30, attacker.real, real_key, NULL);
  named = ismb_certificate_new_authority (attacker.key, "Other", now - 60, NULL);
  renamed = ismb_certificate_new_kin (named, now - 60, now + 60, attacker.real, real_key, NULL);
  no_ca = sign_no_ca (&attacker, real_key);
  assert_no_kin (fixture, &attacker, attacker.root, by_member);
  assert_no_kin (fixture, &attacker, attacker.root, ended);
  assert_no_kin (fixture, &attacker, named, renamed);
  assert_no_kin (fixture, &attacker, no_ca, no_ca);
  attacker_clear (&attacker);
}

/* A bundle that brings a CA of its own along is of another fabric. */
static void
test_renews_with_ours_only (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Site) other = site_new_registrar ("sw9.001122");
  g_autofree char *request = site_request (fixture->member);
  g_autofree char *bundle = ismb_fabric_sign (other->fabric, request, FALSE, NULL);
  g_autofree char *mixed =
      g_strconcat (bundle, ismb_fabric_get_ca_pem (fixture->registrar->fabric), NULL);
  const char *bundles[] = { bundle, mixed };
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (bundles); i++)
    {
      g_assert_false (ismb_fabric_renew (fixture->member->fabric, bundles[i], &error));
      assert_says (&error, ISMB_ERROR_UNTRUSTED, "none of this fabric's");
      g_assert_false (ismb_fabric_install (fixture->member->fabric, bundles[i],
                                           ismb_fabric_get_id (other->fabric), &error));
      assert_says (&error, ISMB_ERROR_EXISTS, "switchctl fabric leave");
    }
  g_assert_cmpstr (ismb_fabric_get_id (fixture->member->fabric), ==, fixture->old_hash);
}

static void
put (Site *site, const char *name, const char *text)
{
  g_autofree char *path = site_path (site, name);

  g_assert_true (g_file_set_contents_full (path, text, -1, 0, 0600, NULL));
}

/* As it stands on disk after each step. */
static void
test_a_crash_before_it_counts (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = site_path (fixture->registrar, "ca-next.key");

  gnutls_x509_privkey_deinit (ismb_key_file_create (path, NULL));
  site_reload (fixture->registrar);
  g_assert_cmpstr (ismb_fabric_get_id (fixture->registrar->fabric), ==, fixture->old_hash);
  g_assert_false (site_has (fixture->registrar, "ca-next.key"));
  roll_over (fixture);
}

static void
test_a_crash_after_it_counts (Fixture *fixture, gconstpointer data)
{
  g_autofree char *old_key = site_read (fixture->registrar, "ca.key");
  g_autofree char *old_bundle = site_read (fixture->registrar, "fabric.pem");
  g_autofree char *path = site_path (fixture->registrar, "ca.key");
  g_autofree char *next_path = site_path (fixture->registrar, "ca-next.key");
  g_autofree char *new_key = NULL, *settled = NULL;

  roll_over (fixture);
  new_key = site_read (fixture->registrar, "ca.key");
  for (guint with_old_key = 0; with_old_key < 2; with_old_key++)
    {
      g_assert_cmpint (g_rename (path, next_path), ==, 0);
      if (with_old_key)
        put (fixture->registrar, "ca.key", old_key);
      put (fixture->registrar, "fabric.pem", old_bundle);
      site_reload (fixture->registrar);
      assert_is_new (fixture, fixture->registrar);
      g_assert_false (site_has (fixture->registrar, "ca-next.key"));
      g_clear_pointer (&settled, g_free);
      settled = site_read (fixture->registrar, "ca.key");
      g_assert_cmpstr (settled, ==, new_key);
      g_assert_cmpuint (scratch_mode (fixture->registrar->folder, "ca.key"), ==, 0600);
    }
  assert_believes (fixture->registrar, fixture->away);
  assert_believes (fixture->away, fixture->registrar);
}

static void
test_refuses_a_key_of_neither (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = site_path (fixture->registrar, "ca.key");
  g_autofree char *next_path = site_path (fixture->registrar, "ca-next.key");
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_unlink (path), ==, 0);
  gnutls_x509_privkey_deinit (ismb_key_file_create (path, NULL));
  gnutls_x509_privkey_deinit (ismb_key_file_create (next_path, NULL));
  g_assert_null (ismb_authority_load (fixture->registrar->folder, &error));
  assert_says (&error, ISMB_ERROR_UNTRUSTED, "is not the key of");
  g_assert_cmpint (g_chmod (path, 0640), ==, 0);
  g_assert_null (ismb_authority_load (fixture->registrar->folder, &error));
  assert_says (&error, ISMB_ERROR_NOT_ALLOWED, "chmod 600");
}

static const char *
said_by (Site *site, const char *device_id)
{
  const IsmbRevocation *revocation =
      ismb_revocations_get (ismb_fabric_get_revocations (site->fabric), device_id);

  return revocation != NULL ? revocation->ca_hash : NULL;
}

static GPtrArray *
statements_of (Site *site)
{
  return ismb_revocations_list (ismb_fabric_get_revocations (site->fabric), NULL, 500);
}

/* What the former CA said holds for those who never believed it, too. */
static void
test_says_again_who_is_out (Fixture *fixture, gconstpointer data)
{
  g_autofree char *id = g_strdup (site_id (fixture->away));
  g_autofree char *before = NULL;
  g_autoptr (Site) late = NULL;
  g_autoptr (GPtrArray) statements = NULL, added = NULL;
  const char *hash = NULL;

  g_assert_true (ismb_fabric_revoke (fixture->registrar->fabric, id, NULL));
  before = site_read (fixture->registrar, "revoked");
  roll_over (fixture);
  hash = ismb_fabric_get_id (fixture->registrar->fabric);
  g_assert_cmpstr (said_by (fixture->registrar, id), ==, hash);
  put (fixture->registrar, "revoked", before); /* a crash came before that */
  site_reload (fixture->registrar);
  hash = ismb_fabric_get_id (fixture->registrar->fabric);
  g_assert_cmpstr (said_by (fixture->registrar, id), ==, hash);
  wall_ahead = OVERLAP + 1;
  late = site_new_member ("sw4.001122", fixture->registrar);
  statements = statements_of (fixture->registrar);
  added = ismb_fabric_learn_revocations (late->fabric, statements);
  g_assert_cmpuint (added->len, ==, 1);
  g_assert_true (ismb_fabric_is_revoked (late->fabric, id));
}

/* Once it has followed, a member prefers what its own CA says, and never goes back. */
static void
test_keeps_the_later_statement (Fixture *fixture, gconstpointer data)
{
  g_autofree char *id = g_strdup (site_id (fixture->away));
  g_autoptr (GPtrArray) olds =
      g_ptr_array_new_with_free_func ((GDestroyNotify) ismb_revocation_free);
  g_autoptr (GPtrArray) news = NULL, added = NULL, again = NULL, back = NULL;

  g_assert_true (ismb_fabric_revoke (fixture->registrar->fabric, id, NULL));
  g_ptr_array_add (olds, ismb_revocation_copy (ismb_revocations_get (
                             ismb_fabric_get_revocations (fixture->registrar->fabric), id)));
  added = ismb_fabric_learn_revocations (fixture->member->fabric, olds);
  g_assert_cmpuint (added->len, ==, 1);
  roll_over (fixture);
  assert_believes (fixture->member, fixture->registrar);
  renew (fixture->member, fixture->registrar);
  news = statements_of (fixture->registrar);
  again = ismb_fabric_learn_revocations (fixture->member->fabric, news);
  g_assert_cmpuint (again->len, ==, 0);
  g_assert_cmpstr (said_by (fixture->member, id), !=, fixture->old_hash);
  back = ismb_fabric_learn_revocations (fixture->member->fabric, olds);
  g_assert_cmpuint (back->len, ==, 0);
  g_assert_cmpstr (said_by (fixture->member, id), !=, fixture->old_hash);
  g_assert_cmpuint (fixture->member->revoked->len, ==, 1);
}

/* A disk that is full does not cut a member off. */
static void
test_believes_what_it_cannot_keep (Fixture *fixture, gconstpointer data)
{
  g_autofree char *bundle = site_read (fixture->member, "fabric.pem");
  g_autofree char *path = site_path (fixture->member, "fabric.pem");

  roll_over (fixture);
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
  g_test_expect_message ("ismb.trust.fabric", G_LOG_LEVEL_MESSAGE, "*vouches for another*");
  g_test_expect_message ("ismb.trust.fabric", G_LOG_LEVEL_WARNING, "*until the next start only*");
  assert_believes (fixture->member, fixture->registrar);
  g_test_assert_expected_messages ();
  assert_believes (fixture->member, fixture->registrar);
  g_assert_cmpint (g_rmdir (path), ==, 0);
  put (fixture->member, "fabric.pem", bundle);
  site_reload (fixture->member);
  assert_believes (fixture->member, fixture->registrar);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  ADD ("/rollover/members-follow", test_members_follow);
  ADD ("/rollover/members-know-each-other", test_members_know_each_other);
  ADD ("/rollover/overlap-ends", test_overlap_ends);
  ADD ("/rollover/overlap-ends-proofs", test_overlap_ends_proofs);
  ADD ("/rollover/one-at-a-time", test_one_at_a_time);
  ADD ("/rollover/joins-by-either-hash", test_joins_by_either_hash);
  ADD ("/rollover/the-old-hash-ends", test_the_old_hash_ends);
  ADD ("/rollover/is-not-fooled-by-cross-signing", test_is_not_fooled_by_cross_signing);
  ADD ("/rollover/is-not-fooled-by-kin-that-is-none", test_is_not_fooled_by_kin_that_is_none);
  ADD ("/rollover/renews-with-ours-only", test_renews_with_ours_only);
  ADD ("/rollover/a-crash-before-it-counts", test_a_crash_before_it_counts);
  ADD ("/rollover/a-crash-after-it-counts", test_a_crash_after_it_counts);
  ADD ("/rollover/refuses-a-key-of-neither", test_refuses_a_key_of_neither);
  ADD ("/rollover/says-again-who-is-out", test_says_again_who_is_out);
  ADD ("/rollover/keeps-the-later-statement", test_keeps_the_later_statement);
  ADD ("/rollover/believes-what-it-cannot-keep", test_believes_what_it_cannot_keep);
#undef ADD
  return g_test_run ();
}
