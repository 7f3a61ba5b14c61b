/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.trust.request"

#include "config.h"
#include "ismb/trust/ismb-request.h"

#include "ismb/core/ismb-error.h"
#include "ismb/trust/ismb-certificate.h"

#define CURVE_BITS 256

void
ismb_request_free (IsmbRequest *self)
{
  g_clear_pointer (&self->key, gnutls_pubkey_deinit);
  g_clear_pointer (&self->names, ismb_names_free);
  g_free (self);
}

/* Proof that whoever asks has the key, and that it is one of ours. */
static gnutls_pubkey_t
get_key (gnutls_x509_crq_t request, GError **error)
{
  g_auto (gnutls_pubkey_t) key = NULL;
  unsigned int bits = 0;

  if (gnutls_x509_crq_verify (request, 0) < 0)
    {
      g_set_error_literal (
          error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
          "the request's signature does not hold: it was damaged or changed on its way");
      return NULL;
    }
  if (gnutls_x509_crq_get_pk_algorithm (request, &bits) != GNUTLS_PK_ECDSA || bits != CURVE_BITS)
    {
      g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
                           "the request's key must be ECDSA P-256");
      return NULL;
    }
  if (gnutls_pubkey_init (&key) < 0 || gnutls_pubkey_import_x509_crq (key, request, 0) < 0)
    {
      g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
                           "the request's key cannot be read");
      return NULL;
    }
  return g_steal_pointer (&key);
}

static IsmbNames *
get_names (gnutls_x509_crq_t request, gnutls_pubkey_t key, GError **error)
{
  g_autoptr (IsmbNames) names = ismb_names_of_request (request, error);
  g_autofree char *id = ismb_certificate_key_to_base32 (key);

  if (names == NULL)
    return NULL;
  if (id != NULL && g_str_equal (id, names->device_id))
    return g_steal_pointer (&names);
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
               "the request of %s claims device id %s, and its key is that of %s", names->domain,
               names->device_id, id != NULL ? id : "no device");
  return NULL;
}

IsmbRequest *
ismb_request_parse (const char *pem, GError **error)
{
  g_auto (gnutls_x509_crq_t) request = ismb_certificate_request_from_pem (pem, error);
  g_autoptr (IsmbRequest) self = g_new0 (IsmbRequest, 1);

  if (request == NULL)
    return NULL;
  self->key = get_key (request, error);
  if (self->key != NULL)
    self->names = get_names (request, self->key, error);
  return self->names != NULL ? g_steal_pointer (&self) : NULL;
}
