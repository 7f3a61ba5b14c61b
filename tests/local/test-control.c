/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/local/ismb-control.h"

#include <glib/gstdio.h>

#include "ismb/core/ismb-error.h"
#include "ismb/local/ismb-control-generated.h"

/* A daemon's end on a real socket; a caller's end in the same process. */
typedef struct
{
  char *runtime_dir;
  GDBusServer *server;
  IsmbDBusVirtualRouter1 *blue;
  GPtrArray *connections;
} Fixture;

static gboolean
on_create_account (IsmbDBusVirtualRouter1 *blue, GDBusMethodInvocation *invocation,
                   const char *name, const char *password, GVariant *options, gpointer user_data)
{
  gboolean transient = FALSE;

  g_variant_lookup (options, "transient", "b", &transient);
  if (g_str_equal (name, "taken"))
    g_dbus_method_invocation_return_error (invocation, ISMB_ERROR, ISMB_ERROR_EXISTS,
                                           "there is an account %s", name);
  else
    ismb_dbus_virtual_router1_complete_create_account (
        blue, invocation, transient ? "transient@sw1.001122" : "kept@sw1.001122");
  return TRUE;
}

static gboolean
on_new_connection (GDBusServer *server, GDBusConnection *connection, gpointer user_data)
{
  Fixture *fixture = user_data;
  g_autofree char *path = ismb_control_vr_path ("VR-Blue");
  g_autoptr (GError) error = NULL;

  g_dbus_interface_skeleton_export (G_DBUS_INTERFACE_SKELETON (fixture->blue), connection, path,
                                    &error);
  g_assert_no_error (error);
  g_ptr_array_add (fixture->connections, g_object_ref (connection));
  return TRUE;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  g_autofree char *address = NULL;
  g_autofree char *guid = g_dbus_generate_guid ();

  fixture->runtime_dir = g_dir_make_tmp ("ismb-local-XXXXXX", &error);
  g_assert_no_error (error);
  path = ismb_control_socket_path (fixture->runtime_dir);
  address = g_strconcat ("unix:path=", path, NULL);
  fixture->connections = g_ptr_array_new_with_free_func (g_object_unref);
  fixture->blue = ismb_dbus_virtual_router1_skeleton_new ();
  g_signal_connect (fixture->blue, "handle-create-account", G_CALLBACK (on_create_account),
                    fixture);
  ismb_control_register_errors ();
  fixture->server =
      g_dbus_server_new_sync (address, G_DBUS_SERVER_FLAGS_NONE, guid, NULL, NULL, &error);
  g_assert_no_error (error);
  g_signal_connect (fixture->server, "new-connection", G_CALLBACK (on_new_connection), fixture);
  g_dbus_server_start (fixture->server);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = ismb_control_socket_path (fixture->runtime_dir);

  g_dbus_server_stop (fixture->server);
  for (guint i = 0; i < fixture->connections->len; i++)
    g_dbus_connection_close_sync (fixture->connections->pdata[i], NULL, NULL);
  g_dbus_interface_skeleton_unexport (G_DBUS_INTERFACE_SKELETON (fixture->blue));
  g_clear_pointer (&fixture->connections, g_ptr_array_unref);
  g_clear_object (&fixture->blue);
  g_clear_object (&fixture->server);
  g_unlink (path);
  g_assert_cmpint (g_rmdir (fixture->runtime_dir), ==, 0);
  g_clear_pointer (&fixture->runtime_dir, g_free);
}

static void
on_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **slot = user_data;

  *slot = g_object_ref (result);
}

static GAsyncResult *
wait_for (GAsyncResult **slot)
{
  while (*slot == NULL)
    g_main_context_iteration (NULL, TRUE);
  return *slot;
}

static IsmbDBusVirtualRouter1 *
reach_blue (Fixture *fixture)
{
  g_autoptr (GAsyncResult) connected = NULL;
  g_autoptr (GDBusConnection) connection = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = ismb_control_vr_path ("VR-Blue");
  IsmbDBusVirtualRouter1 *proxy;

  ismb_control_connect_async (fixture->runtime_dir, NULL, on_result, &connected);
  connection = ismb_control_connect_finish (wait_for (&connected), &error);
  g_assert_no_error (error);
  proxy = ismb_dbus_virtual_router1_proxy_new_sync (
      connection, G_DBUS_PROXY_FLAGS_DO_NOT_LOAD_PROPERTIES, NULL, path, NULL, &error);
  g_assert_no_error (error);
  return proxy;
}

static char *
create_account (IsmbDBusVirtualRouter1 *proxy, const char *name, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  GVariantDict options;
  char *jid = NULL;

  g_variant_dict_init (&options, NULL);
  g_variant_dict_insert (&options, "transient", "b", TRUE);
  ismb_dbus_virtual_router1_call_create_account (
      proxy, name, "secret", g_variant_dict_end (&options), NULL, on_result, &result);
  ismb_dbus_virtual_router1_call_create_account_finish (proxy, &jid, wait_for (&result), error);
  return jid;
}

static void
test_call (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbDBusVirtualRouter1) proxy = reach_blue (fixture);
  g_autoptr (GError) error = NULL;
  g_autofree char *jid = create_account (proxy, "example", &error);

  g_assert_no_error (error);
  g_assert_cmpstr (jid, ==, "transient@sw1.001122");
}

static void
test_error_keeps_its_code (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbDBusVirtualRouter1) proxy = reach_blue (fixture);
  g_autoptr (GError) error = NULL;
  g_autofree char *jid = create_account (proxy, "taken", &error);

  g_assert_null (jid);
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_EXISTS);
  g_assert_true (g_dbus_error_strip_remote_error (error));
  g_assert_cmpstr (error->message, ==, "there is an account taken");
}

static void
test_no_daemon (void)
{
  g_autoptr (GDBusConnection) connection = NULL;
  g_autoptr (GError) error = NULL;

  connection = ismb_control_connect_sync ("/nonexistent/ismb", NULL, &error);
  g_assert_null (connection);
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_NO_DAEMON);
  g_assert_cmpstr (error->message, ==,
                   "switchctld does not answer on /nonexistent/ismb/control: start it, or name its "
                   "runtime folder with --runtime-dir or ISMB_RUNTIME_DIR");
}

static void
test_no_daemon_later (void)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GDBusConnection) connection = NULL;
  g_autoptr (GError) error = NULL;

  ismb_control_connect_async ("/nonexistent/ismb", NULL, on_result, &result);
  connection = ismb_control_connect_finish (wait_for (&result), &error);
  g_assert_null (connection);
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_NO_DAEMON);
}

static void
test_cancelled (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GDBusConnection) connection = NULL;
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (cancellable);
  ismb_control_connect_async ("/nonexistent/ismb", cancellable, on_result, &result);
  connection = ismb_control_connect_finish (wait_for (&result), &error);
  g_assert_null (connection);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_paths (void)
{
  g_autofree char *path = ismb_control_vr_path ("VR-Mgmt");
  g_autofree char *socket = ismb_control_socket_path ("/run/ismb");

  g_assert_cmpstr (path, ==, "/net/ismb/vr/VR_2dMgmt");
  g_assert_cmpstr (socket, ==, "/run/ismb/control");
}

static void
test_runtime_dir (void)
{
  g_unsetenv ("ISMB_RUNTIME_DIR");
  g_assert_cmpstr (ismb_control_runtime_dir (), ==, "/run/ismb");
  g_setenv ("ISMB_RUNTIME_DIR", "/tmp/other", TRUE);
  g_assert_cmpstr (ismb_control_runtime_dir (), ==, "/tmp/other");
  g_unsetenv ("ISMB_RUNTIME_DIR");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/local/control/call", Fixture, NULL, set_up, test_call, tear_down);
  g_test_add ("/local/control/error-keeps-its-code", Fixture, NULL, set_up,
              test_error_keeps_its_code, tear_down);
  g_test_add_func ("/local/control/no-daemon", test_no_daemon);
  g_test_add_func ("/local/control/no-daemon-later", test_no_daemon_later);
  g_test_add_func ("/local/control/cancelled", test_cancelled);
  g_test_add_func ("/local/control/paths", test_paths);
  g_test_add_func ("/local/control/runtime-dir", test_runtime_dir);
  return g_test_run ();
}
