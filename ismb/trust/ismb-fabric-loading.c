/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.trust.fabric"

#include "config.h"
#include "ismb/trust/ismb-fabric-private.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/trust/ismb-certificate.h"

static gboolean
load_bundle (IsmbFabric *self, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (IsmbBundle) bundle = ismb_bundle_load (self->bundle_path, &local_error);
  IsmbNames *names = NULL;

  if (bundle != NULL)
    names = ismb_certificate_get_holder (bundle->leaf, &local_error);
  if (names != NULL)
    ismb_fabric_take_bundle (self, g_steal_pointer (&bundle), names);
  if (local_error == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

static gboolean
load_authority (IsmbFabric *self, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  self->authority = ismb_authority_load (self->state_dir, &local_error);
  if (self->authority != NULL)
    {
      ismb_authority_set_clock (self->authority, self->clock);
      ismb_authority_set_revocations (self->authority, self->revocations);
    }
  if (self->authority != NULL || g_error_matches (local_error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

static gboolean
load_mode (IsmbFabric *self, GError **error)
{
  g_autofree char *path = g_build_filename (self->state_dir, "pins", NULL);

  if (self->mode == ISMB_FABRIC_CLOSED)
    return TRUE;
  g_warning ("trust=open: whoever comes first with a name is believed; this is for a laboratory");
  self->pins = ismb_pins_load (path, error);
  return self->pins != NULL;
}

static gboolean
check_vrs (const char *const *vrs, GError **error)
{
  for (guint i = 0; vrs != NULL && vrs[i] != NULL; i++)
    if (!ismb_names_check_vr (vrs[i], error))
      return FALSE;
  return TRUE;
}

static gboolean
load_clock (IsmbFabric *self, GError **error)
{
  g_autofree char *path = g_build_filename (self->state_dir, "clock", NULL);

  self->clock = ismb_clock_load (path, error);
  return self->clock != NULL;
}

/* What a fabric has said that was left is nothing to the next one. */
static void
forget_revocations (IsmbFabric *self)
{
  g_autoptr (GError) error = NULL;

  if (ismb_revocations_get_count (self->revocations) > 0 &&
      !ismb_revocations_clear (self->revocations, &error))
    g_warning ("revocations of a fabric that was left stay: %s", error->message);
}

static gboolean
load_revocations (IsmbFabric *self, GError **error)
{
  g_autofree char *path = g_build_filename (self->state_dir, "revoked", NULL);

  self->revocations = ismb_revocations_load (path, error);
  return self->revocations != NULL;
}

/* A registrar can help itself: where its certificate ends, or a crash came between CA and
 * certificate. Nothing here keeps a switch from starting: somebody must be able to reach it. */
static void
settle (IsmbFabric *self)
{
  g_autoptr (GError) error = NULL;

  if (self->authority != NULL)
    ismb_fabric_renew_registrar (self, &error);
  else if (self->bundle != NULL)
    ismb_fabric_check_membership (self, &error);
  else
    forget_revocations (self);
  if (error != NULL)
    g_warning ("%s: %s",
               ismb_fabric_is_member (self) ? "the registrar's own certificate is not renewed"
                                            : "not a member of the fabric for now",
               error->message);
}

static IsmbFabric *
fabric_new (const char *state_dir, const char *domain, const char *const *vrs, IsmbFabricMode mode)
{
  IsmbFabric *self = g_object_new (ISMB_TYPE_FABRIC, NULL);

  self->state_dir = g_strdup (state_dir);
  self->bundle_path = g_build_filename (state_dir, "fabric.pem", NULL);
  self->domain = g_strdup (domain);
  self->vrs = vrs != NULL ? g_strdupv ((char **) vrs) : g_new0 (char *, 1);
  self->mode = mode;
  return self;
}

IsmbFabric *
ismb_fabric_load (const char *state_dir, const char *domain, const char *const *vrs,
                  IsmbFabricMode mode, GError **error)
{
  g_autoptr (IsmbFabric) self = fabric_new (state_dir, domain, vrs, mode);

  if (!ismb_names_check_domain (domain, strlen (domain), error) || !check_vrs (vrs, error))
    return NULL;
  self->identity = ismb_identity_load (state_dir, error);
  if (self->identity == NULL || !load_clock (self, error) || !load_revocations (self, error) ||
      !load_bundle (self, error) || !load_authority (self, error) || !load_mode (self, error))
    return NULL;
  settle (self);
  return g_steal_pointer (&self);
}
