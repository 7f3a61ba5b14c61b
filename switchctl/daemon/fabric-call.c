/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "switchctld.fabric-call"

#include "config.h"
#include "switchctl/daemon/fabric-call.h"

#include "ismb/core/ismb-error.h"
#include "switchctl/daemon/auditor.h"

void
switch_fabric_call_note (SwitchManager *manager, GDBusMethodInvocation *invocation,
                         const char *what, const GError *error)
{
  switch_auditor_note (switch_manager_get_home (manager),
                       g_dbus_method_invocation_get_connection (invocation), "fabric", what, error);
}

gboolean
switch_fabric_call_answer_error (GDBusMethodInvocation *invocation, const GError *error)
{
  if (error != NULL)
    g_dbus_method_invocation_return_gerror (invocation, error);
  return error != NULL;
}

guint
switch_fabric_call_get_number (GVariant *options, const char *name, guint otherwise)
{
  guint number = otherwise;

  g_variant_lookup (options, name, "u", &number);
  return number;
}

gboolean
switch_fabric_call_get_boolean (GVariant *options, const char *name)
{
  gboolean value = FALSE;

  g_variant_lookup (options, name, "b", &value);
  return value;
}

IsmbAuthority *
switch_fabric_call_find_authority (SwitchManager *manager, const char *deed, GError **error)
{
  IsmbAuthority *authority = ismb_fabric_get_authority (switch_manager_get_fabric (manager));

  if (authority == NULL)
    g_set_error (error, ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED,
                 "%s is no registrar: %s on the switch where `switchctl fabric init` was given",
                 switch_manager_get_domain (manager), deed);
  return authority;
}
