/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/trust/ismb-fabric.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/trust/ismb-certificate.h"
#include "ismb/trust/ismb-key-file.h"
#include "tests/store/scratch.h"

#define DOMAIN "sw2.001122"
#define HOUR (60 * 60)
#define NUL_MARK "qqq" /* its first letter becomes a NUL in the certificate */

static const char *const vrs[] = { "VR-Mgmt", "Größe 1", NULL };

/* One switch that judges, in a fabric of its own; the CA's key, to make certificates that no CA of
 * ours would; and the key of the peer that is judged. */
typedef struct
{
  char *folder;
  IsmbFabric *fabric;
  gnutls_x509_crt_t ca;
  gnutls_x509_privkey_t ca_key;
  gnutls_x509_privkey_t peer_key;
  char *id_uri;
} Fixture;

/* What a certificate is made of; `good ()` and then one thing changed. */
typedef struct
{
  struct
  {
    gnutls_x509_subject_alt_name_t type;
    const char *text;
  } names[6];
  const char *common_name;
  const char *purposes[2];
  gint64 from, until;
  gboolean is_ca;
  gnutls_x509_crt_t issuer;
  gnutls_x509_privkey_t issuer_key;
} Recipe;

static IsmbFabric *
load (const char *folder, IsmbFabricMode mode)
{
  g_autoptr (GError) error = NULL;
  IsmbFabric *fabric = ismb_fabric_load (folder, "sw1.001122", vrs, mode, &error);

  g_assert_no_error (error);
  return fabric;
}

static char *
id_uri_of (gnutls_x509_privkey_t key)
{
  g_autoptr (IsmbNames) names = ismb_names_new (DOMAIN, "", NULL);
  g_auto (gnutls_x509_crt_t) scratch = NULL;
  g_auto (gnutls_pubkey_t) public_key = NULL;
  g_autofree char *id = NULL;

  gnutls_x509_crt_init (&scratch);
  gnutls_x509_crt_set_key (scratch, key);
  public_key = ismb_certificate_get_key (scratch);
  id = ismb_certificate_key_to_base32 (public_key);
  return g_strconcat ("ismb:id:", id, NULL);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autofree char *key_path = NULL;

  fixture->folder = scratch_new ();
  fixture->fabric = load (fixture->folder, ISMB_FABRIC_CLOSED);
  g_assert_true (ismb_fabric_establish (fixture->fabric, "Campus", NULL));
  key_path = g_build_filename (fixture->folder, "ca.key", NULL);
  fixture->ca_key = ismb_key_file_load (key_path, NULL);
  g_assert_true (ismb_certificate_list_from_pem (ismb_fabric_get_ca_pem (fixture->fabric), 1, 1,
                                                 &fixture->ca, NULL));
  fixture->peer_key = ismb_certificate_new_key (NULL);
  fixture->id_uri = id_uri_of (fixture->peer_key);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_assert_finalize_object (fixture->fabric);
  gnutls_x509_crt_deinit (fixture->ca);
  gnutls_x509_privkey_deinit (fixture->ca_key);
  gnutls_x509_privkey_deinit (fixture->peer_key);
  g_free (fixture->id_uri);
  scratch_remove (fixture->folder);
}

static Recipe
good (Fixture *fixture)
{
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;

  return (Recipe){ { { GNUTLS_SAN_DNSNAME, DOMAIN },
                     { GNUTLS_SAN_OTHERNAME_XMPP, DOMAIN },
                     { GNUTLS_SAN_URI, fixture->id_uri },
                     { GNUTLS_SAN_URI, "ismb:vr:VR-Mgmt" } },
                   "whatever",
                   { GNUTLS_KP_TLS_WWW_SERVER, GNUTLS_KP_TLS_WWW_CLIENT },
                   now - HOUR,
                   now + HOUR,
                   FALSE,
                   fixture->ca,
                   fixture->ca_key };
}

/* GnuTLS would not write a NUL into a name; a hostile CA's software would. */
static void
put_nul (gnutls_datum_t *extension)
{
  guint8 *place = NULL;

  while ((place = memmem (extension->data, extension->size, NUL_MARK, strlen (NUL_MARK))) != NULL)
    *place = '\0';
}

static void
add_names (gnutls_x509_crt_t leaf, const Recipe *recipe)
{
  gnutls_subject_alt_names_t names = NULL;
  gnutls_datum_t extension = { NULL, 0 };

  gnutls_subject_alt_names_init (&names);
  for (guint i = 0; i < G_N_ELEMENTS (recipe->names) && recipe->names[i].text != NULL; i++)
    {
      const char *text = recipe->names[i].text;
      gnutls_datum_t datum = { (guint8 *) text, strlen (text) };
      g_assert_cmpint (gnutls_subject_alt_names_set (names, recipe->names[i].type, &datum, NULL),
                       >=, 0);
    }
  g_assert_cmpint (gnutls_x509_ext_export_subject_alt_names (names, &extension), >=, 0);
  put_nul (&extension);
  gnutls_x509_crt_set_extension_by_oid (leaf, "2.5.29.17", extension.data, extension.size, 0);
  gnutls_free (extension.data);
  gnutls_subject_alt_names_deinit (names);
}

static gnutls_x509_crt_t
make (Fixture *fixture, const Recipe *recipe)
{
  gnutls_x509_crt_t leaf = NULL;

  gnutls_x509_crt_init (&leaf);
  gnutls_x509_crt_set_version (leaf, 3);
  gnutls_x509_crt_set_serial (leaf, "\1", 1);
  gnutls_x509_crt_set_dn_by_oid (leaf, GNUTLS_OID_X520_COMMON_NAME, 0, recipe->common_name,
                                 strlen (recipe->common_name));
  gnutls_x509_crt_set_activation_time (leaf, recipe->from);
  gnutls_x509_crt_set_expiration_time (leaf, recipe->until);
  gnutls_x509_crt_set_key (leaf, fixture->peer_key);
  if (recipe->names[0].text != NULL)
    add_names (leaf, recipe);
  gnutls_x509_crt_set_basic_constraints (leaf, recipe->is_ca, -1);
  for (guint i = 0; i < G_N_ELEMENTS (recipe->purposes); i++)
    if (recipe->purposes[i] != NULL)
      gnutls_x509_crt_set_key_purpose_oid (leaf, recipe->purposes[i], 0);
  g_assert_cmpint (gnutls_x509_crt_sign2 (leaf, recipe->issuer != NULL ? recipe->issuer : leaf,
                                          recipe->issuer_key, GNUTLS_DIG_SHA256, 0),
                   >=, 0);
  return leaf;
}

static void
add_certificate (GPtrArray *chain, gnutls_x509_crt_t certificate)
{
  gnutls_datum_t der = { NULL, 0 };

  gnutls_x509_crt_export2 (certificate, GNUTLS_X509_FMT_DER, &der);
  g_ptr_array_add (chain, g_bytes_new (der.data, der.size));
  gnutls_free (der.data);
}

static GPtrArray *
chain_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
}

static gboolean
verify (Fixture *fixture, const Recipe *recipe, const char *domain, const char *vr, char **id,
        GError **error)
{
  g_auto (gnutls_x509_crt_t) leaf = make (fixture, recipe);
  g_autoptr (GPtrArray) chain = chain_new ();
  g_autoptr (IsmbProof) proof = NULL;

  add_certificate (chain, leaf);
  proof = ismb_fabric_verify (fixture->fabric, chain, domain, vr, error);
  if (proof == NULL)
    return FALSE;
  g_assert_cmpint (proof->expiry, ==, gnutls_x509_crt_get_expiration_time (leaf));
  *id = g_strdup (proof->names->device_id);
  return TRUE;
}

static void
assert_believed (Fixture *fixture, const Recipe *recipe, const char *vr)
{
  g_autofree char *id = NULL;
  g_autoptr (GError) error = NULL;

  verify (fixture, recipe, DOMAIN, vr, &id, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (id, ==, fixture->id_uri + strlen ("ismb:id:"));
}

static void
assert_untrusted_as (Fixture *fixture, const Recipe *recipe, const char *domain, const char *vr,
                     const char *why)
{
  g_autofree char *id = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_false (verify (fixture, recipe, domain, vr, &id, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, why));
  g_assert_null (id);
}

static void
assert_untrusted (Fixture *fixture, const Recipe *recipe, const char *why)
{
  assert_untrusted_as (fixture, recipe, DOMAIN, "VR-Mgmt", why);
}

static void
test_believes_a_member (Fixture *fixture, gconstpointer data)
{
  Recipe recipe = good (fixture);

  assert_believed (fixture, &recipe, "VR-Mgmt");
  recipe.names[4].type = GNUTLS_SAN_URI;
  recipe.names[4].text = "ismb:vr:Gr%C3%B6%C3%9Fe%201";
  assert_believed (fixture, &recipe, "Größe 1");
}

static void
test_refuses_other_names (Fixture *fixture, gconstpointer data)
{
  Recipe recipe = good (fixture);

  assert_untrusted_as (fixture, &recipe, "sw3.001122", "VR-Mgmt",
                       "is for " DOMAIN ", not for sw3.001122");
  assert_untrusted_as (fixture, &recipe, DOMAIN, "VR-Data", "not for the virtual router VR-Data");
  assert_untrusted_as (fixture, &recipe, DOMAIN, "vr-mgmt", "not for the virtual router");
}

static void
test_refuses_another_ca (Fixture *fixture, gconstpointer data)
{
  Recipe recipe = good (fixture);
  g_auto (gnutls_x509_privkey_t) key = ismb_certificate_new_key (NULL);
  g_auto (gnutls_x509_crt_t) same_name =
      ismb_certificate_new_authority (key, "Campus", 1700000000, NULL);

  recipe.issuer = same_name;
  recipe.issuer_key = key;
  assert_untrusted (fixture, &recipe, "no certificate of this fabric");
  recipe.issuer = fixture->ca; /* claims our CA, signed by another key */
  assert_untrusted (fixture, &recipe, "no certificate of this fabric");
}

static void
test_refuses_self_signed (Fixture *fixture, gconstpointer data)
{
  Recipe recipe = good (fixture);

  recipe.issuer = NULL;
  recipe.issuer_key = fixture->peer_key;
  assert_untrusted (fixture, &recipe, "no certificate of this fabric");
  recipe.is_ca = TRUE;
  assert_untrusted (fixture, &recipe, "no certificate of this fabric");
}

static void
test_refuses_wrong_dates (Fixture *fixture, gconstpointer data)
{
  Recipe recipe = good (fixture);
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;

  recipe.until = now - 60;
  assert_untrusted (fixture, &recipe, "expired");
  recipe.from = now + HOUR;
  recipe.until = now + 2 * HOUR;
  assert_untrusted (fixture, &recipe, "the clock here says");
}

static void
test_refuses_other_purposes (Fixture *fixture, gconstpointer data)
{
  Recipe recipe = good (fixture);

  recipe.purposes[1] = NULL;
  assert_untrusted (fixture, &recipe, "extended key usage");
  recipe.purposes[0] = GNUTLS_KP_TLS_WWW_CLIENT;
  assert_untrusted (fixture, &recipe, "extended key usage");
  recipe.purposes[0] = GNUTLS_KP_ANY;
  assert_untrusted (fixture, &recipe, "extended key usage");
  recipe.purposes[0] = NULL;
  assert_untrusted (fixture, &recipe, "extended key usage");
}

static void
test_refuses_the_common_name (Fixture *fixture, gconstpointer data)
{
  Recipe recipe = good (fixture);

  recipe.common_name = DOMAIN;
  recipe.names[0].text = NULL; /* no subjectAltName at all */
  assert_untrusted (fixture, &recipe, "no subjectAltName");
  recipe = good (fixture);
  recipe.common_name = DOMAIN;
  recipe.names[0].text = recipe.names[1].text = "sw3.001122";
  assert_untrusted (fixture, &recipe, "is for sw3.001122");
}

static void
test_refuses_strange_domains (Fixture *fixture, gconstpointer data)
{
  static const char *const domains[] = { "*.001122",   "*",           "SW2.001122",
                                         "sw2_001122", "sw2.001122.", "sw2 .001122" };
  Recipe recipe = good (fixture);

  for (guint i = 0; i < G_N_ELEMENTS (domains); i++)
    {
      recipe.names[0].text = recipe.names[1].text = domains[i];
      assert_untrusted_as (fixture, &recipe, domains[i], "VR-Mgmt", "is no domain");
      assert_untrusted (fixture, &recipe, "is no domain");
    }
}

/* Whoever reads to the NUL reads another name than whoever signed. */
static void
test_refuses_nul (Fixture *fixture, gconstpointer data)
{
  static const char with_nul[] = DOMAIN NUL_MARK ".evil.example";
  Recipe recipe = good (fixture);

  recipe.names[0].text = recipe.names[1].text = with_nul;
  assert_untrusted (fixture, &recipe, "is no domain");
  recipe.names[0].text = DOMAIN; /* in the xmppAddr alone: GnuTLS itself refuses it */
  assert_untrusted (fixture, &recipe, "no switch has");
  recipe = good (fixture);
  recipe.names[3].text = "ismb:vr:VR-Mgmt" NUL_MARK;
  assert_untrusted (fixture, &recipe, "a URI that no switch has");
}

static void
test_refuses_ambiguity (Fixture *fixture, gconstpointer data)
{
  Recipe recipe = good (fixture);

  recipe.names[4].type = GNUTLS_SAN_DNSNAME;
  recipe.names[4].text = "sw3.001122";
  assert_untrusted (fixture, &recipe, "several");
  recipe.names[4].type = GNUTLS_SAN_OTHERNAME_XMPP;
  assert_untrusted (fixture, &recipe, "several");
  recipe.names[4].type = GNUTLS_SAN_URI;
  recipe.names[4].text = fixture->id_uri;
  assert_untrusted (fixture, &recipe, "one device id");
  recipe.names[4].type = GNUTLS_SAN_RFC822NAME;
  recipe.names[4].text = "a@b.example";
  assert_untrusted (fixture, &recipe, "no switch has");
  recipe = good (fixture);
  recipe.names[1].text = "sw3.001122"; /* two names that differ */
  assert_untrusted (fixture, &recipe, "one domain");
}

static void
test_refuses_missing_names (Fixture *fixture, gconstpointer data)
{
  Recipe recipe = good (fixture);

  recipe.names[0] = recipe.names[1]; /* only the xmppAddr, and twice */
  assert_untrusted (fixture, &recipe, "several");
  recipe = good (fixture);
  recipe.names[1] = recipe.names[3];
  assert_untrusted (fixture, &recipe, "one domain");
  recipe = good (fixture);
  recipe.names[2] = recipe.names[3];
  assert_untrusted (fixture, &recipe, "no device id");
}

static void
test_refuses_anothers_id (Fixture *fixture, gconstpointer data)
{
  Recipe recipe = good (fixture);
  g_auto (gnutls_x509_privkey_t) other = ismb_certificate_new_key (NULL);
  g_autofree char *other_id = id_uri_of (other);
  g_autofree char *lower = g_ascii_strdown (fixture->id_uri, -1);

  recipe.names[2].text = other_id;
  assert_untrusted (fixture, &recipe, "its key is that of");
  recipe.names[2].text = lower;
  assert_untrusted (fixture, &recipe, "one device id");
  recipe.names[2].text = "ismb:id:ABCD";
  assert_untrusted (fixture, &recipe, "one device id");
}

static void
test_refuses_strange_uris (Fixture *fixture, gconstpointer data)
{
  static const char *const uris[] = {
    "ismb:vr:",    "ismb:vr:VR%2DMgmt", "ismb:vr:%00",         "ismb:vr:%ff",
    "ismb:vr:a b", "ismb:vr:%0A",       "http://example.org/", "ismb:"
  };
  Recipe recipe = good (fixture);

  recipe.names[4].type = GNUTLS_SAN_URI;
  for (guint i = 0; i < G_N_ELEMENTS (uris); i++)
    {
      recipe.names[4].text = uris[i];
      assert_untrusted (fixture, &recipe, "URI");
    }
}

/* A member's certificate is no CA, whoever it signs for and whatever chain is shown. */
static void
test_refuses_a_members_protege (Fixture *fixture, gconstpointer data)
{
  Recipe member = good (fixture);
  Recipe protege = good (fixture);
  g_auto (gnutls_x509_crt_t) member_crt = NULL;
  g_auto (gnutls_x509_crt_t) protege_crt = NULL;
  g_autoptr (GPtrArray) chain = chain_new ();
  g_autoptr (GError) error = NULL;

  member.is_ca = TRUE; /* even if the CA had been made to sign that */
  member_crt = make (fixture, &member);
  protege.issuer = member_crt;
  protege.issuer_key = fixture->peer_key;
  protege_crt = make (fixture, &protege);
  add_certificate (chain, protege_crt);
  add_certificate (chain, member_crt);
  add_certificate (chain, fixture->ca);
  g_assert_null (ismb_fabric_verify (fixture->fabric, chain, DOMAIN, "VR-Mgmt", &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED);
}

static void
test_refuses_the_ca_itself (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) chain = chain_new ();
  g_autoptr (GError) error = NULL;

  add_certificate (chain, fixture->ca);
  g_assert_null (ismb_fabric_verify (fixture->fabric, chain, DOMAIN, "VR-Mgmt", &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED);
}

static void
assert_garbage_is_refused (Fixture *fixture, GBytes *bytes)
{
  g_autoptr (GPtrArray) chain = chain_new ();
  g_autoptr (GError) error = NULL;

  if (bytes != NULL)
    g_ptr_array_add (chain, g_bytes_ref (bytes));
  g_assert_null (ismb_fabric_verify (fixture->fabric, chain, DOMAIN, "VR-Mgmt", &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED);
}

/* No bit of it can be changed, and none of it left out. */
static void
test_refuses_what_was_tampered_with (Fixture *fixture, gconstpointer data)
{
  Recipe recipe = good (fixture);
  g_auto (gnutls_x509_crt_t) leaf = make (fixture, &recipe);
  gnutls_datum_t der = { NULL, 0 };

  assert_garbage_is_refused (fixture, NULL);
  gnutls_x509_crt_export2 (leaf, GNUTLS_X509_FMT_DER, &der);
  for (guint i = 0; i < der.size; i += 3)
    {
      g_autoptr (GBytes) cut = g_bytes_new (der.data, i);
      g_autoptr (GBytes) changed = NULL;

      der.data[i] ^= 1;
      changed = g_bytes_new (der.data, der.size);
      der.data[i] ^= 1;
      assert_garbage_is_refused (fixture, cut);
      assert_garbage_is_refused (fixture, changed);
    }
  gnutls_free (der.data);
}

static void
test_outside_trusts_nobody (Fixture *fixture, gconstpointer data)
{
  Recipe recipe = good (fixture);
  char *folder = scratch_new ();

  g_object_unref (fixture->fabric);
  fixture->fabric = load (folder, ISMB_FABRIC_CLOSED);
  assert_untrusted (fixture, &recipe, "in no fabric yet");
  scratch_remove (folder);
}

static void
reload_open (Fixture *fixture)
{
  g_object_unref (fixture->fabric);
  g_test_expect_message ("ismb.trust.fabric", G_LOG_LEVEL_WARNING, "trust=open:*");
  fixture->fabric = load (fixture->folder, ISMB_FABRIC_OPEN);
  g_test_assert_expected_messages ();
}

static void
test_open_pins (Fixture *fixture, gconstpointer data)
{
  Recipe recipe = good (fixture);
  g_autofree char *first_id = g_strdup (fixture->id_uri + strlen ("ismb:id:"));

  recipe.issuer = NULL;
  recipe.issuer_key = fixture->peer_key;
  reload_open (fixture);
  g_test_expect_message ("ismb.trust.pins", G_LOG_LEVEL_WARNING, "*" DOMAIN "*came first*");
  assert_believed (fixture, &recipe, "VR-Mgmt");
  g_test_assert_expected_messages ();
  assert_believed (fixture, &recipe, "VR-Mgmt");
  reload_open (fixture);
  assert_believed (fixture, &recipe, "VR-Mgmt"); /* known across a restart, so nothing is said */
  g_assert_cmpuint (scratch_mode (fixture->folder, "pins"), ==, 0600);

  /* another key under the name, with names that fit it */
  gnutls_x509_privkey_deinit (fixture->peer_key);
  fixture->peer_key = ismb_certificate_new_key (NULL);
  g_free (fixture->id_uri);
  fixture->id_uri = id_uri_of (fixture->peer_key);
  recipe.names[2].text = fixture->id_uri;
  recipe.issuer_key = fixture->peer_key;
  g_test_expect_message ("ismb.trust.pins", G_LOG_LEVEL_WARNING, "*" DOMAIN "*");
  assert_untrusted (fixture, &recipe, first_id);
  g_test_expect_message ("ismb.trust.pins", G_LOG_LEVEL_WARNING, "*" DOMAIN "*");
  assert_untrusted (fixture, &recipe, fixture->id_uri + strlen ("ismb:id:"));
  g_test_assert_expected_messages ();
}

static void
test_open_is_not_everything (Fixture *fixture, gconstpointer data)
{
  Recipe recipe = good (fixture);

  recipe.issuer = NULL;
  recipe.issuer_key = fixture->peer_key;
  reload_open (fixture);
  assert_untrusted_as (fixture, &recipe, "sw3.001122", "VR-Mgmt", "not for sw3.001122");
  assert_untrusted_as (fixture, &recipe, DOMAIN, "VR-Data", "VR-Data");
  recipe.until = recipe.from + 60;
  assert_untrusted (fixture, &recipe, "expired");
}

static void
test_open_refuses_damaged_pins (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "pins", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (path, DOMAIN "\n", -1, NULL));
  g_test_expect_message ("ismb.trust.fabric", G_LOG_LEVEL_WARNING, "trust=open:*");
  g_assert_null (ismb_fabric_load (fixture->folder, "sw1.001122", vrs, ISMB_FABRIC_OPEN, &error));
  g_test_assert_expected_messages ();
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "pins, line 1"));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  ADD ("/verify/believes-a-member", test_believes_a_member);
  ADD ("/verify/refuses-other-names", test_refuses_other_names);
  ADD ("/verify/refuses-another-ca", test_refuses_another_ca);
  ADD ("/verify/refuses-self-signed", test_refuses_self_signed);
  ADD ("/verify/refuses-wrong-dates", test_refuses_wrong_dates);
  ADD ("/verify/refuses-other-purposes", test_refuses_other_purposes);
  ADD ("/verify/refuses-the-common-name", test_refuses_the_common_name);
  ADD ("/verify/refuses-strange-domains", test_refuses_strange_domains);
  ADD ("/verify/refuses-nul", test_refuses_nul);
  ADD ("/verify/refuses-ambiguity", test_refuses_ambiguity);
  ADD ("/verify/refuses-missing-names", test_refuses_missing_names);
  ADD ("/verify/refuses-anothers-id", test_refuses_anothers_id);
  ADD ("/verify/refuses-strange-uris", test_refuses_strange_uris);
  ADD ("/verify/refuses-a-members-protege", test_refuses_a_members_protege);
  ADD ("/verify/refuses-the-ca-itself", test_refuses_the_ca_itself);
  ADD ("/verify/refuses-what-was-tampered-with", test_refuses_what_was_tampered_with);
  ADD ("/verify/outside-trusts-nobody", test_outside_trusts_nobody);
  ADD ("/verify/open-pins", test_open_pins);
  ADD ("/verify/open-is-not-everything", test_open_is_not_everything);
  ADD ("/verify/open-refuses-damaged-pins", test_open_refuses_damaged_pins);
#undef ADD
  return g_test_run ();
}
