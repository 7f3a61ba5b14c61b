/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/trust/ismb-foreign-ca.h"

#include <glib/gstdio.h>
#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/trust/ismb-certificate.h"
#include "tests/store/scratch.h"

#define DOMAIN "hub.test"
#define HOUR (60 * 60)

/* What a server's certificate says; NULL and 0 leave something out. */
typedef struct
{
  const char *dns, *xmpp, *common_name;
  gboolean nul; /* the dNSName goes on behind a NUL */
  const char *purpose;
  gint64 from, until; /* beside now */
  gboolean elsewhere; /* another CA signs */
} Recipe;

typedef struct
{
  char *folder, *path;
  gnutls_x509_privkey_t key, other_key;
  gnutls_x509_crt_t ca, other_ca;
  IsmbForeignCa *foreign;
} Fixture;

static void
write_pem (const char *path, gnutls_x509_crt_t certificate)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *pem = ismb_certificate_to_pem (certificate, &error);

  g_assert_no_error (error);
  g_assert_true (g_file_set_contents (path, pem, -1, &error));
}

static gnutls_x509_crt_t
make_ca (gnutls_x509_privkey_t key)
{
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;

  return ismb_certificate_new_authority (key, "Hubs", now - HOUR, NULL);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->folder = scratch_new ();
  fixture->path = g_build_filename (fixture->folder, "ca.pem", NULL);
  fixture->key = ismb_certificate_new_key (NULL);
  fixture->other_key = ismb_certificate_new_key (NULL);
  fixture->ca = make_ca (fixture->key);
  fixture->other_ca = make_ca (fixture->other_key);
  write_pem (fixture->path, fixture->ca);
  fixture->foreign = ismb_foreign_ca_load (fixture->path, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  ismb_foreign_ca_free (fixture->foreign);
  gnutls_x509_crt_deinit (fixture->ca);
  gnutls_x509_crt_deinit (fixture->other_ca);
  gnutls_x509_privkey_deinit (fixture->key);
  gnutls_x509_privkey_deinit (fixture->other_key);
  scratch_remove (fixture->folder);
  g_free (fixture->path);
}

/* GnuTLS writes no such name, so this is DER by hand: a dNSName of 13 bytes. */
static const char with_nul[] = "\x30\x0f\x82\x0d" DOMAIN "\0evil";

static void
name (gnutls_x509_crt_t certificate, const Recipe *recipe)
{
  if (recipe->nul)
    gnutls_x509_crt_set_extension_by_oid (certificate, "2.5.29.17", with_nul,
                                          sizeof with_nul - 1, 0);
  if (recipe->dns != NULL)
    gnutls_x509_crt_set_subject_alt_name (certificate, GNUTLS_SAN_DNSNAME, recipe->dns,
                                          strlen (recipe->dns), GNUTLS_FSAN_APPEND);
  if (recipe->xmpp != NULL)
    gnutls_x509_crt_set_subject_alt_name (certificate, GNUTLS_SAN_OTHERNAME_XMPP, recipe->xmpp,
                                          strlen (recipe->xmpp), GNUTLS_FSAN_APPEND);
  if (recipe->common_name != NULL)
    gnutls_x509_crt_set_dn_by_oid (certificate, GNUTLS_OID_X520_COMMON_NAME, 0,
                                   recipe->common_name, strlen (recipe->common_name));
  if (recipe->purpose != NULL)
    gnutls_x509_crt_set_key_purpose_oid (certificate, recipe->purpose, 0);
}

static gnutls_x509_crt_t
bake (Fixture *fixture, const Recipe *recipe)
{
  static const guint8 serial = 7;
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  gnutls_x509_crt_t certificate;

  gnutls_x509_crt_init (&certificate);
  gnutls_x509_crt_set_version (certificate, 3);
  gnutls_x509_crt_set_serial (certificate, &serial, sizeof serial);
  gnutls_x509_crt_set_activation_time (certificate, now + recipe->from);
  gnutls_x509_crt_set_expiration_time (certificate, now + recipe->until);
  gnutls_x509_crt_set_key (certificate, fixture->other_key);
  name (certificate, recipe);
  g_assert_cmpint (
    gnutls_x509_crt_sign2 (certificate, recipe->elsewhere ? fixture->other_ca : fixture->ca,
                           recipe->elsewhere ? fixture->other_key : fixture->key,
                           GNUTLS_DIG_SHA256, 0),
    ==, 0);
  return certificate;
}

static gboolean
is_vouched (IsmbForeignCa *ca, gnutls_x509_crt_t certificate, const char *domain)
{
  g_autoptr (GPtrArray) chain = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_autoptr (GError) error = NULL;
  gnutls_datum_t der = { NULL, 0 };
  gboolean vouched;

  g_assert_cmpint (gnutls_x509_crt_export2 (certificate, GNUTLS_X509_FMT_DER, &der), ==, 0);
  g_ptr_array_add (chain, g_bytes_new (der.data, der.size));
  gnutls_free (der.data);
  vouched = ismb_foreign_ca_vouches (ca, chain, domain, &error);
  g_test_message ("%s", vouched ? "vouched" : error->message);
  if (!vouched)
    g_assert_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED);
  return vouched;
}

static void
test_names (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    Recipe recipe;
    gboolean vouched;
  } cases[] = {
    { { .dns = DOMAIN, .until = HOUR }, TRUE },
    { { .dns = "HUB.test", .until = HOUR }, TRUE },
    { { .xmpp = DOMAIN, .until = HOUR }, TRUE },
    { { .dns = "other.test", .xmpp = DOMAIN, .until = HOUR }, TRUE },
    { { .dns = DOMAIN, .until = HOUR, .purpose = GNUTLS_KP_TLS_WWW_SERVER }, TRUE },
    { { .dns = DOMAIN, .until = HOUR, .purpose = GNUTLS_KP_EMAIL_PROTECTION }, FALSE },
    { { .dns = "*.test", .until = HOUR }, FALSE },
    { { .dns = "hub.tes", .until = HOUR }, FALSE },
    { { .nul = TRUE, .until = HOUR }, FALSE },
    { { .xmpp = "alice@" DOMAIN, .until = HOUR }, FALSE },
    { { .common_name = DOMAIN, .until = HOUR }, FALSE },
    { { .common_name = DOMAIN, .dns = "other.test", .until = HOUR }, FALSE },
    { { .dns = DOMAIN, .from = -2 * HOUR, .until = -HOUR }, FALSE },
    { { .dns = DOMAIN, .from = HOUR, .until = 2 * HOUR }, FALSE },
    { { .dns = DOMAIN, .until = HOUR, .elsewhere = TRUE }, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (gnutls_x509_crt_t) certificate = bake (fixture, &cases[i].recipe);

      g_test_message ("case %u", i);
      g_assert_cmpint (is_vouched (fixture->foreign, certificate, DOMAIN), ==, cases[i].vouched);
    }
}

static void
test_letters_beyond_ascii (Fixture *fixture, gconstpointer data)
{
  const Recipe recipe = { .dns = "xn--bcher-kva.test", .until = HOUR };
  g_auto (gnutls_x509_crt_t) certificate = bake (fixture, &recipe);

  g_assert_true (is_vouched (fixture->foreign, certificate, "bücher.test"));
}

/* A server without a CA is believed where its own certificate is in the file. */
static void
test_pinned (Fixture *fixture, gconstpointer data)
{
  const Recipe recipe = { .dns = DOMAIN, .until = HOUR, .elsewhere = TRUE };
  g_auto (gnutls_x509_crt_t) certificate = bake (fixture, &recipe);
  g_autoptr (IsmbForeignCa) ca = NULL;
  g_autoptr (GError) error = NULL;

  write_pem (fixture->path, certificate);
  ca = ismb_foreign_ca_load (fixture->path, &error);
  g_assert_no_error (error);
  g_assert_true (is_vouched (ca, certificate, DOMAIN));
  g_assert_false (is_vouched (ca, certificate, "other.test"));
}

static void
test_nothing_shown (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) chain = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;

  g_assert_false (ismb_foreign_ca_vouches (fixture->foreign, chain, DOMAIN, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED);
}

static void
test_bad_files (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (ismb_foreign_ca_load ("/nowhere/ca.pem", &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG);
  g_clear_error (&error);
  g_assert_true (g_file_set_contents (fixture->path, "no certificate", -1, NULL));
  g_assert_null (ismb_foreign_ca_load (fixture->path, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG);
}

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/trust/foreign-ca/names", test_names);
  ADD ("/trust/foreign-ca/letters-beyond-ascii", test_letters_beyond_ascii);
  ADD ("/trust/foreign-ca/pinned", test_pinned);
  ADD ("/trust/foreign-ca/nothing-shown", test_nothing_shown);
  ADD ("/trust/foreign-ca/bad-files", test_bad_files);
  return g_test_run ();
}
