/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who shows a certificate in which the fabric's CA names an account signs in without a password;
 * nobody else does. */
#include "config.h"

#include <gnutls/x509-ext.h>
#include <string.h>

#include "ismb/listener/ismb-listener-private.h"
#include "ismb/trust/ismb-certificate.h"
#include "ismb/trust/ismb-key-file.h"
#include "scratch.h"
#include "xmpp-client.h"

#define DOMAIN "leaf1.0a1b2c"
#define HOUR 3600
#define SASL "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"
#define BIND "xmlns='urn:ietf:params:xml:ns:xmpp-bind'"
#define HERE "ismb:vr:blue"

typedef struct
{
  IsmbListener *listener;
  IsmbFabric *fabric;
  char *folder;
  guint16 port;
  gnutls_x509_crt_t ca;
  gnutls_x509_privkey_t ca_key;
  char *device; /* of the certificate that was made last */
} Fixture;

/* What a certificate says. */
typedef struct
{
  const char *dns, *address, *vr, *extra; /* each may be missing; `extra` is a URI */
  gboolean anothers_id, foreign_ca, over;
  guint seconds; /* of its life; 0: an hour */
} Recipe;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  static const char *const vrs[] = { "blue", NULL };
  g_autofree char *key_path = NULL;
  g_autoptr (GError) error = NULL;

  fixture->folder = scratch_new ();
  fixture->fabric = ismb_fabric_load (fixture->folder, DOMAIN, vrs, ISMB_FABRIC_CLOSED, &error);
  g_assert_no_error (error);
  g_assert_true (ismb_fabric_establish (fixture->fabric, "lab", NULL));
  key_path = g_build_filename (fixture->folder, "ca.key", NULL);
  fixture->ca_key = ismb_key_file_load (key_path, NULL);
  g_assert_true (ismb_certificate_list_from_pem (ismb_fabric_get_ca_pem (fixture->fabric), 1, 1,
                                                 &fixture->ca, NULL));
  fixture->listener = ismb_listener_new ("blue");
  g_object_set (fixture->listener, "domain", DOMAIN, NULL);
  _ismb_listener_set_fabric (fixture->listener, fixture->fabric);
  g_assert_true (ismb_listener_create_account (fixture->listener, "ada", "secret", &error));
  ismb_accounts_create (_ismb_listener_get_accounts (fixture->listener), "passing", "secret",
                        ISMB_ROLE_CLIENT, TRUE, &error);
  ismb_accounts_create (_ismb_listener_get_accounts (fixture->listener), "switch", "secret",
                        ISMB_ROLE_SWITCH, FALSE, &error);
  g_assert_no_error (error);
  fixture->port = ismb_listener_start (fixture->listener, 0, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_assert_finalize_object (fixture->listener);
  g_assert_finalize_object (fixture->fabric);
  gnutls_x509_crt_deinit (fixture->ca);
  gnutls_x509_privkey_deinit (fixture->ca_key);
  g_free (fixture->device);
  scratch_remove (fixture->folder);
}

static char *
id_uri_of (gnutls_x509_privkey_t key)
{
  g_auto (gnutls_pubkey_t) public = ismb_certificate_get_public (key, NULL);
  g_autofree char *id = ismb_certificate_key_to_base32 (public);

  return g_strconcat ("ismb:id:", id, NULL);
}

static void
add (gnutls_x509_crt_t leaf, gnutls_x509_subject_alt_name_t type, const char *text)
{
  if (text != NULL)
    g_assert_cmpint (gnutls_x509_crt_set_subject_alt_name (leaf, type, text, strlen (text),
                                                           GNUTLS_FSAN_APPEND), >=, 0);
}

/* An OtherName is DER: a UTF8String. */
static void
add_address (gnutls_x509_crt_t leaf, const char *text)
{
  g_autofree char *der = text != NULL ? g_strdup_printf ("\x0c%c%s", (char) strlen (text), text) : NULL;

  if (der != NULL)
    g_assert_cmpint (gnutls_x509_crt_set_subject_alt_othername (leaf, "1.3.6.1.5.5.7.8.5", der,
                                                                strlen (der), GNUTLS_FSAN_APPEND),
                     >=, 0);
}

static void
sign (Fixture *fixture, const Recipe *recipe, gnutls_x509_crt_t leaf, gnutls_x509_privkey_t key)
{
  gnutls_x509_privkey_t signer = recipe->foreign_ca ? key : fixture->ca_key;

  g_assert_cmpint (gnutls_x509_crt_sign2 (leaf, fixture->ca, signer, GNUTLS_DIG_SHA256, 0), >=, 0);
}

static gnutls_x509_crt_t
make (Fixture *fixture, const Recipe *recipe, gnutls_x509_privkey_t key)
{
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  gint64 until = now + (recipe->seconds > 0 ? recipe->seconds : HOUR);
  g_autofree char *id = id_uri_of (recipe->anothers_id ? fixture->ca_key : key);
  gnutls_x509_crt_t leaf;

  if (recipe->over)
    until = now - 10;
  g_free (fixture->device);
  fixture->device = g_strdup (id + strlen ("ismb:id:"));
  gnutls_x509_crt_init (&leaf);
  gnutls_x509_crt_set_version (leaf, 3);
  gnutls_x509_crt_set_serial (leaf, "\x01", 1);
  gnutls_x509_crt_set_dn (leaf, "CN=somebody", NULL);
  gnutls_x509_crt_set_activation_time (leaf, now - HOUR);
  gnutls_x509_crt_set_expiration_time (leaf, until);
  gnutls_x509_crt_set_key (leaf, key);
  gnutls_x509_crt_set_key_purpose_oid (leaf, GNUTLS_KP_TLS_WWW_CLIENT, 0);
  gnutls_x509_crt_set_key_purpose_oid (leaf, GNUTLS_KP_TLS_WWW_SERVER, 0);
  add (leaf, GNUTLS_SAN_DNSNAME, recipe->dns);
  add_address (leaf, recipe->address);
  add (leaf, GNUTLS_SAN_URI, id);
  add (leaf, GNUTLS_SAN_URI, recipe->vr);
  add (leaf, GNUTLS_SAN_URI, recipe->extra);
  sign (fixture, recipe, leaf, key);
  return leaf;
}

static GTlsCertificate *
make_papers (Fixture *fixture, const Recipe *recipe)
{
  g_auto (gnutls_x509_privkey_t) key = ismb_certificate_new_key (NULL);
  g_auto (gnutls_x509_crt_t) leaf = make (fixture, recipe, key);
  g_autofree char *text = ismb_certificate_to_pem (leaf, NULL), *pem = NULL;
  gnutls_datum_t key_pem;
  g_autoptr (GError) error = NULL;
  GTlsCertificate *papers;

  gnutls_x509_privkey_export2_pkcs8 (key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &key_pem);
  pem = g_strdup_printf ("%s%.*s", text, (int) key_pem.size, key_pem.data);
  gnutls_free (key_pem.data);
  papers = g_tls_certificate_new_from_pem (pem, -1, &error);
  g_assert_no_error (error);
  return papers;
}

/* Inside TLS, with what is offered there. */
static XmppClient *
come (Fixture *fixture, const Recipe *recipe, char **features)
{
  g_autoptr (GTlsCertificate) papers = recipe != NULL ? make_papers (fixture, recipe) : NULL;
  XmppClient *client = xmpp_client_new (fixture->port);

  xmpp_client_secure_as (client, papers);
  *features = xmpp_client_open (client, DOMAIN);
  return client;
}

static void
test_opens_its_account (Fixture *fixture, gconstpointer data)
{
  const Recipe recipe = { .address = "ada@" DOMAIN, .vr = HERE };
  g_autofree char *features = NULL;
  g_autoptr (XmppClient) ada = come (fixture, &recipe, &features);

  g_assert_nonnull (strstr (features, "<mechanism>EXTERNAL</mechanism><mechanism>SCRAM"));
  /* nobody else's ("switch@leaf1.0a1b2c") */
  xmpp_client_send (ada, "<auth " SASL " mechanism='EXTERNAL'>c3dpdGNoQGxlYWYxLjBhMWIyYw==</auth>");
  g_free (xmpp_client_expect (ada, "<invalid-authzid/></failure>"));
  xmpp_client_send (ada, "<auth " SASL " mechanism='EXTERNAL'>=</auth>");
  g_free (xmpp_client_expect (ada, "<success " SASL "/>"));
  g_free (xmpp_client_open (ada, DOMAIN));
  xmpp_client_send (ada, "<iq type='set' id='1'><bind " BIND "><resource>x</resource></bind></iq>");
  g_free (xmpp_client_expect (ada, "<jid>ada@" DOMAIN "/x</jid>"));
}

static void
test_opens_nothing_else (Fixture *fixture, gconstpointer data)
{
  static const Recipe recipes[] = {
    { .address = "nobody@" DOMAIN, .vr = HERE },
    { .address = "passing@" DOMAIN, .vr = HERE },     /* gone with the process that made it */
    { .address = "ada@leaf2.0a1b2c", .vr = HERE },    /* another switch's */
    { .address = "ada@" DOMAIN "/x", .vr = HERE },
    { .address = "Ada@" DOMAIN, .vr = HERE },
    { .address = DOMAIN, .vr = HERE },
    { .vr = HERE },
    { .address = "ada@" DOMAIN },
    { .address = "ada@" DOMAIN, .vr = "ismb:vr:red" },
    { .address = "ada@" DOMAIN, .vr = HERE, .dns = DOMAIN },
    { .address = "ada@" DOMAIN, .vr = HERE, .extra = "ismb:registrar" },
    { .address = "ada@" DOMAIN, .vr = HERE, .extra = "xmpp:eve@" DOMAIN },
    { .address = "ada@" DOMAIN, .vr = HERE, .anothers_id = TRUE },
    { .address = "ada@" DOMAIN, .vr = HERE, .foreign_ca = TRUE },
    { .address = "ada@" DOMAIN, .vr = HERE, .over = TRUE },
    { .address = DOMAIN, .vr = HERE, .dns = DOMAIN }, /* a switch's */
  };

  for (guint i = 0; i <= G_N_ELEMENTS (recipes); i++)
    {
      g_autofree char *features = NULL;
      g_autoptr (XmppClient) client =
          come (fixture, i < G_N_ELEMENTS (recipes) ? &recipes[i] : NULL, &features);

      g_test_message ("certificate %u", i);
      g_assert_null (strstr (features, "EXTERNAL"));
      xmpp_client_send (client, "<auth " SASL " mechanism='EXTERNAL'>=</auth>");
      g_free (xmpp_client_expect (client, "<invalid-mechanism/></failure>"));
      if (i % 4 == 3) /* a fresh listener's penalties are for others to try */
        {
          g_autoptr (GError) error = NULL;

          ismb_listener_stop (fixture->listener);
          fixture->port = ismb_listener_start (fixture->listener, 0, &error);
          g_assert_no_error (error);
        }
    }
}

/* The account of the role `switch` is this daemon's own, whatever was signed. */
static void
test_is_no_switch (Fixture *fixture, gconstpointer data)
{
  const Recipe recipe = { .address = "switch@" DOMAIN, .vr = HERE };
  g_autofree char *features = NULL;
  g_autoptr (XmppClient) client = come (fixture, &recipe, &features);

  xmpp_client_send (client, "<auth " SASL " mechanism='EXTERNAL'>=</auth>");
  g_free (xmpp_client_expect (client, "<not-authorized/></failure>"));
}

/* By its certificate, with a resource. */
static XmppClient *
sign_in (Fixture *fixture, const Recipe *recipe)
{
  g_autofree char *features = NULL;
  XmppClient *client = come (fixture, recipe, &features);

  xmpp_client_send (client, "<auth " SASL " mechanism='EXTERNAL'>=</auth>");
  g_free (xmpp_client_expect (client, "<success " SASL "/>"));
  g_free (xmpp_client_open (client, DOMAIN));
  xmpp_client_send (client,
                    "<iq type='set' id='1'><bind " BIND "><resource>x</resource></bind></iq>");
  g_free (xmpp_client_expect (client, "<jid>ada@" DOMAIN "/x</jid></bind></iq>"));
  return client;
}

static XmppClient *
sign_in_by_password (Fixture *fixture)
{
  XmppClient *client = xmpp_client_new (fixture->port);

  xmpp_client_sign_in (client, "ada", DOMAIN, "secret", "y");
  return client;
}

static void
test_ends_when_it_is_revoked (Fixture *fixture, gconstpointer data)
{
  const Recipe recipe = { .address = "ada@" DOMAIN, .vr = HERE };
  g_autoptr (XmppClient) ada = sign_in (fixture, &recipe);
  g_autofree char *revoked = g_strdup (fixture->device);
  g_autoptr (XmppClient) other = sign_in_by_password (fixture);
  g_autofree char *end = NULL;

  g_assert_true (ismb_fabric_revoke (fixture->fabric, revoked, NULL));
  end = xmpp_client_expect_end (ada);
  g_assert_nonnull (strstr (end, "<not-authorized "));
  g_free (xmpp_client_settle (other));
}

static void
test_ends_with_its_date (Fixture *fixture, gconstpointer data)
{
  const Recipe recipe = { .address = "ada@" DOMAIN, .vr = HERE, .seconds = 2 };
  g_autoptr (XmppClient) ada = sign_in (fixture, &recipe);
  g_autofree char *end = xmpp_client_expect_end (ada);

  g_assert_nonnull (strstr (end, "<not-authorized "));
}

/* Who could resume it has not come by the certificate again. */
static void
test_ends_while_it_sleeps (Fixture *fixture, gconstpointer data)
{
  const Recipe recipe = { .address = "ada@" DOMAIN, .vr = HERE };
  XmppClient *ada = sign_in (fixture, &recipe);

  xmpp_client_send (ada, "<enable xmlns='urn:xmpp:sm:3' resume='true'/>");
  g_free (xmpp_client_expect (ada, "<enabled "));
  xmpp_client_free (ada);
  while (_ismb_listener_count_sleeping (fixture->listener) == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (ismb_fabric_revoke (fixture->fabric, fixture->device, NULL));
  while (ismb_listener_get_sessions (fixture->listener) > 0)
    g_main_context_iteration (NULL, TRUE);
}

/* A password of his making would be good for longer than the certificate is. */
static void
test_changes_no_password (Fixture *fixture, gconstpointer data)
{
  const Recipe recipe = { .address = "ada@" DOMAIN, .vr = HERE };
  g_autoptr (XmppClient) ada = sign_in (fixture, &recipe);

  xmpp_client_send (ada, "<iq type='set' id='p' to='" DOMAIN "'><query xmlns='jabber:iq:register'>"
                         "<username>ada</username><password>mine</password></query></iq>");
  g_free (xmpp_client_expect (ada, "<not-allowed "));
  xmpp_client_free (sign_in_by_password (fixture));
}

#define ADD(name, test) g_test_add ("/certificate-login/" name, Fixture, NULL, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("opens-its-account", test_opens_its_account);
  ADD ("opens-nothing-else", test_opens_nothing_else);
  ADD ("is-no-switch", test_is_no_switch);
  ADD ("ends-when-it-is-revoked", test_ends_when_it_is_revoked);
  ADD ("ends-with-its-date", test_ends_with_its_date);
  ADD ("ends-while-it-sleeps", test_ends_while_it_sleeps);
  ADD ("changes-no-password", test_changes_no_password);
  return g_test_run ();
}
