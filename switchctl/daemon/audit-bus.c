/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "switchctld.audit-bus"

#include "config.h"
#include "switchctl/daemon/audit-bus.h"

#include "ismb/core/ismb-error.h"

/* A call that waits for the store. */
typedef struct
{
  IsmbDBusVirtualRouter1 *object;
  GDBusMethodInvocation *invocation;
} Call;

static Call *
call_new (IsmbDBusVirtualRouter1 *object, GDBusMethodInvocation *invocation)
{
  Call *call = g_new0 (Call, 1);

  call->object = g_object_ref (object);
  call->invocation = invocation; /* the answer takes it */
  return call;
}

static void
call_free (Call *call)
{
  g_object_unref (call->object);
  g_free (call);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Call, call_free)

/* NULL: answered. */
static IsmbAudit *
find_audit (SwitchVr *vr, GDBusMethodInvocation *invocation)
{
  IsmbAudit *audit = switch_vr_get_audit (vr);
  g_autoptr (GError) error = NULL;

  if (audit != NULL)
    return audit;
  switch_vr_set_error (vr, &error);
  g_dbus_method_invocation_return_gerror (invocation, error);
  return NULL;
}

static void
on_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Call) call = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) rows = ismb_audit_list_finish (ISMB_AUDIT (source), result, &error);

  if (rows != NULL)
    ismb_dbus_virtual_router1_complete_list_audit (call->object, call->invocation, rows);
  else
    g_dbus_method_invocation_return_gerror (call->invocation, error);
}

static gboolean
on_list (IsmbDBusVirtualRouter1 *object, GDBusMethodInvocation *invocation, gint64 after,
         gint64 since, guint limit, SwitchVr *vr)
{
  IsmbAudit *audit = find_audit (vr, invocation);

  if (audit != NULL)
    ismb_audit_list_async (audit, after, since, limit, on_listed, call_new (object, invocation));
  return TRUE;
}

static void
on_verified (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Call) call = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) verdict = ismb_audit_verify_finish (ISMB_AUDIT (source), result, &error);

  if (verdict != NULL)
    ismb_dbus_virtual_router1_complete_verify_audit (call->object, call->invocation, verdict);
  else
    g_dbus_method_invocation_return_gerror (call->invocation, error);
}

static gboolean
on_verify (IsmbDBusVirtualRouter1 *object, GDBusMethodInvocation *invocation, SwitchVr *vr)
{
  IsmbAudit *audit = find_audit (vr, invocation);

  if (audit != NULL)
    ismb_audit_verify_async (audit, on_verified, call_new (object, invocation));
  return TRUE;
}

void
switch_audit_bus_serve (IsmbDBusVirtualRouter1 *object, SwitchVr *vr)
{
  g_signal_connect (object, "handle-list-audit", G_CALLBACK (on_list), vr);
  g_signal_connect (object, "handle-verify-audit", G_CALLBACK (on_verify), vr);
}
