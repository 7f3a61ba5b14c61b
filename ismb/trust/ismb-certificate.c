/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.trust.certificate"

#include "config.h"
#include "ismb/trust/ismb-certificate.h"

#include <gnutls/crypto.h>
#include <string.h>

#include "ismb/core/ismb-error.h"

#define HOUR (60 * 60)
#define YEAR (365 * 24 * HOUR)
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

gnutls_x509_privkey_t
ismb_certificate_new_key (GError **error)
{
  g_auto (gnutls_x509_privkey_t) key = NULL;
  unsigned int bits = GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1);

  if (!good (gnutls_x509_privkey_init (&key), "make a key", error) ||
      !good (gnutls_x509_privkey_generate (key, GNUTLS_PK_ECDSA, bits, 0), "make a key", error))
    return NULL;
  return g_steal_pointer (&key);
}

/* 128 random bits behind a byte that keeps the number positive and of one length. */
static int
set_serial (gnutls_x509_crt_t certificate)
{
  guint8 serial[17] = { 1 };
  int result = gnutls_rnd (GNUTLS_RND_NONCE, serial + 1, sizeof serial - 1);

  return result < 0 ? result : gnutls_x509_crt_set_serial (certificate, serial, sizeof serial);
}

static int
set_subject_key_id (gnutls_x509_crt_t certificate)
{
  guint8 id[20];
  size_t size = sizeof id;
  int result = gnutls_x509_crt_get_key_id (certificate, GNUTLS_KEYID_USE_SHA1, id, &size);

  return result < 0 ? result : gnutls_x509_crt_set_subject_key_id (certificate, id, size);
}

static int
set_authority_key_id (gnutls_x509_crt_t certificate, gnutls_x509_crt_t ca)
{
  guint8 id[64];
  size_t size = sizeof id;
  int result = gnutls_x509_crt_get_subject_key_id (ca, id, &size, NULL);

  return result < 0 ? result : gnutls_x509_crt_set_authority_key_id (certificate, id, size);
}

static int
set_subject (gnutls_x509_crt_t certificate, const char *oid, const char *text)
{
  return gnutls_x509_crt_set_dn_by_oid (certificate, oid, 0, text, strlen (text));
}

/* What CA and switch have in common. */
static gnutls_x509_crt_t
new_certificate (const char *common_name, gint64 expiry, GError **error)
{
  g_auto (gnutls_x509_crt_t) certificate = NULL;
  int result = gnutls_x509_crt_init (&certificate);

  if (result >= 0)
    result = gnutls_x509_crt_set_version (certificate, 3);
  if (result >= 0)
    result = set_serial (certificate);
  if (result >= 0)
    result = set_subject (certificate, GNUTLS_OID_X520_COMMON_NAME, common_name);
  if (result >= 0)
    result = gnutls_x509_crt_set_activation_time (certificate,
                                                  g_get_real_time () / G_USEC_PER_SEC - HOUR);
  if (result >= 0)
    result = gnutls_x509_crt_set_expiration_time (certificate, expiry);
  return good (result, "make a certificate", error) ? g_steal_pointer (&certificate) : NULL;
}

gnutls_x509_crt_t
ismb_certificate_new_authority (gnutls_x509_privkey_t key, const char *fabric_name, GError **error)
{
  gint64 expiry = g_get_real_time () / G_USEC_PER_SEC + 10LL * YEAR;
  g_auto (gnutls_x509_crt_t) ca = new_certificate (fabric_name, expiry, error);
  int result = 0;

  if (ca == NULL)
    return NULL;
  result = set_subject (ca, GNUTLS_OID_X520_ORGANIZATION_NAME, fabric_name);
  if (result >= 0)
    result = gnutls_x509_crt_set_key (ca, key);
  if (result >= 0)
    result = gnutls_x509_crt_set_basic_constraints (ca, 1, 0);
  if (result >= 0)
    result = gnutls_x509_crt_set_key_usage (ca, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN);
  if (result >= 0)
    result = set_subject_key_id (ca);
  if (result >= 0)
    result = set_authority_key_id (ca, ca);
  if (result >= 0)
    result = gnutls_x509_crt_sign2 (ca, ca, key, GNUTLS_DIG_SHA256, 0);
  return good (result, "make the fabric's certificate", error) ? g_steal_pointer (&ca) : NULL;
}

static int
set_purposes (gnutls_x509_crt_t leaf)
{
  int result = gnutls_x509_crt_set_basic_constraints (leaf, 0, -1);

  if (result >= 0)
    result = gnutls_x509_crt_set_key_usage (leaf, GNUTLS_KEY_DIGITAL_SIGNATURE);
  if (result >= 0)
    result = gnutls_x509_crt_set_key_purpose_oid (leaf, GNUTLS_KP_TLS_WWW_SERVER, 0);
  if (result >= 0)
    result = gnutls_x509_crt_set_key_purpose_oid (leaf, GNUTLS_KP_TLS_WWW_CLIENT, 0);
  return result;
}

gnutls_x509_crt_t
ismb_certificate_new_leaf (IsmbNames *names, gnutls_pubkey_t key, gint64 expiry,
                           gnutls_x509_crt_t ca, gnutls_x509_privkey_t ca_key, GError **error)
{
  g_auto (gnutls_x509_crt_t) leaf = NULL;
  gnutls_datum_t extension = { NULL, 0 };
  int result = 0;

  if (!ismb_names_export (names, &extension, error))
    return NULL;
  leaf = new_certificate (names->domain, expiry, error);
  if (leaf != NULL)
    result = gnutls_x509_crt_set_extension_by_oid (leaf, OID_SAN, extension.data, extension.size,
                                                   0);
  gnutls_free (extension.data);
  if (leaf == NULL)
    return NULL;
  if (result >= 0)
    result = gnutls_x509_crt_set_pubkey (leaf, key);
  if (result >= 0)
    result = set_purposes (leaf);
  if (result >= 0)
    result = set_subject_key_id (leaf);
  if (result >= 0)
    result = set_authority_key_id (leaf, ca != NULL ? ca : leaf);
  if (result >= 0)
    result = gnutls_x509_crt_sign2 (leaf, ca != NULL ? ca : leaf, ca_key, GNUTLS_DIG_SHA256, 0);
  return good (result, "make a certificate", error) ? g_steal_pointer (&leaf) : NULL;
}

gnutls_x509_crq_t
ismb_certificate_new_request (IsmbNames *names, gnutls_x509_privkey_t key, GError **error)
{
  g_auto (gnutls_x509_crq_t) request = NULL;
  gnutls_datum_t extension = { NULL, 0 };
  int result = 0;

  if (!ismb_names_export (names, &extension, error))
    return NULL;
  result = gnutls_x509_crq_init (&request);
  if (result >= 0)
    result = gnutls_x509_crq_set_version (request, 1);
  if (result >= 0)
    result = gnutls_x509_crq_set_dn_by_oid (request, GNUTLS_OID_X520_COMMON_NAME, 0, names->domain,
                                            strlen (names->domain));
  if (result >= 0)
    result = gnutls_x509_crq_set_key (request, key);
  if (result >= 0)
    result = gnutls_x509_crq_set_extension_by_oid (request, OID_SAN, extension.data, extension.size,
                                                   0);
  gnutls_free (extension.data);
  if (result >= 0)
    result = gnutls_x509_crq_sign2 (request, key, GNUTLS_DIG_SHA256, 0);
  return good (result, "make a certificate request", error) ? g_steal_pointer (&request) : NULL;
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

static gboolean
check_pem_size (const char *pem, GError **error)
{
  if (strlen (pem) <= PEM_MAX)
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
               "a PEM text of more than %d bytes is refused", PEM_MAX);
  return FALSE;
}

gboolean
ismb_certificate_list_from_pem (const char *pem, guint count, gnutls_x509_crt_t *list,
                                GError **error)
{
  gnutls_datum_t datum = { (guint8 *) pem, strlen (pem) };
  unsigned int found = count;
  int result = 0;

  if (!check_pem_size (pem, error))
    return FALSE;
  result = gnutls_x509_crt_list_import (list, &found, &datum, GNUTLS_X509_FMT_PEM,
                                        GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED);
  if (result >= 0 && found == count)
    return TRUE;
  for (guint i = 0; i < (result < 0 ? 0 : found); i++)
    gnutls_x509_crt_deinit (list[i]);
  memset (list, 0, count * sizeof *list);
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED, "here must be %u certificates in PEM: %s",
               count, result < 0 ? gnutls_strerror (result) : "there are fewer");
  return FALSE;
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

IsmbNames *
ismb_certificate_get_holder (gnutls_x509_crt_t certificate, GError **error)
{
  g_autoptr (IsmbNames) names = ismb_names_of_certificate (certificate, error);
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

static gboolean
check_purposes (gnutls_x509_crt_t certificate, GError **error)
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

/* Before the signature, for a message that shows both clocks: switches boot in 1970. */
static gboolean
check_dates (gnutls_x509_crt_t certificate, GError **error)
{
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  gint64 from = gnutls_x509_crt_get_activation_time (certificate);
  gint64 until = gnutls_x509_crt_get_expiration_time (certificate);
  g_autofree char *now_text = format_time (now);
  g_autofree char *from_text = format_time (from);
  g_autofree char *until_text = format_time (until);

  if (from <= now && now < until)
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
               "the certificate is valid from %s to %s, and the clock here says %s%s", from_text,
               until_text, now_text, now < from ? "" : ": it expired");
  return FALSE;
}

static gboolean
check_signature (gnutls_x509_crt_t certificate, gnutls_x509_crt_t ca, GError **error)
{
  gnutls_x509_trust_list_t list = NULL;
  unsigned int status = GNUTLS_CERT_INVALID;
  gnutls_datum_t text = { NULL, 0 };
  int result = gnutls_x509_trust_list_init (&list, 1);

  if (result >= 0)
    result = gnutls_x509_trust_list_add_cas (list, &ca, 1, 0);
  if (result >= 0)
    result = gnutls_x509_trust_list_verify_crt (list, &certificate, 1, 0, &status, NULL);
  if (list != NULL)
    gnutls_x509_trust_list_deinit (list, 0); /* the certificates stay the caller's */
  if (result >= 0 && status == 0)
    return TRUE;
  gnutls_certificate_verification_status_print (status, GNUTLS_CRT_X509, &text, 0);
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED, "it is no certificate of this fabric: %s",
               text.data != NULL ? (const char *) text.data : gnutls_strerror (result));
  gnutls_free (text.data);
  return FALSE;
}

gboolean
ismb_certificate_check (gnutls_x509_crt_t certificate, gnutls_x509_crt_t ca, GError **error)
{
  if (!check_dates (certificate, error) || !check_purposes (certificate, error))
    return FALSE;
  if (ca == NULL)
    return TRUE;
  /* A trust list takes what is in it for itself, whatever it says. */
  if (!gnutls_x509_crt_equals (certificate, ca))
    return check_signature (certificate, ca, error);
  g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
                       "this is the fabric's own certificate, and not a switch's");
  return FALSE;
}
