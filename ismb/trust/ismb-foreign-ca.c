/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/trust/ismb-foreign-ca.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/trust/ismb-certificate.h"

#define CHAIN_MAX 8  /* certificates of a stranger that are looked at */
#define NAMES_MAX 256
#define OID_SAN "2.5.29.17"
#define OID_XMPP_ADDR "1.3.6.1.5.5.7.8.5"

struct _IsmbForeignCa
{
  gnutls_x509_trust_list_t list;
};

G_DEFINE_AUTO_CLEANUP_FREE_FUNC (gnutls_subject_alt_names_t, gnutls_subject_alt_names_deinit, NULL)

void
ismb_foreign_ca_free (IsmbForeignCa *self)
{
  if (self->list != NULL)
    gnutls_x509_trust_list_deinit (self->list, TRUE);
  g_free (self);
}

IsmbForeignCa *
ismb_foreign_ca_load (const char *path, GError **error)
{
  g_autoptr (IsmbForeignCa) self = g_new0 (IsmbForeignCa, 1);
  g_autoptr (GError) cause = NULL;
  g_autofree char *pem = NULL;
  gsize length = 0;
  gnutls_datum_t text;

  if (!g_file_get_contents (path, &pem, &length, &cause))
    {
      g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG, cause->message);
      return NULL;
    }
  text = (gnutls_datum_t) { (guchar *) pem, (guint) length };
  if (gnutls_x509_trust_list_init (&self->list, 0) >= 0 &&
      gnutls_x509_trust_list_add_trust_mem (self->list, &text, NULL, GNUTLS_X509_FMT_PEM, 0, 0) > 0)
    return g_steal_pointer (&self);
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG, "%s holds no certificate in PEM", path);
  return NULL;
}

static gboolean
untrusted (GError **error, const char *domain, const char *message)
{
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED, "the certificate shown for %s %s", domain,
               message);
  return FALSE;
}

/* Bytes of a stranger: a NUL among them makes no name end early. */
static gboolean
is_name (const gnutls_datum_t *value, const char *name)
{
  return name != NULL && value->size == strlen (name) &&
         g_ascii_strncasecmp ((const char *) value->data, name, value->size) == 0;
}

static gboolean
is_xmpp_address (const gnutls_datum_t *value, const gnutls_datum_t *oid, const char *domain)
{
  gnutls_datum_t text = { NULL, 0 };
  unsigned int type = 0;
  gboolean equal;

  if (oid->data == NULL || !g_str_equal ((const char *) oid->data, OID_XMPP_ADDR) ||
      gnutls_x509_othername_to_virtual ((const char *) oid->data, value, &type, &text) < 0)
    return FALSE;
  equal = is_name (&text, domain);
  gnutls_free (text.data);
  return equal;
}

/* In a dNSName, letters beyond ASCII are written as DNS has them. */
static gboolean
names_domain (gnutls_subject_alt_names_t names, const char *domain)
{
  g_autofree char *host = g_hostname_to_ascii (domain);

  for (guint i = 0; i < NAMES_MAX; i++)
    {
      gnutls_datum_t value = { NULL, 0 };
      gnutls_datum_t oid = { NULL, 0 };
      unsigned int type = 0;

      if (gnutls_subject_alt_names_get (names, i, &type, &value, &oid) < 0)
        return FALSE;
      if (type == GNUTLS_SAN_DNSNAME && is_name (&value, host))
        return TRUE;
      if (type == GNUTLS_SAN_OTHERNAME && is_xmpp_address (&value, &oid, domain))
        return TRUE;
    }
  return FALSE;
}

static gboolean
check_name (gnutls_x509_crt_t certificate, const char *domain, GError **error)
{
  g_auto (gnutls_subject_alt_names_t) names = NULL;
  gnutls_datum_t extension = { NULL, 0 };
  gboolean named = FALSE;

  if (gnutls_x509_crt_get_extension_by_oid2 (certificate, OID_SAN, 0, &extension, NULL) < 0)
    return untrusted (error, domain, "has no subjectAltName, so it names nobody");
  if (gnutls_subject_alt_names_init (&names) >= 0 &&
      gnutls_x509_ext_import_subject_alt_names (&extension, names, 0) >= 0)
    named = names_domain (names, domain);
  gnutls_free (extension.data);
  return named || untrusted (error, domain, "is for other names");
}

/* Whatever can be read of what came, the leaf first. */
static guint
parse_chain (GPtrArray *chain, gnutls_x509_crt_t *list, GError **error)
{
  guint count = 0;

  for (guint i = 0; i < MIN (chain->len, CHAIN_MAX); i++)
    {
      list[count] = ismb_certificate_from_der (chain->pdata[i], i == 0 ? error : NULL);
      if (list[count] == NULL && i == 0)
        return 0;
      count += list[count] != NULL ? 1 : 0;
    }
  if (count == 0)
    g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED, "no certificate was shown");
  return count;
}

/* A server's purpose is asked for, also where it comes to us: public CAs give no other one. */
static gboolean
check_signatures (IsmbForeignCa *self, gnutls_x509_crt_t *list, guint count, const char *domain,
                  GError **error)
{
  gnutls_typed_vdata_st server
    = { .type = GNUTLS_DT_KEY_PURPOSE_OID, .data = (guchar *) GNUTLS_KP_TLS_WWW_SERVER };
  gnutls_datum_t reason = { NULL, 0 };
  unsigned int status = GNUTLS_CERT_INVALID;

  if (gnutls_x509_trust_list_verify_crt2 (self->list, list, count, &server, 1, 0, &status, NULL) >= 0
      && status == 0)
    return TRUE;
  if (gnutls_certificate_verification_status_print (status, GNUTLS_CRT_X509, &reason, 0) < 0)
    return untrusted (error, domain, "cannot be verified");
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED, "of %s: %s", domain, reason.data);
  gnutls_free (reason.data);
  return FALSE;
}

gboolean
ismb_foreign_ca_vouches (IsmbForeignCa *self, GPtrArray *chain, const char *domain, GError **error)
{
  gnutls_x509_crt_t list[CHAIN_MAX] = { NULL };
  guint count = parse_chain (chain, list, error);
  gboolean vouched = count > 0 && check_signatures (self, list, count, domain, error) &&
                     check_name (list[0], domain, error);

  for (guint i = 0; i < count; i++)
    gnutls_x509_crt_deinit (list[i]);
  return vouched;
}
