/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.trust.certificate"

#include "config.h"
#include "ismb/trust/ismb-certificate.h"

#include <gnutls/crypto.h>
#include <string.h>

#include "ismb/core/ismb-error.h"

#define AUTHORITY_SECONDS (10LL * 365 * 24 * 60 * 60)
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
new_certificate (const char *common_name, gint64 from, gint64 until, GError **error)
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
    result = gnutls_x509_crt_set_activation_time (certificate, from);
  if (result >= 0)
    result = gnutls_x509_crt_set_expiration_time (certificate, until);
  return good (result, "make a certificate", error) ? g_steal_pointer (&certificate) : NULL;
}

/* What all certificates of a CA say of it, whoever signs them; `name` to the byte, since it must be
 * the issuer of what the CA signed. */
static gnutls_x509_crt_t
new_ca_certificate (const char *name, gnutls_pubkey_t key, gint64 from, gint64 until,
                    GError **error)
{
  g_auto (gnutls_x509_crt_t) ca = new_certificate (name, from, until, error);
  int result = 0;

  if (ca == NULL)
    return NULL;
  result = set_subject (ca, GNUTLS_OID_X520_ORGANIZATION_NAME, name);
  if (result >= 0)
    result = gnutls_x509_crt_set_pubkey (ca, key);
  if (result >= 0)
    result = gnutls_x509_crt_set_basic_constraints (ca, 1, 0);
  if (result >= 0)
    result = gnutls_x509_crt_set_key_usage (ca, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN);
  if (result >= 0)
    result = set_subject_key_id (ca);
  return good (result, "make a CA's certificate", error) ? g_steal_pointer (&ca) : NULL;
}

static gboolean
sign_ca_certificate (gnutls_x509_crt_t certificate, gnutls_x509_crt_t ca,
                     gnutls_x509_privkey_t ca_key, GError **error)
{
  int result = set_authority_key_id (certificate, ca);

  if (result >= 0)
    result = gnutls_x509_crt_sign2 (certificate, ca, ca_key, GNUTLS_DIG_SHA256, 0);
  return good (result, "sign a CA's certificate", error);
}

gnutls_x509_crt_t
ismb_certificate_new_authority (gnutls_x509_privkey_t key, const char *fabric_name, gint64 from,
                                GError **error)
{
  g_auto (gnutls_pubkey_t) public_key = ismb_certificate_get_public (key, error);
  g_auto (gnutls_x509_crt_t) ca = NULL;

  if (public_key != NULL)
    ca = new_ca_certificate (fabric_name, public_key, from, from + AUTHORITY_SECONDS, error);
  if (ca == NULL || !sign_ca_certificate (ca, ca, key, error))
    return NULL;
  return g_steal_pointer (&ca);
}

gnutls_x509_crt_t
ismb_certificate_new_kin (gnutls_x509_crt_t subject, gint64 from, gint64 until,
                          gnutls_x509_crt_t ca, gnutls_x509_privkey_t ca_key, GError **error)
{
  g_autofree char *name = ismb_certificate_dup_common_name (subject);
  g_auto (gnutls_pubkey_t) key = ismb_certificate_get_key (subject);
  g_auto (gnutls_x509_crt_t) kin = NULL;

  if (name == NULL || key == NULL)
    good (GNUTLS_E_INVALID_REQUEST, "read the CA's certificate", error);
  else
    kin = new_ca_certificate (name, key, from, until, error);
  if (kin == NULL || !sign_ca_certificate (kin, ca, ca_key, error))
    return NULL;
  return g_steal_pointer (&kin);
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
ismb_certificate_new_leaf (IsmbNames *names, gnutls_pubkey_t key, gint64 from, gint64 until,
                           gnutls_x509_crt_t ca, gnutls_x509_privkey_t ca_key, GError **error)
{
  g_auto (gnutls_x509_crt_t) leaf = NULL;
  gnutls_datum_t extension = { NULL, 0 };
  int result = 0;

  if (!ismb_names_export (names, &extension, error))
    return NULL;
  leaf = new_certificate (names->domain, from, until, error);
  if (leaf != NULL)
    result =
        gnutls_x509_crt_set_extension_by_oid (leaf, OID_SAN, extension.data, extension.size, 0);
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
    result =
        gnutls_x509_crq_set_extension_by_oid (request, OID_SAN, extension.data, extension.size, 0);
  gnutls_free (extension.data);
  if (result >= 0)
    result = gnutls_x509_crq_sign2 (request, key, GNUTLS_DIG_SHA256, 0);
  return good (result, "make a certificate request", error) ? g_steal_pointer (&request) : NULL;
}
