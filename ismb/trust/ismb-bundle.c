/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.trust.bundle"

#include "config.h"
#include "ismb/trust/ismb-bundle.h"

#include "ismb/core/ismb-error.h"
#include "ismb/trust/ismb-certificate.h"
#include "ismb/trust/ismb-roots.h"

void
ismb_bundle_free (IsmbBundle *self)
{
  g_clear_pointer (&self->leaf, gnutls_x509_crt_deinit);
  g_clear_pointer (&self->roots, g_ptr_array_unref);
  g_free (self->ca_hash);
  g_free (self);
}

static gboolean
untrusted (GError **error, const char *message)
{
  g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED, message);
  return FALSE;
}

/* The hash vouches for the anchor's key, and the key for all else that the certificate says. */
static gboolean
check_anchor (IsmbBundle *self, GError **error)
{
  gnutls_x509_crt_t anchor = self->roots->pdata[0];

  if (!ismb_certificate_check_signature (anchor, anchor, NULL))
    return untrusted (error, "behind the switch's certificate must be that of the fabric's CA");
  self->ca_hash = ismb_certificate_dup_key_hash (anchor);
  return self->ca_hash != NULL ||
         untrusted (error, "the key of the CA's certificate cannot be read");
}

static gboolean
check_kin (IsmbBundle *self, GError **error)
{
  for (guint i = 1; i < self->roots->len; i++)
    if (!ismb_roots_are_akin (self->roots->pdata[0], self->roots->pdata[i]))
      return untrusted (error, "behind the fabric's CA there is a certificate that has nothing to "
                               "do with it");
  return TRUE;
}

IsmbBundle *
ismb_bundle_parse (const char *pem, GError **error)
{
  g_autoptr (IsmbBundle) self = g_new0 (IsmbBundle, 1);
  gnutls_x509_crt_t list[ISMB_BUNDLE_MAX];
  guint count = ismb_certificate_list_from_pem (pem, 2, ISMB_BUNDLE_MAX, list, error);

  if (count == 0)
    return NULL;
  self->leaf = list[0];
  self->roots = ismb_roots_new ();
  for (guint i = 1; i < count; i++)
    g_ptr_array_add (self->roots, list[i]);
  return check_anchor (self, error) && check_kin (self, error) ? g_steal_pointer (&self) : NULL;
}

IsmbBundle *
ismb_bundle_load (const char *path, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *pem = NULL;
  IsmbBundle *self = NULL;

  if (!g_file_get_contents (path, &pem, NULL, &local_error))
    {
      if (!g_error_matches (local_error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  self = ismb_bundle_parse (pem, error);
  if (self == NULL)
    g_prefix_error (error, "%s: ", path);
  return self;
}

static void
drop_ended (IsmbBundle *self, IsmbClock *clock)
{
  for (guint i = self->roots->len - 1; i > 0; i--)
    if (gnutls_x509_crt_get_expiration_time (self->roots->pdata[i]) <= ismb_clock_now (clock))
      g_ptr_array_remove_index (self->roots, i);
}

gboolean
ismb_bundle_save (IsmbBundle *self, const char *path, IsmbClock *clock, GError **error)
{
  g_autofree char *pem = NULL;

  drop_ended (self, clock);
  pem = ismb_bundle_to_pem (self, error);
  return pem != NULL &&
         g_file_set_contents_full (path, pem, -1,
                                   G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                   0644, error);
}

char *
ismb_bundle_to_pem (IsmbBundle *self, GError **error)
{
  g_autofree char *leaf = ismb_certificate_to_pem (self->leaf, error);
  g_autofree char *roots = leaf != NULL ? ismb_roots_to_pem (self->roots, error) : NULL;

  return roots != NULL ? g_strconcat (leaf, roots, NULL) : NULL;
}

gboolean
ismb_bundle_check (IsmbBundle *self, IsmbClock *clock, GError **error)
{
  g_autoptr (GPtrArray) anchor = g_ptr_array_new ();

  g_ptr_array_add (anchor, self->roots->pdata[0]);
  return ismb_roots_vouch (anchor, self->leaf, clock, error) != NULL;
}

/* A rollover leaves three such certificates at most: where there is no place for another, the first
 * of them is of an older one. */
gboolean
ismb_bundle_learn (IsmbBundle *self, gnutls_x509_crt_t ca)
{
  gnutls_x509_crt_t copy = NULL;

  for (guint i = 0; i < self->roots->len; i++)
    if (gnutls_x509_crt_equals (self->roots->pdata[i], ca))
      return FALSE;
  copy = ismb_certificate_copy (ca);
  if (copy == NULL)
    return FALSE;
  if (self->roots->len + 1 >= ISMB_BUNDLE_MAX)
    g_ptr_array_remove_index (self->roots, 1);
  g_ptr_array_add (self->roots, copy);
  return TRUE;
}
