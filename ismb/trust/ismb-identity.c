/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.trust.identity"

#include "config.h"
#include "ismb/trust/ismb-identity.h"

#include "ismb/core/ismb-error.h"
#include "ismb/trust/ismb-certificate.h"
#include "ismb/trust/ismb-key-file.h"

#define GROUP 4
#define GROUPS 4 /* of the short form */
#define SELF_SIGNED_SECONDS                                                                        \
  (10LL * 365 * 24 * 60 * 60) /* it vouches for nothing, so it need not end */

struct _IsmbIdentity
{
  GObject parent_instance;
  gnutls_x509_privkey_t key;
  gnutls_pubkey_t public_key;
  char *id;
  char *full_id;
};

G_DEFINE_FINAL_TYPE (IsmbIdentity, ismb_identity, G_TYPE_OBJECT)

static void
ismb_identity_finalize (GObject *object)
{
  IsmbIdentity *self = ISMB_IDENTITY (object);

  g_clear_pointer (&self->key, gnutls_x509_privkey_deinit);
  g_clear_pointer (&self->public_key, gnutls_pubkey_deinit);
  g_free (self->id);
  g_free (self->full_id);
  G_OBJECT_CLASS (ismb_identity_parent_class)->finalize (object);
}

static void
ismb_identity_class_init (IsmbIdentityClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ismb_identity_finalize;
}

static void
ismb_identity_init (IsmbIdentity *self)
{
}

static char *
shorten (const char *full_id)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < GROUPS; i++)
    {
      if (i > 0)
        g_string_append_c (text, '-');
      g_string_append_len (text, full_id + i * GROUP, GROUP);
    }
  return g_string_free (text, FALSE);
}

static gnutls_x509_privkey_t
load_or_create (const char *path, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  gnutls_x509_privkey_t key = ismb_key_file_load (path, &local_error);

  if (key == NULL && g_error_matches (local_error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND))
    return ismb_key_file_create (path, error);
  if (key == NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));
  return key;
}

IsmbIdentity *
ismb_identity_load (const char *state_dir, GError **error)
{
  g_autoptr (IsmbIdentity) self = g_object_new (ISMB_TYPE_IDENTITY, NULL);
  g_autofree char *path = g_build_filename (state_dir, "device.key", NULL);

  self->key = load_or_create (path, error);
  if (self->key == NULL)
    return NULL;
  self->public_key = ismb_certificate_get_public (self->key, NULL);
  if (self->public_key != NULL)
    self->full_id = ismb_certificate_key_to_base32 (self->public_key);
  if (self->full_id == NULL)
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED, "the key %s has no public half", path);
      return NULL;
    }
  self->id = shorten (self->full_id);
  return g_steal_pointer (&self);
}

IsmbIdentity *
ismb_identity_replace (const char *state_dir, GError **error)
{
  g_autofree char *path = g_build_filename (state_dir, "device.key", NULL);
  g_autofree char *next = g_build_filename (state_dir, "device-next.key", NULL);
  gnutls_x509_privkey_t key = NULL;

  if (!ismb_key_file_remove (next, error))
    return NULL;
  key = ismb_key_file_create (next, error);
  if (key == NULL)
    return NULL;
  gnutls_x509_privkey_deinit (key);
  return ismb_key_file_replace (path, next, error) ? ismb_identity_load (state_dir, error) : NULL;
}

const char *
ismb_identity_get_id (IsmbIdentity *self)
{
  return self->id;
}

const char *
ismb_identity_get_full_id (IsmbIdentity *self)
{
  return self->full_id;
}

char *
ismb_identity_dup_key_pem (IsmbIdentity *self)
{
  return ismb_key_file_to_pem (self->key, NULL);
}

char *
ismb_identity_self_sign (IsmbIdentity *self, const char *domain, const char *const *vrs, gint64 now,
                         GError **error)
{
  g_autoptr (IsmbNames) names = ismb_names_new (domain, self->full_id, vrs);
  g_auto (gnutls_x509_crt_t) certificate =
      ismb_certificate_new_leaf (names, self->public_key, now - ISMB_CERTIFICATE_LEEWAY,
                                 now + SELF_SIGNED_SECONDS, NULL, self->key, error);

  return certificate != NULL ? ismb_certificate_to_pem (certificate, error) : NULL;
}

char *
ismb_identity_request (IsmbIdentity *self, const char *domain, const char *const *vrs,
                       GError **error)
{
  g_autoptr (IsmbNames) names = ismb_names_new (domain, self->full_id, vrs);
  g_auto (gnutls_x509_crq_t) request = ismb_certificate_new_request (names, self->key, error);

  return request != NULL ? ismb_certificate_request_to_pem (request, error) : NULL;
}
