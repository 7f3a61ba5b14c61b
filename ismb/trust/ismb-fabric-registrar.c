/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.trust.fabric"

#include "config.h"
#include "ismb/trust/ismb-fabric-private.h"

#include "ismb/core/ismb-error.h"
#include "ismb/trust/ismb-request.h"

static gboolean
check_registrar (IsmbFabric *self, GError **error)
{
  if (self->authority != NULL)
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED,
               "%s is no registrar: that is the switch where `switchctl fabric init` was given",
               self->domain);
  return FALSE;
}

static gboolean
certify_self (IsmbFabric *self, GError **error)
{
  g_autofree char *request = ismb_fabric_request (self, error);
  g_autofree char *bundle =
      request != NULL ? ismb_authority_certify_registrar (self->authority, request, error) : NULL;

  return bundle != NULL &&
         ismb_fabric_install (self, bundle, ismb_authority_get_ca_hash (self->authority), error);
}

static gboolean
check_outside (IsmbFabric *self, GError **error)
{
  const char *name = self->name != NULL ? self->name : "?";

  if (self->authority != NULL)
    g_set_error (error, ISMB_ERROR, ISMB_ERROR_EXISTS,
                 "this switch is a registrar of the fabric “%s” already, and can be in one only; "
                 "`switchctl fabric leave --destroy` ends that fabric",
                 name);
  else if (self->bundle != NULL)
    g_set_error (error, ISMB_ERROR, ISMB_ERROR_EXISTS,
                 "this switch is in the fabric “%s” already, and can be in one only; to leave it: "
                 "`switchctl fabric leave`",
                 name);
  else
    return TRUE;
  return FALSE;
}

static gboolean
check_clock (IsmbFabric *self, GError **error)
{
  g_autoptr (GDateTime) host = g_date_time_new_from_unix_utc (ismb_clock_get_host (self->clock));
  g_autofree char *text = host != NULL ? g_date_time_format_iso8601 (host) : g_strdup ("?");

  if (!ismb_clock_is_behind (self->clock))
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED,
               "no fabric can begin while the clock here says %s: set it first", text);
  return FALSE;
}

gboolean
ismb_fabric_establish (IsmbFabric *self, const char *name, GError **error)
{
  if (!check_outside (self, error) || !check_clock (self, error))
    return FALSE;
  self->authority = ismb_authority_create (self->state_dir, name, error);
  if (self->authority == NULL)
    return FALSE;
  ismb_authority_set_clock (self->authority, self->clock);
  ismb_authority_set_revocations (self->authority, self->revocations);
  if (certify_self (self, error))
    return TRUE;
  g_clear_object (&self->authority);
  ismb_authority_discard (self->state_dir);
  return FALSE;
}

/* Also where it was signed before registrars had a certificate of their own, or by the former CA.
 */
static gboolean
is_due (IsmbFabric *self)
{
  return !ismb_fabric_is_member (self) || !self->names->registrar || ismb_fabric_lacks_vr (self) ||
         !g_str_equal (self->bundle->ca_hash, ismb_authority_get_ca_hash (self->authority)) ||
         ismb_clock_now (self->clock) >= ismb_fabric_get_two_thirds (self);
}

gboolean
ismb_fabric_renew_registrar (IsmbFabric *self, GError **error)
{
  return check_registrar (self, error) && (!is_due (self) || certify_self (self, error));
}

/* Out first, and then in: whoever tries again after a crash between the two finds a name that is
 * free. */
static gboolean
evict (IsmbFabric *self, const IsmbNames *names, GError **error)
{
  g_autofree char *holder = ismb_authority_dup_holder (self->authority, names->domain);

  return holder == NULL || g_str_equal (holder, names->device_id) ||
         ismb_fabric_revoke (self, holder, error);
}

static gboolean
check_can_sign (IsmbFabric *self, const IsmbNames *names, GError **error)
{
  if (!ismb_fabric_is_revoked (self, names->device_id))
    return check_clock (self, error);
  g_set_error (
      error, ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED,
      "device %s is revoked, and that is for ever; with `switchctl fabric leave --new-key` "
      "the switch becomes another device, which may be certified",
      names->device_id);
  return FALSE;
}

/* What is signed for ourselves by hand says that we are the registrar, too. */
static gboolean
is_self (IsmbFabric *self, const IsmbNames *names)
{
  return g_str_equal (names->device_id, ismb_identity_get_full_id (self->identity)) &&
         g_str_equal (names->domain, self->domain);
}

char *
ismb_fabric_sign (IsmbFabric *self, const char *request_pem, gboolean replace, GError **error)
{
  g_autoptr (IsmbRequest) request = NULL;

  if (!check_registrar (self, error))
    return NULL;
  request = ismb_request_parse (request_pem, error);
  if (request == NULL)
    return NULL;
  if (is_self (self, request->names))
    return ismb_authority_certify_registrar (self->authority, request_pem, error);
  if (replace &&
      (!check_can_sign (self, request->names, error) || !evict (self, request->names, error)))
    return NULL;
  return ismb_authority_sign (self->authority, request_pem, error);
}

IsmbAdmission
ismb_fabric_admit (IsmbFabric *self, const IsmbApplication *application, char **bundle, char **rule,
                   GError **error)
{
  *bundle = *rule = NULL;
  if (!check_registrar (self, error))
    return ISMB_ADMISSION_REFUSED;
  return ismb_authority_admit (self->authority, application, bundle, rule, error);
}

static gboolean
check_revocable (IsmbFabric *self, const char *device_id, GError **error)
{
  if (!ismb_names_is_device_id (device_id))
    g_set_error (error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND, "“%s” is no device's full id", device_id);
  else if (g_str_equal (device_id, ismb_identity_get_full_id (self->identity)))
    g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED,
                         "this is the registrar itself, without which nobody could be let in or "
                         "revoked; to end the fabric: `switchctl fabric leave --destroy`");
  else if (ismb_fabric_is_revoked (self, device_id))
    g_set_error (error, ISMB_ERROR, ISMB_ERROR_EXISTS, "device %s is revoked already", device_id);
  else if (ismb_revocations_get_count (self->revocations) >= ISMB_REVOCATIONS_MAX)
    g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED,
                 "%d devices are revoked, and a fabric keeps no more", ISMB_REVOCATIONS_MAX);
  else
    return TRUE;
  return FALSE;
}

gboolean
ismb_fabric_revoke (IsmbFabric *self, const char *device_id, GError **error)
{
  g_autoptr (IsmbRevocation) revocation = NULL;

  if (!check_registrar (self, error) || !check_revocable (self, device_id, error))
    return FALSE;
  revocation = ismb_authority_revoke (self->authority, device_id, error);
  if (revocation == NULL)
    return FALSE;
  ismb_fabric_emit_revoked (self, device_id);
  return TRUE;
}

/* From the moment that there is a new CA, whatever comes after can be done later. */
gboolean
ismb_fabric_roll_over (IsmbFabric *self, gint64 overlap, GError **error)
{
  g_autoptr (GError) reason = NULL;

  if (!check_registrar (self, error) || !ismb_authority_roll_over (self->authority, overlap, error))
    return FALSE;
  if (!certify_self (self, &reason))
    g_warning ("the registrar's own certificate is still of the former CA: %s", reason->message);
  return TRUE;
}
