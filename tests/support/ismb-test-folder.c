/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/support/ismb-test-folder.h"

#include <glib/gstdio.h>
#include <gnutls/x509.h>
#include <string.h>

char *
ismb_test_folder_new (void)
{
  g_autoptr (GError) error = NULL;
  char *folder = g_dir_make_tmp ("ismb-test-XXXXXX", &error);

  g_assert_no_error (error);
  return folder;
}

void
ismb_test_folder_remove (const char *folder)
{
  g_autoptr (GDir) dir = NULL;
  const char *name;

  if (g_file_test (folder, G_FILE_TEST_IS_DIR) && !g_file_test (folder, G_FILE_TEST_IS_SYMLINK))
    dir = g_dir_open (folder, 0, NULL);
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (folder, name, NULL);

      ismb_test_folder_remove (child);
    }
  g_remove (folder);
}

char *
ismb_test_folder_write (const char *folder, const char *name, const char *text)
{
  char *path = g_build_filename (folder, name, NULL);
  g_autofree char *parent = g_path_get_dirname (path);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (parent, 0700), ==, 0);
  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
  return path;
}

/* Takes what GnuTLS made. */
static void
write_pem (const char *folder, const char *name, const char *suffix, gnutls_datum_t pem)
{
  g_autofree char *file = g_strconcat (name, suffix, NULL);
  g_autofree char *path = ismb_test_folder_write (folder, file, (char *) pem.data);

  gnutls_free (pem.data);
}

static void
fill_in (gnutls_x509_crt_t certificate, const char *domain)
{
  static guint8 serial = 1;

  gnutls_x509_crt_set_version (certificate, 3);
  gnutls_x509_crt_set_serial (certificate, &serial, sizeof serial);
  gnutls_x509_crt_set_activation_time (certificate, time (NULL) - 3600);
  gnutls_x509_crt_set_expiration_time (certificate, time (NULL) + 24 * 3600);
  gnutls_x509_crt_set_dn_by_oid (certificate, GNUTLS_OID_X520_COMMON_NAME, 0, domain,
                                 strlen (domain));
  gnutls_x509_crt_set_subject_alt_name (certificate, GNUTLS_SAN_DNSNAME, domain, strlen (domain),
                                        0);
  gnutls_x509_crt_set_basic_constraints (certificate, 1, -1);
  serial++;
}

void
ismb_test_folder_certify (const char *folder, const char *name, const char *domain)
{
  const guint bits = GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1);
  gnutls_x509_privkey_t key;
  gnutls_x509_crt_t certificate;
  gnutls_datum_t pem = { NULL, 0 };

  g_assert_cmpint (gnutls_x509_privkey_init (&key), ==, 0);
  g_assert_cmpint (gnutls_x509_privkey_generate (key, GNUTLS_PK_ECDSA, bits, 0), ==, 0);
  g_assert_cmpint (gnutls_x509_crt_init (&certificate), ==, 0);
  fill_in (certificate, domain);
  gnutls_x509_crt_set_key (certificate, key);
  g_assert_cmpint (gnutls_x509_crt_sign2 (certificate, certificate, key, GNUTLS_DIG_SHA256, 0), ==,
                   0);
  g_assert_cmpint (gnutls_x509_crt_export2 (certificate, GNUTLS_X509_FMT_PEM, &pem), ==, 0);
  write_pem (folder, name, ".pem", pem);
  g_assert_cmpint (
      gnutls_x509_privkey_export2_pkcs8 (key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &pem),
      ==, 0);
  write_pem (folder, name, "-key.pem", pem);
  gnutls_x509_crt_deinit (certificate);
  gnutls_x509_privkey_deinit (key);
}
