/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.trust.certificate"

#include "config.h"
#include "ismb/trust/ismb-certificate.h"

#include <string.h>

#include "ismb/core/ismb-error.h"

#define PEM_MAX (64 * 1024)
#define HASH_SIZE 32
#define OID_SAN "2.5.29.17"

/* Sets the error of a GnuTLS call that failed; FALSE then. */
static gboolean
good (int result, const char *deed, GError **error)
{
  if (result >= 0)
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED, "cannot %s: %s", deed,
               gnutls_strerror (result));
  return FALSE;
}

/* The same where it is the input that is no good. */
static gboolean
readable (int result, const char *what, GError **error)
{
  if (result >= 0)
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED, "this is no %s: %s", what,
               gnutls_strerror (result));
  return FALSE;
}

gnutls_x509_crt_t
ismb_certificate_from_der (GBytes *der, GError **error)
{
  g_auto (gnutls_x509_crt_t) certificate = NULL;
  gsize size = 0;
  const void *bytes = g_bytes_get_data (der, &size);
  gnutls_datum_t datum = { (guint8 *) bytes, size };

  if (!good (gnutls_x509_crt_init (&certificate), "read a certificate", error) ||
      !readable (gnutls_x509_crt_import (certificate, &datum, GNUTLS_X509_FMT_DER), "certificate",
                 error))
    return NULL;
  return g_steal_pointer (&certificate);
}

gnutls_x509_crt_t
ismb_certificate_copy (gnutls_x509_crt_t certificate)
{
  gnutls_datum_t der = { NULL, 0 };
  g_autoptr (GBytes) bytes = NULL;

  if (gnutls_x509_crt_export2 (certificate, GNUTLS_X509_FMT_DER, &der) < 0)
    return NULL;
  bytes = g_bytes_new (der.data, der.size);
  gnutls_free (der.data);
  return ismb_certificate_from_der (bytes, NULL);
}

static gboolean
check_pem_size (const char *pem, GError **error)
{
  if (strlen (pem) <= PEM_MAX)
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
               "a PEM text of more than %d bytes is refused", PEM_MAX);
  return FALSE;
}

static void
set_count_error (guint least, guint most, int result, GError **error)
{
  g_autofree char *count =
      least == most ? g_strdup_printf ("%u", least) : g_strdup_printf ("%u to %u", least, most);

  g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED, "here must be %s certificates in PEM: %s",
               count, result < 0 ? gnutls_strerror (result) : "there are fewer");
}

guint
ismb_certificate_list_from_pem (const char *pem, guint least, guint most, gnutls_x509_crt_t *list,
                                GError **error)
{
  gnutls_datum_t datum = { (guint8 *) pem, strlen (pem) };
  unsigned int found = most;
  int result = 0;

  memset (list, 0, most * sizeof *list);
  if (!check_pem_size (pem, error))
    return 0;
  result = gnutls_x509_crt_list_import (list, &found, &datum, GNUTLS_X509_FMT_PEM,
                                        GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED);
  if (result >= 0 && found >= least)
    return found;
  for (guint i = 0; i < (result < 0 ? 0 : found); i++)
    gnutls_x509_crt_deinit (list[i]);
  memset (list, 0, most * sizeof *list);
  set_count_error (least, most, result, error);
  return 0;
}

gnutls_x509_crq_t
ismb_certificate_request_from_pem (const char *pem, GError **error)
{
  g_auto (gnutls_x509_crq_t) request = NULL;
  gnutls_datum_t datum = { (guint8 *) pem, strlen (pem) };

  if (!check_pem_size (pem, error) ||
      !good (gnutls_x509_crq_init (&request), "read a request", error) ||
      !readable (gnutls_x509_crq_import (request, &datum, GNUTLS_X509_FMT_PEM),
                 "certificate request", error))
    return NULL;
  return g_steal_pointer (&request);
}

static char *
take_text (gnutls_datum_t *datum)
{
  char *text = g_strndup ((const char *) datum->data, datum->size);

  gnutls_free (datum->data);
  return text;
}

char *
ismb_certificate_to_pem (gnutls_x509_crt_t certificate, GError **error)
{
  gnutls_datum_t pem = { NULL, 0 };

  if (!good (gnutls_x509_crt_export2 (certificate, GNUTLS_X509_FMT_PEM, &pem),
             "write a certificate", error))
    return NULL;
  return take_text (&pem);
}

char *
ismb_certificate_request_to_pem (gnutls_x509_crq_t request, GError **error)
{
  gnutls_datum_t pem = { NULL, 0 };

  if (!good (gnutls_x509_crq_export2 (request, GNUTLS_X509_FMT_PEM, &pem), "write a request",
             error))
    return NULL;
  return take_text (&pem);
}

static gboolean
get_key_hash (gnutls_pubkey_t key, guint8 hash[HASH_SIZE])
{
  size_t size = HASH_SIZE;

  return gnutls_pubkey_get_key_id (key, GNUTLS_KEYID_USE_SHA256, hash, &size) >= 0 &&
         size == HASH_SIZE;
}

char *
ismb_certificate_key_to_hex (gnutls_pubkey_t key)
{
  guint8 hash[HASH_SIZE];
  GString *hex = g_string_sized_new (2 * HASH_SIZE);

  if (!get_key_hash (key, hash))
    return g_string_free (hex, TRUE), NULL;
  for (guint i = 0; i < HASH_SIZE; i++)
    g_string_append_printf (hex, "%02x", hash[i]);
  return g_string_free (hex, FALSE);
}

/* RFC 4648, section 6, without padding: five bits a digit, the last digit holds one bit. */
char *
ismb_certificate_key_to_base32 (gnutls_pubkey_t key)
{
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  guint8 hash[HASH_SIZE + 1] = { 0 };
  GString *text = NULL;

  if (!get_key_hash (key, hash))
    return NULL;
  text = g_string_sized_new (HASH_SIZE * 8 / 5 + 1);
  for (guint bit = 0; bit < HASH_SIZE * 8; bit += 5)
    {
      guint pair = hash[bit / 8] << 8 | hash[bit / 8 + 1];
      g_string_append_c (text, digits[pair >> (11 - bit % 8) & 31]);
    }
  return g_string_free (text, FALSE);
}

gnutls_pubkey_t
ismb_certificate_get_key (gnutls_x509_crt_t certificate)
{
  g_auto (gnutls_pubkey_t) key = NULL;

  if (gnutls_pubkey_init (&key) < 0 || gnutls_pubkey_import_x509 (key, certificate, 0) < 0)
    return NULL;
  return g_steal_pointer (&key);
}

gnutls_pubkey_t
ismb_certificate_get_public (gnutls_x509_privkey_t key, GError **error)
{
  g_auto (gnutls_pubkey_t) public_key = NULL;
  gnutls_privkey_t abstract = NULL;
  int result = gnutls_privkey_init (&abstract);

  if (result >= 0)
    result = gnutls_privkey_import_x509 (abstract, key, 0);
  if (result >= 0)
    result = gnutls_pubkey_init (&public_key);
  if (result >= 0)
    result = gnutls_pubkey_import_privkey (public_key, abstract, GNUTLS_KEY_DIGITAL_SIGNATURE, 0);
  if (abstract != NULL)
    gnutls_privkey_deinit (abstract);
  return good (result, "read the public half of a key", error) ? g_steal_pointer (&public_key)
                                                               : NULL;
}

char *
ismb_certificate_dup_key_hash (gnutls_x509_crt_t certificate)
{
  g_auto (gnutls_pubkey_t) key = ismb_certificate_get_key (certificate);

  return key != NULL ? ismb_certificate_key_to_hex (key) : NULL;
}

char *
ismb_certificate_dup_common_name (gnutls_x509_crt_t certificate)
{
  char text[257];
  size_t size = sizeof text;

  if (gnutls_x509_crt_get_dn_by_oid (certificate, GNUTLS_OID_X520_COMMON_NAME, 0, 0, text, &size) <
      0)
    return NULL;
  return g_utf8_make_valid (text, -1);
}

/* Takes `names`, which may be NULL. */
static IsmbNames *
check_key (gnutls_x509_crt_t certificate, IsmbNames *taken, GError **error)
{
  g_autoptr (IsmbNames) names = taken;
  g_auto (gnutls_pubkey_t) key = NULL;
  g_autofree char *id = NULL;

  if (names == NULL)
    return NULL;
  key = ismb_certificate_get_key (certificate);
  id = key != NULL ? ismb_certificate_key_to_base32 (key) : NULL;
  if (id != NULL && g_str_equal (id, names->device_id))
    return g_steal_pointer (&names);
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
               "the certificate of %s says device id %s, and its key is that of %s", names->domain,
               names->device_id, id != NULL ? id : "no device");
  return NULL;
}

IsmbNames *
ismb_certificate_get_holder (gnutls_x509_crt_t certificate, GError **error)
{
  return check_key (certificate, ismb_names_of_certificate (certificate, error), error);
}

IsmbNames *
ismb_certificate_get_account (gnutls_x509_crt_t certificate, GError **error)
{
  return check_key (certificate, ismb_names_of_account (certificate, error), error);
}

/* Named outright: GnuTLS takes a certificate that names no purpose as good for any. */
static gboolean
has_purpose (gnutls_x509_crt_t certificate, const char *purpose)
{
  char oid[64];
  size_t size = sizeof oid;

  for (guint i = 0; gnutls_x509_crt_get_key_purpose_oid (certificate, i, oid, &size, NULL) >= 0;
       i++)
    {
      if (g_str_equal (oid, purpose))
        return TRUE;
      size = sizeof oid;
    }
  return FALSE;
}

gboolean
ismb_certificate_check_purposes (gnutls_x509_crt_t certificate, GError **error)
{
  if (has_purpose (certificate, GNUTLS_KP_TLS_WWW_SERVER) &&
      has_purpose (certificate, GNUTLS_KP_TLS_WWW_CLIENT))
    return TRUE;
  g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
                       "the certificate is not meant for both sides of TLS (extended key usage)");
  return FALSE;
}

static char *
format_time (gint64 seconds)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (seconds);

  return time != NULL ? g_date_time_format_iso8601 (time) : g_strdup ("a time that is none");
}

/* Both clocks are shown: switches boot in 1970. */
static char *
describe_clock (IsmbClock *clock)
{
  g_autofree char *now = format_time (ismb_clock_now (clock));
  g_autofree char *host = format_time (ismb_clock_get_host (clock));

  if (!ismb_clock_is_behind (clock))
    return g_strdup_printf ("the clock here says %s", now);
  return g_strdup_printf ("the clock of this host is wrong: it says %s, and it is %s at least: set "
                          "it",
                          host, now);
}

gboolean
ismb_certificate_check_dates (gnutls_x509_crt_t certificate, IsmbClock *clock, GError **error)
{
  gint64 now = ismb_clock_now (clock);
  gint64 from = gnutls_x509_crt_get_activation_time (certificate);
  gint64 until = gnutls_x509_crt_get_expiration_time (certificate);
  g_autofree char *from_text = format_time (from);
  g_autofree char *until_text = format_time (until);
  g_autofree char *clock_text = NULL;

  if (from <= now && now < until)
    return TRUE;
  clock_text = describe_clock (clock);
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
               "the certificate %s: it is valid from %s to %s, and %s",
               now < from ? "is not valid yet" : "expired", from_text, until_text, clock_text);
  return FALSE;
}

gboolean
ismb_certificate_may_sign (gnutls_x509_crt_t certificate)
{
  unsigned int usage = 0, critical = 0;

  return gnutls_x509_crt_get_ca_status (certificate, &critical) > 0 &&
         gnutls_x509_crt_get_key_usage (certificate, &usage, &critical) >= 0 &&
         (usage & GNUTLS_KEY_KEY_CERT_SIGN) != 0;
}

/* Dates are looked at elsewhere, by the fabric's clock. GnuTLS would take what is the same as the
 * CA for good without a look at its signature. */
gboolean
ismb_certificate_check_signature (gnutls_x509_crt_t certificate, gnutls_x509_crt_t ca,
                                  GError **error)
{
  const unsigned int flags = GNUTLS_VERIFY_DISABLE_TIME_CHECKS | GNUTLS_VERIFY_DO_NOT_ALLOW_SAME;
  unsigned int status = GNUTLS_CERT_INVALID;
  gnutls_datum_t text = { NULL, 0 };
  int result = ismb_certificate_may_sign (ca)
                   ? gnutls_x509_crt_verify (certificate, &ca, 1, flags, &status)
                   : GNUTLS_E_CERTIFICATE_ERROR;

  if (result >= 0 && status == 0)
    return TRUE;
  gnutls_certificate_verification_status_print (status, GNUTLS_CRT_X509, &text, 0);
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED, "it is no certificate of this fabric: %s",
               text.data != NULL ? (const char *) text.data : gnutls_strerror (result));
  gnutls_free (text.data);
  return FALSE;
}
