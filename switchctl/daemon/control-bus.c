/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "switchctld.control-bus"

#include "config.h"
#include "switchctl/daemon/control-bus.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ismb/core/ismb-error.h"
#include "ismb/local/ismb-control-generated.h"
#include "ismb/local/ismb-control.h"
#include "ismb/net/ismb-caller.h"
#include "switchctl/daemon/fabric-bus.h"
#include "switchctl/daemon/log-bus.h"
#include "switchctl/daemon/policy-bus.h"
#include "switchctl/daemon/vr-bus.h"

#define CALLERS_MAX 256

struct _SwitchControlBus
{
  GObject parent_instance;

  SwitchManager *manager;
  char *path;
  GDBusServer *server; /* NULL once stopped */
  IsmbDBusManager1 *skeleton;
  IsmbDBusFabric1 *fabric;
  IsmbDBusLog1 *log;
  GPtrArray *vrs;      /* of SwitchVrBus */
  GHashTable *callers; /* set of GDBusConnection */
};

G_DEFINE_FINAL_TYPE (SwitchControlBus, switch_control_bus, G_TYPE_OBJECT)

static void
switch_control_bus_dispose (GObject *object)
{
  SwitchControlBus *self = SWITCH_CONTROL_BUS (object);

  switch_control_bus_stop (self);
  g_clear_pointer (&self->vrs, g_ptr_array_unref);
  g_clear_object (&self->skeleton);
  g_clear_object (&self->fabric);
  g_clear_object (&self->log);
  g_clear_object (&self->manager);
  G_OBJECT_CLASS (switch_control_bus_parent_class)->dispose (object);
}

static void
switch_control_bus_finalize (GObject *object)
{
  SwitchControlBus *self = SWITCH_CONTROL_BUS (object);

  g_hash_table_unref (self->callers);
  g_free (self->path);
  G_OBJECT_CLASS (switch_control_bus_parent_class)->finalize (object);
}

static void
switch_control_bus_class_init (SwitchControlBusClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = switch_control_bus_dispose;
  G_OBJECT_CLASS (klass)->finalize = switch_control_bus_finalize;
}

static void
switch_control_bus_init (SwitchControlBus *self)
{
  self->callers = g_hash_table_new_full (NULL, NULL, g_object_unref, NULL);
  self->vrs = g_ptr_array_new_with_free_func (g_object_unref);
}

/* --- who may call: asked in GDBus's thread --- */

static gboolean
on_authorize (GDBusAuthObserver *observer, GIOStream *stream, GCredentials *credentials,
              gpointer user_data)
{
  uid_t uid = credentials != NULL ? g_credentials_get_unix_user (credentials, NULL) : (uid_t) -1;

  return ismb_caller_is_manager (uid);
}

static gboolean
on_allow_mechanism (GDBusAuthObserver *observer, const char *mechanism, gpointer user_data)
{
  return g_str_equal (mechanism, "EXTERNAL");
}

/* --- net.ismb.Manager1 --- */

static gboolean
set_enabled (SwitchControlBus *self, GDBusMethodInvocation *invocation, const char *name,
             gboolean enabled)
{
  g_autoptr (GError) error = NULL;

  if (!switch_manager_set_enabled (self->manager, name, enabled, &error))
    g_dbus_method_invocation_return_gerror (invocation, error);
  else if (enabled)
    ismb_dbus_manager1_complete_enable_virtual_router (self->skeleton, invocation);
  else
    ismb_dbus_manager1_complete_disable_virtual_router (self->skeleton, invocation);
  return TRUE;
}

static gboolean
on_enable (SwitchControlBus *self, GDBusMethodInvocation *invocation, const char *name)
{
  return set_enabled (self, invocation, name, TRUE);
}

static gboolean
on_disable (SwitchControlBus *self, GDBusMethodInvocation *invocation, const char *name)
{
  return set_enabled (self, invocation, name, FALSE);
}

static gboolean
on_policy_check (SwitchControlBus *self, GDBusMethodInvocation *invocation, const char *jid,
                 const char *deed, const char *object, GVariant *options)
{
  switch_policy_bus_check (self->manager, invocation, jid, deed, object, options);
  return TRUE;
}

static void
describe (SwitchControlBus *self)
{
  const SwitchConfig *config = switch_manager_get_config (self->manager);
  IsmbIdentity *identity = ismb_fabric_get_identity (switch_manager_get_fabric (self->manager));
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) names = NULL;

  for (guint i = 0; i < config->vrs->len; i++)
    g_strv_builder_add (builder, ((SwitchVrConfig *) g_ptr_array_index (config->vrs, i))->name);
  names = g_strv_builder_end (builder);
  g_object_set (self->skeleton, "version", ISMB_VERSION, "domain",
                switch_manager_get_domain (self->manager), "device-id",
                ismb_identity_get_full_id (identity), "trust",
                config->trust_open ? "open" : "fabric", "files-root", config->files_root,
                "virtual-routers", names, NULL);
}

static void
make_skeletons (SwitchControlBus *self)
{
  static const struct
  {
    const char *signal;
    GCallback handler;
  } handlers[] = {
    { "handle-enable-virtual-router", G_CALLBACK (on_enable) },
    { "handle-disable-virtual-router", G_CALLBACK (on_disable) },
    { "handle-policy-check", G_CALLBACK (on_policy_check) },
  };
  GPtrArray *vrs = switch_manager_get_vrs (self->manager);

  self->skeleton = ismb_dbus_manager1_skeleton_new ();
  self->fabric = switch_fabric_bus_new (self->manager);
  self->log = switch_log_bus_new (switch_manager_get_config (self->manager)->log_level);
  describe (self);
  /* It may become another device. */
  g_signal_connect_object (switch_manager_get_fabric (self->manager), "changed",
                           G_CALLBACK (describe), self, G_CONNECT_SWAPPED);
  for (guint i = 0; i < G_N_ELEMENTS (handlers); i++)
    g_signal_connect_object (self->skeleton, handlers[i].signal, handlers[i].handler, self,
                             G_CONNECT_SWAPPED);
  for (guint i = 0; i < vrs->len; i++)
    g_ptr_array_add (self->vrs, switch_vr_bus_new (g_ptr_array_index (vrs, i)));
}

/* --- callers --- */

static void
unexport (gpointer skeleton, GDBusConnection *caller)
{
  if (g_dbus_interface_skeleton_has_connection (skeleton, caller))
    g_dbus_interface_skeleton_unexport_from_connection (skeleton, caller);
}

static void
let_go (SwitchControlBus *self, GDBusConnection *caller)
{
  unexport (self->skeleton, caller);
  unexport (self->fabric, caller);
  unexport (self->log, caller);
  for (guint i = 0; i < self->vrs->len; i++)
    {
      unexport (g_ptr_array_index (self->vrs, i), caller);
      switch_vr_bus_forget (g_ptr_array_index (self->vrs, i), caller);
    }
}

static void
on_closed (SwitchControlBus *self, gboolean remote_vanished, GError *error, GDBusConnection *caller)
{
  let_go (self, caller);
  g_hash_table_remove (self->callers, caller);
}

static gboolean export(SwitchControlBus *self, GDBusConnection *caller, GError **error)
{
  if (!g_dbus_interface_skeleton_export (G_DBUS_INTERFACE_SKELETON (self->skeleton), caller,
                                         ISMB_CONTROL_MANAGER_PATH, error)
      || !g_dbus_interface_skeleton_export (G_DBUS_INTERFACE_SKELETON (self->fabric), caller,
                                            ISMB_CONTROL_FABRIC_PATH, error)
      || !g_dbus_interface_skeleton_export (G_DBUS_INTERFACE_SKELETON (self->log), caller,
                                            ISMB_CONTROL_LOG_PATH, error))
    return FALSE;
  for (guint i = 0; i < self->vrs->len; i++)
    {
      SwitchVrBus *vr = g_ptr_array_index (self->vrs, i);

      if (!g_dbus_interface_skeleton_export (G_DBUS_INTERFACE_SKELETON (vr), caller,
                                             switch_vr_bus_get_path (vr), error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
on_new_connection (SwitchControlBus *self, GDBusConnection *caller)
{
  g_autoptr (GError) error = NULL;

  if (g_hash_table_size (self->callers) >= CALLERS_MAX)
    {
      g_warning ("a program is turned away: %d others are on the control bus", CALLERS_MAX);
      return FALSE;
    }
  if (!export(self, caller, &error))
    {
      g_warning ("a program is turned away: %s", error->message);
      let_go (self, caller);
      return FALSE;
    }
  g_hash_table_add (self->callers, g_object_ref (caller));
  g_signal_connect_object (caller, "closed", G_CALLBACK (on_closed), self, G_CONNECT_SWAPPED);
  return TRUE;
}

/* --- the socket --- */

/* The socket is born for its owner alone, and opened to the group where there is one. */
static gboolean
open_server (SwitchControlBus *self, GError **error)
{
  g_autoptr (GDBusAuthObserver) observer = g_dbus_auth_observer_new ();
  g_autofree char *escaped = g_dbus_address_escape_value (self->path);
  g_autofree char *address = g_strconcat ("unix:path=", escaped, NULL);
  g_autofree char *guid = g_dbus_generate_guid ();
  mode_t mask;
  gid_t gid;

  g_signal_connect (observer, "authorize-authenticated-peer", G_CALLBACK (on_authorize), NULL);
  g_signal_connect (observer, "allow-mechanism", G_CALLBACK (on_allow_mechanism), NULL);
  unlink (self->path);
  mask = umask (0177);
  self->server =
      g_dbus_server_new_sync (address, G_DBUS_SERVER_FLAGS_NONE, guid, observer, NULL, error);
  umask (mask);
  if (self->server == NULL)
    {
      g_prefix_error (error, "control bus on %s: ", self->path);
      return FALSE;
    }
  if (ismb_caller_find_group (&gid)
      && (lchown (self->path, (uid_t) -1, gid) < 0 || chmod (self->path, 0660) < 0))
    g_warning ("the group " ISMB_CALLER_GROUP " has no access to %s: %s", self->path,
               g_strerror (errno));
  return TRUE;
}

SwitchControlBus *
switch_control_bus_new (SwitchManager *manager, GError **error)
{
  g_autoptr (SwitchControlBus) self = g_object_new (SWITCH_TYPE_CONTROL_BUS, NULL);

  ismb_control_register_errors ();
  self->manager = g_object_ref (manager);
  self->path = ismb_control_socket_path (switch_manager_get_config (manager)->runtime_dir);
  make_skeletons (self);
  if (!open_server (self, error))
    return NULL;
  g_signal_connect_object (self->server, "new-connection", G_CALLBACK (on_new_connection), self,
                           G_CONNECT_SWAPPED);
  g_dbus_server_start (self->server);
  return g_steal_pointer (&self);
}

void
switch_control_bus_stop (SwitchControlBus *self)
{
  GHashTableIter iter;
  gpointer caller;

  if (self->server == NULL)
    return;
  g_dbus_server_stop (self->server);
  g_clear_object (&self->server);
  unlink (self->path);
  g_hash_table_iter_init (&iter, self->callers);
  while (g_hash_table_iter_next (&iter, &caller, NULL))
    {
      g_signal_handlers_disconnect_by_data (caller, self);
      let_go (self, caller);
      g_dbus_connection_close (caller, NULL, NULL, NULL);
      g_hash_table_iter_remove (&iter);
    }
}
