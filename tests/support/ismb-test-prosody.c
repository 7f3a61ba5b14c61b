/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/support/ismb-test-prosody.h"

#include <glib/gstdio.h>
#include <gnutls/x509.h>
#include <string.h>
#include <unistd.h>

struct _IsmbTestProsody
{
  GSubprocess *process;
  char *folder, *ca_file, *wrong_ca_file;
  guint16 port;
};

static void
write_file (const char *path, const char *text)
{
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
}

/* A certificate that is its own authority, and its key. */
static void
make_certificate (const char *domain, const char *certificate_path, const char *key_path)
{
  static guint8 serial = 1;
  gnutls_x509_privkey_t key;
  gnutls_x509_crt_t certificate;
  gnutls_datum_t pem = { NULL, 0 };

  g_assert_cmpint (gnutls_x509_privkey_init (&key), ==, 0);
  g_assert_cmpint (gnutls_x509_privkey_generate (
                       key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1), 0),
                   ==, 0);
  g_assert_cmpint (gnutls_x509_crt_init (&certificate), ==, 0);
  gnutls_x509_crt_set_version (certificate, 3);
  gnutls_x509_crt_set_serial (certificate, &serial, sizeof serial);
  gnutls_x509_crt_set_activation_time (certificate, time (NULL) - 3600);
  gnutls_x509_crt_set_expiration_time (certificate, time (NULL) + 3600);
  gnutls_x509_crt_set_dn_by_oid (certificate, GNUTLS_OID_X520_COMMON_NAME, 0, domain,
                                 strlen (domain));
  gnutls_x509_crt_set_subject_alt_name (certificate, GNUTLS_SAN_DNSNAME, domain, strlen (domain),
                                        0);
  gnutls_x509_crt_set_basic_constraints (certificate, 1, -1);
  gnutls_x509_crt_set_key (certificate, key);
  g_assert_cmpint (gnutls_x509_crt_sign2 (certificate, certificate, key, GNUTLS_DIG_SHA256, 0), ==,
                   0);
  g_assert_cmpint (gnutls_x509_crt_export2 (certificate, GNUTLS_X509_FMT_PEM, &pem), ==, 0);
  write_file (certificate_path, (char *) pem.data);
  gnutls_free (pem.data);
  g_assert_cmpint (
      gnutls_x509_privkey_export2_pkcs8 (key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &pem),
      ==, 0);
  write_file (key_path, (char *) pem.data);
  gnutls_free (pem.data);
  gnutls_x509_crt_deinit (certificate);
  gnutls_x509_privkey_deinit (key);
  serial++;
}

static guint16
find_free_port (void)
{
  g_autoptr (GSocket) socket =
      g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GSocketAddress) bound = NULL;

  g_assert_true (g_socket_bind (socket, any, TRUE, NULL));
  bound = g_socket_get_local_address (socket, NULL);
  return g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
}

/* Prosody's data folder escapes what is no letter or digit. */
static char *
escape (const char *text)
{
  GString *escaped = g_string_new (NULL);

  for (; *text != '\0'; text++)
    if (g_ascii_isalnum (*text))
      g_string_append_c (escaped, *text);
    else
      g_string_append_printf (escaped, "%%%02x", *text);
  return g_string_free (escaped, FALSE);
}

static void
make_accounts (IsmbTestProsody *self, const char *domain, const char *const *accounts)
{
  g_autofree char *host = escape (domain);
  g_autofree char *folder = g_build_filename (self->folder, host, "accounts", NULL);

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  for (; *accounts != NULL; accounts++)
    {
      g_autofree char *path = g_strdup_printf ("%s/%s.dat", folder, *accounts);
      g_autofree char *text = g_strdup_printf ("return { [\"password\"] = \"%s\"; };\n", *accounts);

      write_file (path, text);
    }
}

static char *
write_config (IsmbTestProsody *self, const char *domain)
{
  char *path = g_build_filename (self->folder, "prosody.cfg.lua", NULL);
  g_autofree char *text = g_strdup_printf (
      "run_as_root = true\n"
      "pidfile = '%s/prosody.pid'\n"
      "data_path = '%s'\n"
      "modules_enabled = { 'roster', 'saslauth', 'tls', 'disco', 'ping', 'offline' }\n"
      "modules_disabled = { 's2s' }\n"
      "c2s_ports = { %u }\n"
      "c2s_interfaces = { '127.0.0.1' }\n"
      "c2s_require_encryption = false\n"
      "c2s_stanza_size_limit = 8388608\n"
      "authentication = 'internal_plain'\n"
      "log = { { levels = { min = 'info' }, to = 'console', timestamps = false } }\n"
      "VirtualHost '%s'\n"
      "ssl = { certificate = '%s', key = '%s/key.pem' }\n",
      self->folder, self->folder, self->port, domain, self->ca_file, self->folder);

  write_file (path, text);
  return path;
}

/* FALSE: it ended, most likely because somebody took the port meanwhile. */
static gboolean
wait_until_ready (IsmbTestProsody *self)
{
  g_autoptr (GDataInputStream) output =
      g_data_input_stream_new (g_subprocess_get_stdout_pipe (self->process));
  g_autofree char *line = NULL;

  while ((line = g_data_input_stream_read_line (output, NULL, NULL, NULL)) != NULL)
    {
      gboolean active = strstr (line, "Activated service 'c2s' on [127.0.0.1]") != NULL;
      gboolean failed = strstr (line, "Failed to open server port") != NULL;

      g_clear_pointer (&line, g_free);
      if (active || failed)
        {
          g_filter_input_stream_set_close_base_stream (G_FILTER_INPUT_STREAM (output), FALSE);
          return active;
        }
    }
  return FALSE;
}

static gboolean
start (IsmbTestProsody *self, const char *domain)
{
  g_autofree char *config = NULL;
  g_autoptr (GError) error = NULL;

  self->port = find_free_port ();
  config = write_config (self, domain);
  self->process =
      g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE, &error,
                        "prosody", "--config", config, "-F", NULL);
  g_assert_no_error (error);
  if (wait_until_ready (self))
    return TRUE;
  g_subprocess_force_exit (self->process);
  g_clear_object (&self->process);
  return FALSE;
}

IsmbTestProsody *
ismb_test_prosody_new (const char *domain, const char *const *accounts)
{
  g_autofree char *program = g_find_program_in_path ("prosody");
  g_autoptr (GError) error = NULL;
  g_autofree char *key = NULL;
  g_autofree char *wrong_key = NULL;
  IsmbTestProsody *self;
  gboolean started = FALSE;

  if (program == NULL)
    return NULL;
  self = g_new0 (IsmbTestProsody, 1);
  self->folder = g_dir_make_tmp ("ismb-prosody-XXXXXX", &error);
  g_assert_no_error (error);
  self->ca_file = g_build_filename (self->folder, "certificate.pem", NULL);
  self->wrong_ca_file = g_build_filename (self->folder, "wrong.pem", NULL);
  key = g_build_filename (self->folder, "key.pem", NULL);
  wrong_key = g_build_filename (self->folder, "wrong-key.pem", NULL);
  make_certificate (domain, self->ca_file, key);
  make_certificate ("elsewhere.test", self->wrong_ca_file, wrong_key);
  make_accounts (self, domain, accounts);
  for (int i = 0; i < 5 && !started; i++)
    started = start (self, domain);
  g_assert_true (started);
  return self;
}

static void
remove_folder (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      if (g_file_test (child, G_FILE_TEST_IS_DIR) && !g_file_test (child, G_FILE_TEST_IS_SYMLINK))
        remove_folder (child);
      else
        g_unlink (child);
    }
  g_rmdir (path);
}

void
ismb_test_prosody_free (IsmbTestProsody *self)
{
  if (self->process != NULL)
    {
      g_subprocess_force_exit (self->process);
      g_subprocess_wait (self->process, NULL, NULL);
      g_object_unref (self->process);
    }
  remove_folder (self->folder);
  g_free (self->folder);
  g_free (self->ca_file);
  g_free (self->wrong_ca_file);
  g_free (self);
}

guint16
ismb_test_prosody_get_port (IsmbTestProsody *self)
{
  return self->port;
}

const char *
ismb_test_prosody_get_folder (IsmbTestProsody *self)
{
  return self->folder;
}

const char *
ismb_test_prosody_get_ca_file (IsmbTestProsody *self)
{
  return self->ca_file;
}

const char *
ismb_test_prosody_get_wrong_ca_file (IsmbTestProsody *self)
{
  return self->wrong_ca_file;
}
