/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "switchctld.registrar-bus"

#include "config.h"
#include "switchctl/daemon/registrar-bus.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/trust/ismb-key-file.h"
#include "switchctl/control/duration.h"
#include "switchctl/daemon/census.h"
#include "switchctl/daemon/fabric-call.h"

#define INVITE_SECONDS 3600
#define APPROVE_SECONDS (7 * 86400)
#define OVERLAP_SECONDS (180 * 86400)
#define ID_DIGITS 52
#define APPROVED_DIGITS 16 /* enough to name a device by */

static gint64
now_of (IsmbFabric *fabric)
{
  return ismb_clock_now (ismb_fabric_get_clock (fabric));
}

static gboolean
check_invitation (guint uses, guint expires, GError **error)
{
  if (uses > 0 && expires > 0)
    return TRUE;
  g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG,
                       "an invitation is for one device at least, and for one second");
  return FALSE;
}

static IsmbToken *
invite (SwitchManager *manager, guint uses, guint expires, GError **error)
{
  IsmbFabric *fabric = switch_manager_get_fabric (manager);
  IsmbAuthority *authority = switch_fabric_call_find_authority (manager, "invite", error);
  g_autoptr (IsmbToken) token = NULL;
  gint64 now = now_of (fabric);

  if (authority == NULL || !check_invitation (uses, expires, error))
    return NULL;
  token = ismb_token_new (ismb_fabric_get_name (fabric), ismb_authority_get_ca_hash (authority));
  if (!ismb_admissions_invite (ismb_authority_get_admissions (authority), token, uses,
                               now + expires, now, error))
    return NULL;
  return g_steal_pointer (&token);
}

static gboolean
on_invite (IsmbDBusFabric1 *object, GDBusMethodInvocation *invocation, GVariant *options,
           SwitchManager *manager)
{
  guint uses = switch_fabric_call_get_number (options, "uses", 1);
  guint expires = switch_fabric_call_get_number (options, "expires", INVITE_SECONDS);
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbToken) token = invite (manager, uses, expires, &error);
  g_autofree char *id = token != NULL ? ismb_token_dup_id (token) : NULL;
  g_autofree char *duration = switch_duration_to_text (expires);
  g_autofree char *what = g_strdup_printf ("invite%s%s, for %u %s, %s",
                                           id != NULL ? " " : "", id != NULL ? id : "", uses,
                                           uses == 1 ? "device" : "devices", duration);

  switch_fabric_call_note (manager, invocation, what, error);
  if (!switch_fabric_call_answer_error (invocation, error))
    {
      char *text = ismb_token_to_text (token);

      ismb_dbus_fabric1_complete_invite (object, invocation, text);
      ismb_key_file_wipe (text);
    }
  return TRUE;
}

static gboolean
on_list_invitations (IsmbDBusFabric1 *object, GDBusMethodInvocation *invocation,
                     SwitchManager *manager)
{
  g_autoptr (GError) error = NULL;
  IsmbAuthority *authority = switch_fabric_call_find_authority (manager, "list its invitations", &error);
  gint64 now = now_of (switch_manager_get_fabric (manager));

  if (!switch_fabric_call_answer_error (invocation, error))
    ismb_dbus_fabric1_complete_list_invitations (
      object, invocation,
      ismb_admissions_list_invitations (ismb_authority_get_admissions (authority), now));
  return TRUE;
}

static void
withdraw (SwitchManager *manager, const char *id, GError **error)
{
  IsmbAuthority *authority = switch_fabric_call_find_authority (manager, "withdraw", error);
  g_autoptr (GError) cause = NULL;

  if (authority == NULL
      || ismb_admissions_withdraw (ismb_authority_get_admissions (authority), id, &cause))
    return;
  if (g_error_matches (cause, ISMB_ERROR, ISMB_ERROR_NOT_FOUND))
    g_set_error (error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND,
                 "there is no invitation %.64s: `switchctl fabric invite --list` has those that are",
                 id);
  else
    g_propagate_error (error, g_steal_pointer (&cause));
}

static gboolean
on_withdraw (IsmbDBusFabric1 *object, GDBusMethodInvocation *invocation, const char *id,
             SwitchManager *manager)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *what = g_strconcat ("withdraw ", id, NULL);

  withdraw (manager, id, &error);
  switch_fabric_call_note (manager, invocation, what, error);
  if (!switch_fabric_call_answer_error (invocation, error))
    ismb_dbus_fabric1_complete_withdraw (object, invocation);
  return TRUE;
}

static SwitchDevice *
find_device (SwitchManager *manager, const char *id, gboolean unseen, GError **error)
{
  return switch_census_find (switch_manager_get_fabric (manager), switch_manager_get_vrs (manager),
                             id, unseen, error);
}

static gboolean
check_approvable (IsmbFabric *fabric, const SwitchDevice *device, GError **error)
{
  if (!ismb_fabric_is_revoked (fabric, device->id))
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED,
               "the device was revoked, which is for ever: it comes back as another one, after "
               "`switchctl fabric leave --new-key` on it");
  return FALSE;
}

/* By what was written where that is enough, as the rest of it is only a stranger's word. */
static SwitchDevice *
approve (SwitchManager *manager, const char *id, guint expires, GError **error)
{
  IsmbFabric *fabric = switch_manager_get_fabric (manager);
  IsmbAuthority *authority = switch_fabric_call_find_authority (manager, "approve", error);
  g_autoptr (SwitchDevice) device
    = authority != NULL ? find_device (manager, id, TRUE, error) : NULL;
  gint64 now = now_of (fabric);

  if (device == NULL || !check_approvable (fabric, device, error)
      || !ismb_admissions_approve (ismb_authority_get_admissions (authority),
                                   strlen (device->given) >= APPROVED_DIGITS ? device->given : device->id,
                                   now + expires, now, error))
    return NULL;
  return g_steal_pointer (&device);
}

static gboolean
on_approve (IsmbDBusFabric1 *object, GDBusMethodInvocation *invocation, const char *id,
            GVariant *options, SwitchManager *manager)
{
  guint expires = switch_fabric_call_get_number (options, "expires", APPROVE_SECONDS);
  g_autoptr (GError) error = NULL;
  g_autoptr (SwitchDevice) device = approve (manager, id, expires, &error);
  g_autofree char *duration = switch_duration_to_text (expires);
  g_autofree char *what = g_strdup_printf ("approve %s, for %s", device != NULL ? device->id : id,
                                           duration);

  switch_fabric_call_note (manager, invocation, what, error);
  if (!switch_fabric_call_answer_error (invocation, error))
    ismb_dbus_fabric1_complete_approve (object, invocation,
                                        strlen (device->id) == ID_DIGITS ? device->id : "",
                                        device->domain);
  return TRUE;
}

static gboolean
check_revocable (IsmbFabric *fabric, const SwitchDevice *device, GError **error)
{
  IsmbIdentity *identity = ismb_fabric_get_identity (fabric);

  if (!g_str_equal (device->id, ismb_identity_get_full_id (identity)))
    return TRUE;
  g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED,
                       "that is this switch itself, and it is the registrar: `switchctl fabric leave "
                       "--destroy` ends the fabric's CA");
  return FALSE;
}

static SwitchDevice *
revoke_device (SwitchManager *manager, const char *id, GError **error)
{
  IsmbFabric *fabric = switch_manager_get_fabric (manager);
  g_autoptr (SwitchDevice) device = switch_fabric_call_find_authority (manager, "revoke", error) != NULL
                                      ? find_device (manager, id, FALSE, error)
                                      : NULL;

  if (device == NULL || !check_revocable (fabric, device, error)
      || !ismb_fabric_revoke (fabric, device->id, error))
    return NULL;
  return g_steal_pointer (&device);
}

static gboolean
on_revoke (IsmbDBusFabric1 *object, GDBusMethodInvocation *invocation, const char *id,
           SwitchManager *manager)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SwitchDevice) device = revoke_device (manager, id, &error);
  g_autofree char *what = device != NULL
                            ? g_strdup_printf ("revoke %s %s", device->id, device->domain)
                            : g_strconcat ("revoke ", id, NULL);
  GVariantDict revoked;

  switch_fabric_call_note (manager, invocation, g_strchomp (what), error);
  if (switch_fabric_call_answer_error (invocation, error))
    return TRUE;
  g_variant_dict_init (&revoked, NULL);
  g_variant_dict_insert (&revoked, "id", "s", device->id);
  g_variant_dict_insert (&revoked, "domain", "s", device->domain);
  ismb_dbus_fabric1_complete_revoke (object, invocation, g_variant_dict_end (&revoked));
  return TRUE;
}

/* The hash of the CA from now on. */
static const char *
roll_over (SwitchManager *manager, guint overlap, GError **error)
{
  IsmbFabric *fabric = switch_manager_get_fabric (manager);
  IsmbAuthority *authority = switch_fabric_call_find_authority (manager, "roll over", error);

  return authority != NULL && ismb_fabric_roll_over (fabric, overlap, error)
           ? ismb_authority_get_ca_hash (authority)
           : NULL;
}

static gboolean
on_roll_over (IsmbDBusFabric1 *object, GDBusMethodInvocation *invocation, GVariant *options,
              SwitchManager *manager)
{
  guint overlap = switch_fabric_call_get_number (options, "overlap", OVERLAP_SECONDS);
  g_autoptr (GError) error = NULL;
  g_autofree char *duration = switch_duration_to_text (overlap);
  g_autofree char *what = g_strdup_printf ("rollover, overlap %s", duration);
  const char *ca_hash = roll_over (manager, overlap, &error);

  switch_fabric_call_note (manager, invocation, what, error);
  if (!switch_fabric_call_answer_error (invocation, error))
    ismb_dbus_fabric1_complete_roll_over (object, invocation, ca_hash);
  return TRUE;
}

void
switch_registrar_bus_serve (IsmbDBusFabric1 *object, SwitchManager *manager)
{
  static const struct
  {
    const char *signal;
    GCallback handler;
  } handlers[] = {
    { "handle-invite", G_CALLBACK (on_invite) },
    { "handle-list-invitations", G_CALLBACK (on_list_invitations) },
    { "handle-withdraw", G_CALLBACK (on_withdraw) },
    { "handle-approve", G_CALLBACK (on_approve) },
    { "handle-revoke", G_CALLBACK (on_revoke) },
    { "handle-roll-over", G_CALLBACK (on_roll_over) },
  };

  for (guint i = 0; i < G_N_ELEMENTS (handlers); i++)
    g_signal_connect_object (object, handlers[i].signal, handlers[i].handler, manager, 0);
}
