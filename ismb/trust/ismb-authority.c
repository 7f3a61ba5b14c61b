/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.trust.authority"

#include "config.h"
#include "ismb/trust/ismb-authority.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/trust/ismb-certificate.h"
#include "ismb/trust/ismb-key-file.h"
#include "ismb/trust/ismb-ledger.h"

#define LEAF_SECONDS (90LL * 24 * 60 * 60)
#define CURVE_BITS 256

struct _IsmbAuthority
{
  GObject parent_instance;
  gnutls_x509_privkey_t key;
  gnutls_x509_crt_t ca;
  char *ca_pem;
  char *ca_hash;
  IsmbLedger *ledger;
};

G_DEFINE_FINAL_TYPE (IsmbAuthority, ismb_authority, G_TYPE_OBJECT)

static void
ismb_authority_finalize (GObject *object)
{
  IsmbAuthority *self = ISMB_AUTHORITY (object);

  g_clear_pointer (&self->key, gnutls_x509_privkey_deinit);
  g_clear_pointer (&self->ca, gnutls_x509_crt_deinit);
  g_free (self->ca_pem);
  g_free (self->ca_hash);
  g_clear_pointer (&self->ledger, ismb_ledger_free);
  G_OBJECT_CLASS (ismb_authority_parent_class)->finalize (object);
}

static void
ismb_authority_class_init (IsmbAuthorityClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ismb_authority_finalize;
}

static void
ismb_authority_init (IsmbAuthority *self)
{
}

static gboolean
set_ca (IsmbAuthority *self, gnutls_x509_crt_t ca, GError **error)
{
  g_auto (gnutls_pubkey_t) key = ismb_certificate_get_key (ca);

  self->ca = ca;
  self->ca_pem = ismb_certificate_to_pem (ca, error);
  if (self->ca_pem == NULL)
    return FALSE;
  self->ca_hash = key != NULL ? ismb_certificate_key_to_hex (key) : NULL;
  if (self->ca_hash == NULL)
    g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
                         "the fabric's certificate has no usable key");
  return self->ca_hash != NULL;
}

/* Key first and certificate second: a CA without a certificate is no CA yet, and is made anew over
 * the key that a crash left behind. */
static gnutls_x509_privkey_t
load_or_create_key (const char *path, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  gnutls_x509_privkey_t key = ismb_key_file_create (path, &local_error);

  if (key == NULL && g_error_matches (local_error, ISMB_ERROR, ISMB_ERROR_EXISTS))
    return ismb_key_file_load (path, error);
  if (key == NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));
  return key;
}

static gboolean
load_ledger (IsmbAuthority *self, const char *state_dir, GError **error)
{
  g_autofree char *path = g_build_filename (state_dir, "issued", NULL);

  self->ledger = ismb_ledger_load (path, error);
  return self->ledger != NULL;
}

static gboolean
write_ca (IsmbAuthority *self, const char *path, GError **error)
{
  return g_file_set_contents_full (path, self->ca_pem, -1,
                                   G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                   0644, error);
}

IsmbAuthority *
ismb_authority_create (const char *state_dir, const char *fabric_name, GError **error)
{
  g_autoptr (IsmbAuthority) self = g_object_new (ISMB_TYPE_AUTHORITY, NULL);
  g_autofree char *key_path = g_build_filename (state_dir, "ca.key", NULL);
  g_autofree char *ca_path = g_build_filename (state_dir, "ca.pem", NULL);
  gnutls_x509_crt_t ca = NULL;

  if (!ismb_names_check_fabric (fabric_name, error))
    return NULL;
  if (g_file_test (ca_path, G_FILE_TEST_EXISTS))
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_EXISTS, "there is a fabric's CA already: %s",
                   ca_path);
      return NULL;
    }
  self->key = load_or_create_key (key_path, error);
  if (self->key == NULL || !load_ledger (self, state_dir, error))
    return NULL;
  ca = ismb_certificate_new_authority (self->key, fabric_name, error);
  if (ca == NULL || !set_ca (self, ca, error) || !write_ca (self, ca_path, error))
    return NULL;
  return g_steal_pointer (&self);
}

static gnutls_x509_crt_t
load_ca (const char *path, GError **error)
{
  g_autofree char *pem = NULL;
  g_autoptr (GError) local_error = NULL;
  gnutls_x509_crt_t ca = NULL;

  if (!g_file_get_contents (path, &pem, NULL, &local_error))
    {
      gboolean absent = g_error_matches (local_error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
      g_set_error_literal (error, ISMB_ERROR, absent ? ISMB_ERROR_NOT_FOUND : ISMB_ERROR_FAILED,
                           local_error->message);
      return NULL;
    }
  if (!ismb_certificate_list_from_pem (pem, 1, &ca, error))
    g_prefix_error (error, "%s: ", path);
  return ca;
}

/* A certificate put beside another's key would sign what nobody can check. */
static gboolean
key_fits (IsmbAuthority *self)
{
  guint8 of_key[20], of_ca[20];
  size_t size = sizeof of_key;

  return gnutls_x509_privkey_get_key_id (self->key, GNUTLS_KEYID_USE_SHA1, of_key, &size) >= 0 &&
         gnutls_x509_crt_get_key_id (self->ca, GNUTLS_KEYID_USE_SHA1, of_ca, &size) >= 0 &&
         memcmp (of_key, of_ca, sizeof of_key) == 0;
}

IsmbAuthority *
ismb_authority_load (const char *state_dir, GError **error)
{
  g_autoptr (IsmbAuthority) self = g_object_new (ISMB_TYPE_AUTHORITY, NULL);
  g_autofree char *key_path = g_build_filename (state_dir, "ca.key", NULL);
  g_autofree char *ca_path = g_build_filename (state_dir, "ca.pem", NULL);
  gnutls_x509_crt_t ca = load_ca (ca_path, error);

  if (ca == NULL || !set_ca (self, ca, error))
    return NULL;
  self->key = ismb_key_file_load (key_path, error);
  if (self->key == NULL || !load_ledger (self, state_dir, error))
    return NULL;
  if (key_fits (self))
    return g_steal_pointer (&self);
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED, "%s is not the key of %s", key_path,
               ca_path);
  return NULL;
}

void
ismb_authority_discard (const char *state_dir)
{
  g_autofree char *path = g_build_filename (state_dir, "ca.pem", NULL);

  if (g_unlink (path) != 0)
    g_warning ("%s stays behind: %s", path, g_strerror (errno));
}

const char *
ismb_authority_get_ca_pem (IsmbAuthority *self)
{
  return self->ca_pem;
}

const char *
ismb_authority_get_ca_hash (IsmbAuthority *self)
{
  return self->ca_hash;
}

/* Proof that whoever asks has the key, and that it is one of ours. */
static gnutls_pubkey_t
get_request_key (gnutls_x509_crq_t request, GError **error)
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
get_request_names (gnutls_x509_crq_t request, gnutls_pubkey_t key, GError **error)
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

/* What is not in the ledger was not signed: it is written before the certificate is let out. */
static char *
certify (IsmbAuthority *self, IsmbNames *names, gnutls_pubkey_t key, GError **error)
{
  gint64 expiry = g_get_real_time () / G_USEC_PER_SEC + LEAF_SECONDS;
  g_auto (gnutls_x509_crt_t) leaf
      = ismb_certificate_new_leaf (names, key, expiry, self->ca, self->key, error);
  g_autofree char *pem = leaf != NULL ? ismb_certificate_to_pem (leaf, error) : NULL;

  if (pem == NULL
      || !ismb_ledger_enter (self->ledger, names->domain, names->device_id, expiry, error))
    return NULL;
  g_message ("certified %s, device %s", names->domain, names->device_id);
  return g_strconcat (pem, self->ca_pem, NULL);
}

static char *
sign (IsmbAuthority *self, const char *request_pem, gboolean replace, GError **error)
{
  g_auto (gnutls_x509_crq_t) request = ismb_certificate_request_from_pem (request_pem, error);
  g_auto (gnutls_pubkey_t) key = request != NULL ? get_request_key (request, error) : NULL;
  g_autoptr (IsmbNames) names = key != NULL ? get_request_names (request, key, error) : NULL;

  if (names == NULL
      || (!replace && !ismb_ledger_check (self->ledger, names->domain, names->device_id, error)))
    return NULL;
  return certify (self, names, key, error);
}

char *
ismb_authority_sign (IsmbAuthority *self, const char *request_pem, GError **error)
{
  return sign (self, request_pem, FALSE, error);
}

char *
ismb_authority_replace (IsmbAuthority *self, const char *request_pem, GError **error)
{
  return sign (self, request_pem, TRUE, error);
}
