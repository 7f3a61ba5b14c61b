/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A client hears of its daemon's socket, however often it goes. */
#include "config.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>

#include "ismb/client/ismb-daemon-watch.h"
#include "tests/support/ismb-test-folder.h"

static void
on_came (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
}

static void
wait_for (gboolean *came)
{
  while (!*came)
    g_main_context_iteration (NULL, TRUE);
  *came = FALSE;
}

static GSocket *
start_daemon (const char *path)
{
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (GError) error = NULL;
  GSocket *socket
      = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT,
                      &error);

  g_assert_no_error (error);
  g_assert_true (g_socket_bind (socket, address, FALSE, &error));
  g_assert_true (g_socket_listen (socket, &error));
  return socket;
}

static void
test_restarts (void)
{
  g_autofree char *folder = ismb_test_folder_new ();
  g_autofree char *path = g_build_filename (folder, "control", NULL);
  gboolean came = FALSE;
  g_autoptr (IsmbDaemonWatch) watch = ismb_daemon_watch_new (folder, on_came, &came);

  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GSocket) socket = start_daemon (path);

      wait_for (&came);
      g_assert_cmpint (g_unlink (path), ==, 0);
    }
  ismb_test_folder_remove (folder);
}

/* It is there, and its group is let in late. */
static void
test_opened_late (void)
{
  g_autofree char *folder = ismb_test_folder_new ();
  g_autofree char *path = g_build_filename (folder, "control", NULL);
  g_autoptr (GSocket) socket G_GNUC_UNUSED = start_daemon (path);
  gboolean came = FALSE;
  g_autoptr (IsmbDaemonWatch) watch = ismb_daemon_watch_new (folder, on_came, &came);

  g_assert_cmpint (g_chmod (path, 0660), ==, 0);
  wait_for (&came);
  ismb_test_folder_remove (folder);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/daemon-watch/restarts", test_restarts);
  g_test_add_func ("/daemon-watch/opened-late", test_opened_late);
  return g_test_run ();
}
