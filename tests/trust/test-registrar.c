/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/trust/site.h"

#include "ismb/trust/ismb-token.h"

/* A registrar, and a switch that wants to be let in by it over the network. */
typedef struct
{
  Site *registrar;
  Site *joiner;
  IsmbToken *token;
  GBytes *exporter;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  wall_ahead = wall_fixed = 0;
  fixture->registrar = site_new_registrar ("sw1.001122");
  fixture->joiner = site_new ("sw2.001122");
  fixture->token = ismb_token_new ("Campus", ismb_fabric_get_id (fixture->registrar->fabric));
  fixture->exporter = g_bytes_new_static ("0123456789abcdef0123456789abcdef", 32);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  site_free (fixture->registrar);
  site_free (fixture->joiner);
  ismb_token_free (fixture->token);
  g_bytes_unref (fixture->exporter);
}

static IsmbAuthority *
authority (Fixture *fixture)
{
  return ismb_fabric_get_authority (fixture->registrar->fabric);
}

static void
invite (Fixture *fixture, guint uses)
{
  g_autoptr (GError) error = NULL;

  ismb_admissions_invite (ismb_authority_get_admissions (authority (fixture)), fixture->token, uses,
                          wall_now () + 3600, wall_now (), &error);
  g_assert_no_error (error);
}

static IsmbAdmission
apply (Fixture *fixture, Site *site, const char *request, const char *proof, char **bundle,
       char **rule, GError **error)
{
  g_autofree char *token_id = ismb_token_dup_id (fixture->token);
  IsmbApplication application = { request, site_id (site), proof != NULL ? token_id : NULL, proof,
                                  fixture->exporter };

  return ismb_fabric_admit (fixture->registrar->fabric, &application, bundle, rule, error);
}

/* With the token, as the holder of it would. */
static IsmbAdmission
apply_with_token (Fixture *fixture, Site *site, char **bundle, char **rule, GError **error)
{
  g_autofree char *request = site_request (site);
  g_autofree char *proof = ismb_token_prove (fixture->token, fixture->exporter, request);

  return apply (fixture, site, request, proof, bundle, rule, error);
}

static void
assert_let_in (Fixture *fixture, Site *site)
{
  g_autofree char *bundle = NULL, *rule = NULL, *id = ismb_token_dup_id (fixture->token);
  g_autofree char *expected = g_strconcat ("token ", id, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (apply_with_token (fixture, site, &bundle, &rule, &error), ==,
                   ISMB_ADMISSION_GRANTED);
  g_assert_no_error (error);
  g_assert_cmpstr (rule, ==, expected);
  g_assert_true (ismb_fabric_install (site->fabric, bundle, fixture->token->ca_hash, &error));
  g_assert_no_error (error);
  g_assert_true (ismb_fabric_is_member (site->fabric));
}

static void
assert_refused (Fixture *fixture, Site *site, IsmbError code, const char *words)
{
  g_autofree char *bundle = NULL, *rule = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (apply_with_token (fixture, site, &bundle, &rule, &error), ==,
                   ISMB_ADMISSION_REFUSED);
  assert_says (&error, code, words);
  g_assert_null (bundle);
  g_assert_null (rule);
}

static void
assert_refused_as (Fixture *fixture, Site *site, const char *request, const char *proof,
                   IsmbError code, const char *words)
{
  g_autofree char *bundle = NULL, *rule = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (apply (fixture, site, request, proof, &bundle, &rule, &error), ==,
                   ISMB_ADMISSION_REFUSED);
  assert_says (&error, code, words);
  g_assert_null (bundle);
}

static void
test_lets_in_with_a_token (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Site) other = site_new ("sw3.001122");

  invite (fixture, 1);
  assert_let_in (fixture, fixture->joiner);
  assert_let_in (fixture, fixture->joiner); /* the answer may have been lost on its way */
  assert_believes (fixture->registrar, fixture->joiner);
  assert_believes (fixture->joiner, fixture->registrar);
  g_assert_false (ismb_fabric_get_names (fixture->joiner->fabric)->registrar);
  assert_refused (fixture, other, ISMB_ERROR_NOT_ALLOWED, "used up");
}

static void
test_tells_tokens_apart (Fixture *fixture, gconstpointer data)
{
  g_autofree char *request = site_request (fixture->joiner);
  g_autoptr (IsmbToken) other = ismb_token_new ("Campus", fixture->token->ca_hash);
  g_autofree char *wrong = ismb_token_prove (other, fixture->exporter, request);

  assert_refused (fixture, fixture->joiner, ISMB_ERROR_NOT_FOUND, "no such invitation");
  invite (fixture, 1);
  assert_refused_as (fixture, fixture->joiner, request, wrong, ISMB_ERROR_AUTH_FAILED,
                     "does not hold");
  assert_refused_as (fixture, fixture->joiner, request, "", ISMB_ERROR_AUTH_FAILED,
                     "does not hold");
  wall_ahead = 3601;
  assert_refused (fixture, fixture->joiner, ISMB_ERROR_TIMEOUT, "expired at");
  wall_ahead = 0;
  assert_let_in (fixture, fixture->joiner);
}

/* Whoever cannot come in for another reason has not used up anything. */
static void
test_keeps_names_apart (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Site) twin = site_new ("sw2.001122");
  g_autoptr (Site) impostor = site_new ("sw1.001122");
  g_autofree char *holder = NULL;

  invite (fixture, 2);
  assert_let_in (fixture, twin);
  holder = g_strdup_printf ("fabric revoke %.16s", site_id (twin));
  assert_refused (fixture, fixture->joiner, ISMB_ERROR_EXISTS, holder);
  assert_refused (fixture, impostor, ISMB_ERROR_EXISTS, "switchctl fabric sign --replace");
  fixture->joiner->domain = "sw4.001122";
  site_reload (fixture->joiner);
  assert_let_in (fixture, fixture->joiner);
}

/* The same device, under another name. */
static void
rename_joiner (Fixture *fixture, const char *domain)
{
  g_autoptr (GError) error = NULL;

  ismb_fabric_leave (fixture->joiner->fabric, FALSE, FALSE, &error);
  g_assert_no_error (error);
  fixture->joiner->domain = domain;
  site_reload (fixture->joiner);
}

/* With an invitation for one nobody collects the names of those who are to come. */
static void
test_another_name_is_another_use (Fixture *fixture, gconstpointer data)
{
  invite (fixture, 2);
  assert_let_in (fixture, fixture->joiner);
  rename_joiner (fixture, "sw4.001122");
  assert_let_in (fixture, fixture->joiner);
  assert_let_in (fixture, fixture->joiner); /* the answer may have been lost on its way */
  rename_joiner (fixture, "sw5.001122");
  assert_refused (fixture, fixture->joiner, ISMB_ERROR_NOT_ALLOWED, "used up");
}

static char *
request_to_be_registrar (gnutls_x509_privkey_t key, char **device_id)
{
  g_auto (gnutls_pubkey_t) public_key = ismb_certificate_get_public (key, NULL);
  g_autoptr (IsmbNames) names = NULL;
  g_auto (gnutls_x509_crq_t) request = NULL;

  *device_id = ismb_certificate_key_to_base32 (public_key);
  names = ismb_names_new ("sw5.001122", *device_id, site_vrs);
  names->registrar = TRUE;
  request = ismb_certificate_new_request (names, key, NULL);
  return ismb_certificate_request_to_pem (request, NULL);
}

static void
test_refuses_bad_requests (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Site) other = site_new ("sw3.001122");
  g_auto (gnutls_x509_privkey_t) key = ismb_certificate_new_key (NULL);
  g_autofree char *id = NULL;
  g_autofree char *others = site_request (other);
  g_autofree char *proof = ismb_token_prove (fixture->token, fixture->exporter, others);
  g_autofree char *as_registrar = request_to_be_registrar (key, &id);
  g_autoptr (GError) error = NULL;

  invite (fixture, 1);
  assert_refused_as (fixture, fixture->joiner, "", NULL, ISMB_ERROR_UNTRUSTED,
                     "no certificate request");
  assert_refused_as (fixture, fixture->joiner, others, proof, ISMB_ERROR_UNTRUSTED, "sent it");
  g_assert_null (ismb_fabric_sign (fixture->registrar->fabric, as_registrar, FALSE, &error));
  assert_says (&error, ISMB_ERROR_UNTRUSTED, "asks for a registrar's certificate");
  assert_let_in (fixture, fixture->joiner);
}

static void
test_lets_in_who_is_approved (Fixture *fixture, gconstpointer data)
{
  IsmbAdmissions *admissions = ismb_authority_get_admissions (authority (fixture));
  g_autofree char *request = site_request (fixture->joiner);
  g_autofree char *short_id = g_strndup (site_id (fixture->joiner), 16);
  g_autofree char *bundle = NULL, *rule = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (apply (fixture, fixture->joiner, request, NULL, &bundle, &rule, &error), ==,
                   ISMB_ADMISSION_WAITS);
  g_assert_no_error (error);
  g_assert_null (bundle);
  ismb_admissions_approve (admissions, short_id, wall_now () + 60, wall_now (), &error);
  g_assert_no_error (error);
  g_assert_cmpint (apply (fixture, fixture->joiner, request, NULL, &bundle, &rule, &error), ==,
                   ISMB_ADMISSION_GRANTED);
  g_assert_no_error (error);
  g_assert_cmpstr (rule, ==, "approved");
  g_assert_nonnull (bundle);
  g_assert_false (ismb_admissions_is_approved (admissions, site_id (fixture->joiner), wall_now ()));
}

static void
test_refuses_who_is_revoked (Fixture *fixture, gconstpointer data)
{
  g_autofree char *request = site_request (fixture->joiner);
  g_autoptr (GError) error = NULL;

  invite (fixture, 2);
  assert_let_in (fixture, fixture->joiner);
  g_assert_true (
      ismb_fabric_revoke (fixture->registrar->fabric, site_id (fixture->joiner), &error));
  assert_refused (fixture, fixture->joiner, ISMB_ERROR_NOT_ALLOWED, "fabric leave --new-key");
  g_assert_null (ismb_fabric_sign (fixture->registrar->fabric, request, FALSE, &error));
  assert_says (&error, ISMB_ERROR_NOT_ALLOWED, "fabric leave --new-key");
  g_assert_null (ismb_fabric_sign (fixture->registrar->fabric, request, TRUE, &error));
  assert_says (&error, ISMB_ERROR_NOT_ALLOWED, "fabric leave --new-key");
}

/* What it cannot write down it does not let out, and what that used up is not lost. */
static void
test_keeps_what_it_signs (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = site_path (fixture->registrar, "issued");
  g_autofree char *aside = site_path (fixture->registrar, "aside");

  invite (fixture, 1);
  g_assert_cmpint (g_rename (path, aside), ==, 0);
  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
  g_test_expect_message ("ismb.trust.authority", G_LOG_LEVEL_WARNING, "*could not be let in*");
  assert_refused (fixture, fixture->joiner, ISMB_ERROR_FAILED, "its log says why");
  g_test_assert_expected_messages ();
  g_assert_cmpint (g_rmdir (path), ==, 0);
  g_assert_cmpint (g_rename (aside, path), ==, 0);
  assert_let_in (fixture, fixture->joiner);
}

static void
test_signs_nothing_in_1970 (Fixture *fixture, gconstpointer data)
{
  g_autofree char *request = site_request (fixture->joiner);
  g_autoptr (GError) error = NULL;

  invite (fixture, 1);
  wall_fixed = 100;
  assert_refused (fixture, fixture->joiner, ISMB_ERROR_FAILED,
                  "the clock there says 1970-01-01T00:01:40Z: set it first");
  g_assert_null (ismb_fabric_sign (fixture->registrar->fabric, request, FALSE, &error));
  assert_says (&error, ISMB_ERROR_FAILED, "set it first");
  g_assert_false (ismb_fabric_roll_over (fixture->registrar->fabric, 60, &error));
  assert_says (&error, ISMB_ERROR_FAILED, "set it first");
  g_assert_false (ismb_fabric_establish (fixture->joiner->fabric, "Other", &error));
  assert_says (&error, ISMB_ERROR_FAILED, "set it first");
  wall_fixed = 0;
  assert_let_in (fixture, fixture->joiner);
}

static void
test_is_the_only_one_to_ask (Fixture *fixture, gconstpointer data)
{
  IsmbApplication application = { "", site_id (fixture->registrar), NULL, NULL, NULL };
  IsmbFabric *joiner = fixture->joiner->fabric;
  g_autofree char *bundle = NULL, *rule = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_null (ismb_fabric_sign (joiner, "", FALSE, &error));
  assert_says (&error, ISMB_ERROR_NOT_ALLOWED, "is no registrar");
  g_assert_cmpint (ismb_fabric_admit (joiner, &application, &bundle, &rule, &error), ==,
                   ISMB_ADMISSION_REFUSED);
  assert_says (&error, ISMB_ERROR_NOT_ALLOWED, "is no registrar");
  g_assert_false (ismb_fabric_revoke (joiner, site_id (fixture->registrar), &error));
  assert_says (&error, ISMB_ERROR_NOT_ALLOWED, "is no registrar");
  g_assert_false (ismb_fabric_roll_over (joiner, 60, &error));
  assert_says (&error, ISMB_ERROR_NOT_ALLOWED, "is no registrar");
}

static char *
renew (Fixture *fixture, const char *request, const IsmbNames *names, GError **error)
{
  g_autoptr (IsmbProof) proof = ismb_proof_new (ismb_names_copy (names), wall_now () + 60);

  return ismb_authority_renew (authority (fixture), request, proof, error);
}

/* A name for the joiner, in these VRs. */
static IsmbNames *
former_names (Fixture *fixture, const char *const *vrs)
{
  IsmbNames *names = ismb_names_new (fixture->joiner->domain, site_id (fixture->joiner), vrs);

  names->registrar = TRUE; /* which is not handed on */
  return names;
}

static void
test_renews (Fixture *fixture, gconstpointer data)
{
  static const char *const one_vr[] = { "VR-Data", "VR-Other", NULL };
  static const char *const expected[] = { "VR-Data", NULL };
  g_autofree char *request = site_request (fixture->joiner);
  g_autoptr (IsmbNames) former = former_names (fixture, one_vr);
  g_autofree char *bundle = NULL;
  g_autoptr (GError) error = NULL;

  site_join (fixture->joiner, fixture->registrar);
  fixture->joiner->changed = 0;
  bundle = renew (fixture, request, former, &error);
  g_assert_no_error (error);
  g_assert_true (ismb_fabric_renew (fixture->joiner->fabric, bundle, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (fixture->joiner->changed, ==, 1);
  g_assert_cmpstrv (ismb_fabric_get_names (fixture->joiner->fabric)->vrs, expected);
  g_assert_false (ismb_fabric_get_names (fixture->joiner->fabric)->registrar);
  site_reload (fixture->joiner);
  g_assert_cmpstrv (ismb_fabric_get_names (fixture->joiner->fabric)->vrs, expected);
}

static void
test_renews_only_what_is (Fixture *fixture, gconstpointer data)
{
  g_autofree char *request = site_request (fixture->joiner);
  g_autoptr (IsmbNames) names = former_names (fixture, site_vrs);
  g_autoptr (Site) twin = site_new ("sw2.001122");
  g_autofree char *twins = site_request (twin);
  g_autofree char *holder = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_null (renew (fixture, twins, names, &error));
  assert_says (&error, ISMB_ERROR_UNTRUSTED, "whoever sends it is");
  site_join (twin, fixture->registrar);
  g_assert_null (renew (fixture, request, names, &error));
  holder = g_strndup (site_id (twin), 16);
  assert_says (&error, ISMB_ERROR_EXISTS, holder);
  g_assert_true (ismb_fabric_revoke (fixture->registrar->fabric, site_id (twin), &error));
  g_free (renew (fixture, request, names, &error));
  g_assert_no_error (error);
  g_assert_true (
      ismb_fabric_revoke (fixture->registrar->fabric, site_id (fixture->joiner), &error));
  g_assert_null (renew (fixture, request, names, &error));
  assert_says (&error, ISMB_ERROR_NOT_ALLOWED, "revoked");
}

static void
test_says_when_to_renew (Fixture *fixture, gconstpointer data)
{
  gint64 expiry = 0;

  g_assert_cmpint (ismb_fabric_get_renewal (fixture->joiner->fabric), ==, 0);
  g_assert_cmpint (ismb_fabric_get_renewal (fixture->registrar->fabric), ==, 0);
  ismb_authority_set_lifetime (authority (fixture), 900);
  site_join (fixture->joiner, fixture->registrar);
  expiry = ismb_fabric_get_expiry (fixture->joiner->fabric);
  g_assert_cmpint (expiry - wall_now (), <=, 900);
  g_assert_cmpint (expiry - wall_now (), >, 890);
  g_assert_cmpint (ismb_fabric_get_renewal (fixture->joiner->fabric), ==, expiry - 300);
}

static void
test_a_certificate_ends (Fixture *fixture, gconstpointer data)
{
  ismb_authority_set_lifetime (authority (fixture), 900);
  site_join (fixture->joiner, fixture->registrar);
  assert_believes (fixture->registrar, fixture->joiner);
  wall_ahead = 901;
  assert_disbelieves (fixture->registrar, fixture->joiner, "expired");
  g_assert_false (ismb_fabric_is_member (fixture->joiner->fabric));
}

static void
test_renews_itself (Fixture *fixture, gconstpointer data)
{
  gint64 expiry = ismb_fabric_get_expiry (fixture->registrar->fabric);
  g_autoptr (GError) error = NULL;

  g_assert_true (ismb_fabric_get_names (fixture->registrar->fabric)->registrar);
  g_assert_true (ismb_fabric_renew_registrar (fixture->registrar->fabric, &error));
  g_assert_cmpint (ismb_fabric_get_expiry (fixture->registrar->fabric), ==, expiry);
  wall_ahead = 61 * 24 * 60 * 60;
  g_assert_true (ismb_fabric_renew_registrar (fixture->registrar->fabric, &error));
  g_assert_no_error (error);
  g_assert_cmpint (ismb_fabric_get_expiry (fixture->registrar->fabric), >=, expiry + wall_ahead);
  g_assert_true (ismb_fabric_get_names (fixture->registrar->fabric)->registrar);
}

/* By hand, too, and where the certificate is from before registrars had one of their own. */
static void
test_stays_a_registrar (Fixture *fixture, gconstpointer data)
{
  IsmbFabric *fabric = fixture->registrar->fabric;
  g_autofree char *request = site_request (fixture->registrar);
  g_autofree char *as_before = ismb_authority_sign (authority (fixture), request, NULL);
  g_autofree char *by_hand = ismb_fabric_sign (fabric, request, FALSE, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (ismb_fabric_install (fabric, as_before, ismb_fabric_get_id (fabric), &error));
  g_assert_false (ismb_fabric_get_names (fabric)->registrar);
  site_reload (fixture->registrar);
  fabric = fixture->registrar->fabric;
  g_assert_true (ismb_fabric_get_names (fabric)->registrar);
  g_assert_true (ismb_fabric_install (fabric, by_hand, ismb_fabric_get_id (fabric), &error));
  g_assert_no_error (error);
  g_assert_true (ismb_fabric_get_names (fabric)->registrar);
}

static char *
list_domains (Fixture *fixture)
{
  g_autoptr (GVariant) issued =
      g_variant_ref_sink (ismb_authority_list_issued (authority (fixture)));
  g_autoptr (GString) text = g_string_new (NULL);

  for (gsize i = 0; i < g_variant_n_children (issued); i++)
    {
      g_autoptr (GVariant) one = g_variant_get_child_value (issued, i);
      const char *domain = NULL, *id = NULL;
      gint64 expires = 0;
      g_assert_true (g_variant_lookup (one, "domain", "&s", &domain));
      g_assert_true (g_variant_lookup (one, "id", "&s", &id));
      g_assert_true (g_variant_lookup (one, "expires", "x", &expires));
      g_assert_cmpint (expires, >, wall_now ());
      if (g_str_equal (id, site_id (fixture->joiner)))
        g_string_append (text, domain);
    }
  g_string_append_printf (text, "/%u", (guint) g_variant_n_children (issued));
  return g_strdup (text->str);
}

static void
assert_issued (Fixture *fixture, const char *expected)
{
  g_autofree char *found = list_domains (fixture);

  g_assert_cmpstr (found, ==, expected);
}

static void
test_lists_what_it_signed (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  assert_issued (fixture, "/1");
  site_join (fixture->joiner, fixture->registrar);
  assert_issued (fixture, "sw2.001122/2");
  g_assert_true (
      ismb_fabric_revoke (fixture->registrar->fabric, site_id (fixture->joiner), &error));
  assert_issued (fixture, "/1");
}

static void
test_replaces_and_revokes (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Site) successor = site_new ("sw2.001122");
  g_autoptr (Site) impostor = site_new ("sw1.001122");
  g_autofree char *request = site_request (successor);
  g_autofree char *impostors = site_request (impostor);
  g_autofree char *bundle = NULL;
  g_autoptr (GError) error = NULL;

  site_join (fixture->joiner, fixture->registrar);
  g_assert_null (ismb_fabric_sign (fixture->registrar->fabric, request, FALSE, &error));
  assert_says (&error, ISMB_ERROR_EXISTS, "switchctl fabric sign --replace");
  bundle = ismb_fabric_sign (fixture->registrar->fabric, request, TRUE, &error);
  g_assert_no_error (error);
  g_assert_true (ismb_fabric_install (successor->fabric, bundle, fixture->token->ca_hash, NULL));
  assert_believes (fixture->registrar, successor);
  assert_disbelieves (fixture->registrar, fixture->joiner, "is revoked");
  g_assert_cmpuint (fixture->registrar->revoked->len, ==, 1);
  g_assert_cmpstr (fixture->registrar->revoked->pdata[0], ==, site_id (fixture->joiner));
  g_assert_null (ismb_fabric_sign (fixture->registrar->fabric, impostors, TRUE, &error));
  assert_says (&error, ISMB_ERROR_NOT_ALLOWED, "fabric leave --destroy");
}

/* A request that is no good costs nobody his membership. */
static void
test_replaces_only_if_it_can_sign (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Site) successor = site_new ("sw2.001122");
  g_autofree char *request = site_request (successor);
  g_autoptr (GError) error = NULL;

  site_join (fixture->joiner, fixture->registrar);
  g_assert_null (ismb_fabric_sign (fixture->registrar->fabric, "no request", TRUE, &error));
  assert_says (&error, ISMB_ERROR_UNTRUSTED, "no certificate request");
  wall_fixed = 100;
  g_assert_null (ismb_fabric_sign (fixture->registrar->fabric, request, TRUE, &error));
  assert_says (&error, ISMB_ERROR_FAILED, "1970");
  wall_fixed = 0;
  assert_believes (fixture->registrar, fixture->joiner);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  ADD ("/registrar/lets-in-with-a-token", test_lets_in_with_a_token);
  ADD ("/registrar/tells-tokens-apart", test_tells_tokens_apart);
  ADD ("/registrar/keeps-names-apart", test_keeps_names_apart);
  ADD ("/registrar/another-name-is-another-use", test_another_name_is_another_use);
  ADD ("/registrar/refuses-bad-requests", test_refuses_bad_requests);
  ADD ("/registrar/lets-in-who-is-approved", test_lets_in_who_is_approved);
  ADD ("/registrar/refuses-who-is-revoked", test_refuses_who_is_revoked);
  ADD ("/registrar/keeps-what-it-signs", test_keeps_what_it_signs);
  ADD ("/registrar/signs-nothing-in-1970", test_signs_nothing_in_1970);
  ADD ("/registrar/is-the-only-one-to-ask", test_is_the_only_one_to_ask);
  ADD ("/registrar/renews", test_renews);
  ADD ("/registrar/renews-only-what-is", test_renews_only_what_is);
  ADD ("/registrar/says-when-to-renew", test_says_when_to_renew);
  ADD ("/registrar/a-certificate-ends", test_a_certificate_ends);
  ADD ("/registrar/renews-itself", test_renews_itself);
  ADD ("/registrar/stays-a-registrar", test_stays_a_registrar);
  ADD ("/registrar/lists-what-it-signed", test_lists_what_it_signed);
  ADD ("/registrar/replaces-and-revokes", test_replaces_and_revokes);
  ADD ("/registrar/replaces-only-if-it-can-sign", test_replaces_only_if_it_can_sign);
#undef ADD
  return g_test_run ();
}
