/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.local.control"

#include "config.h"
#include "ismb/local/ismb-control.h"

#include <gio/gunixsocketaddress.h>

#include "ismb/core/ismb-error.h"

static const GDBusErrorEntry error_names[] = {
  { ISMB_ERROR_BAD_ADDRESS, "net.ismb.Error.BadAddress" },
  { ISMB_ERROR_BAD_STANZA, "net.ismb.Error.BadStanza" },
  { ISMB_ERROR_NOT_CONNECTED, "net.ismb.Error.NotConnected" },
  { ISMB_ERROR_NO_DAEMON, "net.ismb.Error.NoDaemon" },
  { ISMB_ERROR_NO_VIRTUAL_ROUTER, "net.ismb.Error.NoVirtualRouter" },
  { ISMB_ERROR_AUTH_FAILED, "net.ismb.Error.AuthFailed" },
  { ISMB_ERROR_EXISTS, "net.ismb.Error.Exists" },
  { ISMB_ERROR_NOT_FOUND, "net.ismb.Error.NotFound" },
  { ISMB_ERROR_NOT_ALLOWED, "net.ismb.Error.NotAllowed" },
  { ISMB_ERROR_UNTRUSTED, "net.ismb.Error.Untrusted" },
  { ISMB_ERROR_TIMEOUT, "net.ismb.Error.Timeout" },
  { ISMB_ERROR_STANZA, "net.ismb.Error.Stanza" },
  { ISMB_ERROR_STREAM, "net.ismb.Error.Stream" },
  { ISMB_ERROR_BAD_CONFIG, "net.ismb.Error.BadConfig" },
  { ISMB_ERROR_BAD_EXPRESSION, "net.ismb.Error.BadExpression" },
  { ISMB_ERROR_UNSUPPORTED, "net.ismb.Error.Unsupported" },
  { ISMB_ERROR_FAILED, "net.ismb.Error.Failed" },
};
G_STATIC_ASSERT (G_N_ELEMENTS (error_names) == ISMB_ERROR_FAILED + 1);

const char *
ismb_control_runtime_dir (void)
{
  const char *dir = g_getenv ("ISMB_RUNTIME_DIR");

  return dir != NULL && *dir != '\0' ? dir : ISMB_CONTROL_DEFAULT_RUNTIME_DIR;
}

char *
ismb_control_socket_path (const char *runtime_dir)
{
  return g_build_filename (runtime_dir, "control", NULL);
}

char *
ismb_control_vr_path (const char *vr)
{
  g_autofree char *escaped = g_dbus_escape_object_path (vr);

  return g_strconcat ("/net/ismb/vr/", escaped, NULL);
}

void
ismb_control_register_errors (void)
{
  static gsize quark = 0;

  g_dbus_error_register_error_domain ("ismb-error-quark", &quark, error_names,
                                      G_N_ELEMENTS (error_names));
}

static GSocketAddress *
address_of (const char *runtime_dir, char **path)
{
  *path = ismb_control_socket_path (runtime_dir);
  ismb_control_register_errors ();
  return g_unix_socket_address_new (*path);
}

static gboolean
is_nobody_there (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND)
         || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
}

/* What the socket layer says, as something the caller can act upon. Takes `error`. */
static GError *
explain_connect (GError *error, const char *path)
{
  g_autoptr (GError) cause = error;

  if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return g_steal_pointer (&cause);
  if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED))
    return g_error_new (ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED,
                        "no access to %s: be root or a member of the group ismb", path);
  return g_error_new (ISMB_ERROR, ISMB_ERROR_NO_DAEMON,
                      "switchctld does not answer on %s: start it, or name its runtime folder with "
                      "--runtime-dir or ISMB_RUNTIME_DIR%s%s%s",
                      path, is_nobody_there (cause) ? "" : " (",
                      is_nobody_there (cause) ? "" : cause->message,
                      is_nobody_there (cause) ? "" : ")");
}

/* The daemon took the connection and then turned the caller away. Takes `error`. */
static GError *
explain_refusal (GError *error, const char *path)
{
  g_autoptr (GError) cause = error;

  if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return g_steal_pointer (&cause);
  return g_error_new (
      ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED,
      "switchctld refuses this user on %s: be root or a member of the group ismb (%s)", path,
      cause->message);
}

static void
on_authenticated (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  g_autoptr (GDBusConnection) connection = NULL;
  GError *error = NULL;

  connection = g_dbus_connection_new_finish (result, &error);
  if (connection == NULL)
    g_task_return_error (task, explain_refusal (error, g_task_get_task_data (task)));
  else
    g_task_return_pointer (task, g_steal_pointer (&connection), g_object_unref);
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  g_autoptr (GSocketConnection) stream = NULL;
  GError *error = NULL;

  stream = g_socket_client_connect_finish (G_SOCKET_CLIENT (source), result, &error);
  if (stream == NULL)
    {
      g_task_return_error (task, explain_connect (error, g_task_get_task_data (task)));
      return;
    }
  g_dbus_connection_new (G_IO_STREAM (stream), NULL, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT,
                         NULL, g_task_get_cancellable (task), on_authenticated,
                         g_object_ref (task));
}

void
ismb_control_connect_async (const char *runtime_dir, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketAddress) address = NULL;
  char *path = NULL;

  address = address_of (runtime_dir, &path);
  g_task_set_source_tag (task, ismb_control_connect_async);
  g_task_set_task_data (task, path, g_free);
  g_socket_client_connect_async (client, G_SOCKET_CONNECTABLE (address), cancellable, on_connected,
                                 g_steal_pointer (&task));
}

GDBusConnection *
ismb_control_connect_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

GDBusConnection *
ismb_control_connect_sync (const char *runtime_dir, GCancellable *cancellable, GError **error)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GSocketConnection) stream = NULL;
  g_autofree char *path = NULL;
  GDBusConnection *connection;
  GError *local_error = NULL;

  address = address_of (runtime_dir, &path);
  stream =
      g_socket_client_connect (client, G_SOCKET_CONNECTABLE (address), cancellable, &local_error);
  if (stream == NULL)
    {
      g_propagate_error (error, explain_connect (local_error, path));
      return NULL;
    }
  connection = g_dbus_connection_new_sync (G_IO_STREAM (stream), NULL,
                                           G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT, NULL,
                                           cancellable, &local_error);
  if (connection == NULL)
    g_propagate_error (error, explain_refusal (local_error, path));
  return connection;
}
