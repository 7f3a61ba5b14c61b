/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/net/ismb-virtual-router.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "ismb/core/ismb-error.h"

static int
listen_at (IsmbVirtualRouter *vr, const char *address, guint16 port, guint16 *actual)
{
  g_autoptr (GError) error = NULL;
  int fd = ismb_virtual_router_listen (vr, address, port, actual, &error);
  g_assert_no_error (error);
  g_assert_cmpint (fd, >=, 0);
  return fd;
}

/* Connects, and tells how that ended: 0 or an errno. */
static int
connect_to (IsmbVirtualRouter *vr, const char *address, guint16 port)
{
  g_autoptr (GError) error = NULL;
  int fd = ismb_virtual_router_connect (vr, address, port, &error), code = 0;
  struct pollfd wait = { .fd = fd, .events = POLLOUT };
  socklen_t size = sizeof code;
  g_assert_no_error (error);
  g_assert_cmpint (poll (&wait, 1, -1), ==, 1);
  getsockopt (fd, SOL_SOCKET, SO_ERROR, &code, &size);
  close (fd);
  return code;
}

static void
test_own_namespace (void)
{
  g_autoptr (IsmbVirtualRouter) vr = ismb_virtual_router_new ("VR-Mgmt", "", NULL);
  guint16 port = 0;
  int fd = listen_at (vr, "127.0.0.1", 0, &port), nodelay = 0;
  socklen_t size = sizeof nodelay;
  g_assert_cmpuint (port, >, 0);
  g_assert_true ((fcntl (fd, F_GETFL) & O_NONBLOCK) != 0);
  g_assert_true ((fcntl (fd, F_GETFD) & FD_CLOEXEC) != 0);
  g_assert_cmpint (getsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &nodelay, &size), ==, 0);
  g_assert_cmpint (nodelay, !=, 0);
  g_assert_cmpint (connect_to (vr, "127.0.0.1", port), ==, 0);
  close (fd);
  g_assert_cmpint (connect_to (vr, "127.0.0.1", port), ==, ECONNREFUSED);
  g_assert_cmpstr (ismb_virtual_router_get_name (vr), ==, "VR-Mgmt");
  g_assert_null (ismb_virtual_router_get_bind_device (vr));
}

/* "0.0.0.0;::" on one port is two sockets that do not quarrel. */
static void
test_both_families (void)
{
  g_autoptr (IsmbVirtualRouter) vr = ismb_virtual_router_new ("VR-Mgmt", NULL, NULL);
  g_autoptr (GError) error = NULL;
  guint16 port = 0;
  int v6 = ismb_virtual_router_listen (vr, "::", 0, &port, &error), v4;
  if (v6 < 0)
    {
      g_test_skip ("no IPv6 here");
      return;
    }
  v4 = listen_at (vr, "0.0.0.0", port, NULL);
  g_assert_cmpint (connect_to (vr, "::1", port), ==, 0);
  g_assert_cmpint (connect_to (vr, "127.0.0.1", port), ==, 0);
  close (v4);
  g_assert_cmpint (connect_to (vr, "127.0.0.1", port), ==, ECONNREFUSED);
  close (v6);
}

static void
test_port_in_use (void)
{
  g_autoptr (IsmbVirtualRouter) vr = ismb_virtual_router_new ("VR-Mgmt", NULL, NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *named = NULL;
  guint16 port = 0;
  int fd = listen_at (vr, "127.0.0.1", 0, &port);
  g_assert_cmpint (ismb_virtual_router_listen (vr, "127.0.0.1", port, NULL, &error), ==, -1);
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_EXISTS);
  named = g_strdup_printf ("127.0.0.1:%u", port);
  g_assert_nonnull (strstr (error->message, named));
  g_assert_nonnull (strstr (error->message, "c2s-port="));
  close (fd);
}

/* Nothing needs to be asked of the kernel for each that comes. */
static void
test_patience_is_inherited (void)
{
  g_autoptr (IsmbVirtualRouter) vr = ismb_virtual_router_new ("VR-Mgmt", NULL, NULL);
  g_autoptr (GError) error = NULL;
  guint16 port = 0;
  int door = listen_at (vr, "127.0.0.1", 0, &port), accepted = -1, value = 0;
  int client = ismb_virtual_router_connect (vr, "127.0.0.1", port, &error);
  struct pollfd wait = { .fd = door, .events = POLLIN };
  socklen_t size = sizeof value;
  g_assert_no_error (error);
  g_assert_cmpint (poll (&wait, 1, -1), ==, 1);
  accepted = accept (door, NULL, NULL);
  g_assert_cmpint (getsockopt (accepted, IPPROTO_TCP, TCP_USER_TIMEOUT, &value, &size), ==, 0);
  g_assert_cmpint (value, ==, 120000);
  g_assert_cmpint (getsockopt (accepted, SOL_SOCKET, SO_KEEPALIVE, &value, &size), ==, 0);
  g_assert_cmpint (value, ==, 1);
  close (accepted);
  close (client);
  close (door);
}

static void
test_bad_places (void)
{
  g_autoptr (IsmbVirtualRouter) nowhere =
      ismb_virtual_router_new ("blue", "ismb-test-no-such-netns", NULL);
  g_autoptr (IsmbVirtualRouter) deviceless = ismb_virtual_router_new ("red", NULL, "nosuchdev0");
  g_autoptr (IsmbVirtualRouter) plain = ismb_virtual_router_new ("VR-Mgmt", NULL, NULL);
  g_autoptr (GError) error = NULL;
  static const char *const addresses[] = { "",     "localhost", "1.2.3", "fe80::1%nosuchdev0",
                                           "::1%", "1.2.3.4:5" };
  gsize i;
  g_assert_cmpint (ismb_virtual_router_listen (nowhere, "::", 0, NULL, &error), ==, -1);
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "/run/netns/ismb-test-no-such-netns"));
  g_clear_error (&error);
  g_assert_cmpint (ismb_virtual_router_listen (deviceless, "127.0.0.1", 0, NULL, &error), ==, -1);
  g_assert_nonnull (error);
  g_assert_nonnull (strstr (error->message, "nosuchdev0"));
  for (i = 0; i < G_N_ELEMENTS (addresses); i++)
    {
      g_clear_error (&error);
      g_assert_cmpint (ismb_virtual_router_connect (plain, addresses[i], 1, &error), ==, -1);
      g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG);
    }
}

/* ------------------------------------------------------------------ a real namespace */

static gboolean
run (const char *command)
{
  int status = 0;
  g_autofree char *output = NULL, *errors = NULL;
  return g_spawn_command_line_sync (command, &output, &errors, &status, NULL) && status == 0;
}

/* A namespace with an interface of its own, inside0, that has a link-local address. */
static char *
make_namespace (void)
{
  static const char *const commands[] = {
    "ip -n %s link set lo up",
    "ip -n %s link add inside0 type veth peer name inside1",
    "ip -n %s address add fe80::77/64 dev inside0 nodad",
    "ip -n %s link set inside1 up",
    "ip -n %s link set inside0 up",
  };
  g_autofree char *name = g_strdup_printf ("ismb-b-%d", (int) getpid ());
  g_autofree char *add = g_strdup_printf ("ip netns add %s", name);
  gsize i;
  if (!run (add))
    return NULL;
  for (i = 0; i < G_N_ELEMENTS (commands); i++)
    {
      g_auto (GStrv) halves = g_strsplit (commands[i], "%s", 2);
      g_autofree char *command = g_strconcat (halves[0], name, halves[1], NULL);
      g_assert_true (run (command));
    }
  return g_steal_pointer (&name);
}

static void
remove_namespace (char *name)
{
  g_autofree char *command = g_strdup_printf ("ip netns delete %s", name);
  g_assert_true (run (command));
  g_free (name);
}

static char *
current_namespace (void)
{
  return g_file_read_link ("/proc/thread-self/ns/net", NULL);
}

static void
note_namespace (gpointer data)
{
  *(char **) data = current_namespace ();
}

static void
test_namespace (void)
{
  g_autofree char *before = current_namespace (), *inside = NULL, *after = NULL;
  g_autoptr (IsmbVirtualRouter) blue = NULL, own = ismb_virtual_router_new ("VR-Mgmt", NULL, NULL);
  g_autoptr (GError) error = NULL;
  char *name = make_namespace ();
  guint16 port = 0;
  int fd, outside;
  if (name == NULL)
    {
      g_test_skip ("no right to make network namespaces");
      return;
    }
  blue = ismb_virtual_router_new ("blue", name, NULL);
  g_assert_true (ismb_virtual_router_run (blue, note_namespace, &inside, &error));
  after = current_namespace ();
  g_assert_cmpstr (inside, !=, before);
  g_assert_cmpstr (after, ==, before);
  fd = listen_at (blue, "127.0.0.1", 0, &port);
  g_assert_cmpint (connect_to (blue, "127.0.0.1", port), ==, 0);
  outside = listen_at (own, "127.0.0.1", 0, &port);
  g_assert_cmpint (connect_to (blue, "127.0.0.1", port), ==, ECONNREFUSED);
  close (outside);
  close (fd);
  fd = listen_at (blue, "fe80::77%inside0", 0, &port);
  g_assert_cmpint (connect_to (blue, "fe80::77%inside0", port), ==, 0);
  close (fd);
  g_assert_cmpint (ismb_virtual_router_connect (own, "fe80::77%inside0", port, &error), ==, -1);
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG);
  remove_namespace (name);
}

/* ------------------------------------------------------------------ unix */

typedef struct
{
  char *folder, *path;
} Folder;

static void
set_up (Folder *folder, gconstpointer data)
{
  folder->folder = g_dir_make_tmp ("ismb-XXXXXX", NULL);
  folder->path = g_build_filename (folder->folder, "c2s", NULL);
}

static void
tear_down (Folder *folder, gconstpointer data)
{
  g_remove (folder->path);
  g_assert_cmpint (g_rmdir (folder->folder), ==, 0);
  g_free (folder->folder);
  g_free (folder->path);
}

static void
test_unix (Folder *folder, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  GStatBuf info;
  int second, fd = ismb_unix_listen (folder->path, 0666, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_stat (folder->path, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 07777, ==, 0666);
  /* Somebody answers: that socket stays. */
  g_assert_cmpint (ismb_unix_listen (folder->path, 0666, &error), ==, -1);
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_EXISTS);
  g_clear_error (&error);
  close (fd);
  second = ismb_unix_listen (folder->path, 0600, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_stat (folder->path, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 07777, ==, 0600);
  close (second);
}

static void
test_unix_refusals (Folder *folder, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *missing = g_build_filename (folder->folder, "no", "such", NULL);
  g_autofree char *tail = g_strnfill (120, 'x'),
                  *too_long = g_build_filename (folder->folder, tail, NULL);
  g_assert_true (g_file_set_contents (folder->path, "precious", -1, NULL));
  g_assert_cmpint (ismb_unix_listen (folder->path, 0666, &error), ==, -1);
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_EXISTS);
  g_assert_true (g_file_test (folder->path, G_FILE_TEST_IS_REGULAR));
  g_clear_error (&error);
  g_assert_cmpint (ismb_unix_listen (missing, 0666, &error), ==, -1);
  g_assert_nonnull (strstr (error->message, missing));
  g_clear_error (&error);
  g_assert_cmpint (ismb_unix_listen (too_long, 0666, &error), ==, -1);
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/net/virtual-router/own-namespace", test_own_namespace);
  g_test_add_func ("/net/virtual-router/both-families", test_both_families);
  g_test_add_func ("/net/virtual-router/port-in-use", test_port_in_use);
  g_test_add_func ("/net/virtual-router/patience-is-inherited", test_patience_is_inherited);
  g_test_add_func ("/net/virtual-router/bad-places", test_bad_places);
  g_test_add_func ("/net/virtual-router/namespace", test_namespace);
  g_test_add ("/net/virtual-router/unix", Folder, NULL, set_up, test_unix, tear_down);
  g_test_add ("/net/virtual-router/unix-refusals", Folder, NULL, set_up, test_unix_refusals,
              tear_down);
  return g_test_run ();
}
