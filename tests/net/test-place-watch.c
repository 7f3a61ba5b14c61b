/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A place that goes, comes back and changes, in real namespaces. */
#include "config.h"
#include "ismb/net/ismb-place-watch.h"

#include <string.h>
#include <unistd.h>

#include "ismb/net/ismb-own-addresses.h"

typedef struct
{
  char *netns;
  IsmbVirtualRouter *place;
  IsmbPlaceWatch *watch;
  GString *seen; /* a letter for each event */
} Fixture;

G_GNUC_PRINTF (1, 2)
static gboolean
try_command (const char *format, ...)
{
  g_autofree char *command = NULL, *said = NULL; /* which would be no TAP */
  int status = -1;
  va_list args;

  va_start (args, format);
  command = g_strdup_vprintf (format, args);
  va_end (args);
  return g_spawn_command_line_sync (command, &said, NULL, &status, NULL) && status == 0;
}

static void
on_event (IsmbPlaceEvent event, gpointer user_data)
{
  g_string_append_c (((Fixture *) user_data)->seen, "gcx"[event]);
}

static void
expect (Fixture *fixture, char event)
{
  while (strchr (fixture->seen->str, event) == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_string_truncate (fixture->seen, 0);
}

static gboolean
set_up (Fixture *fixture, const char *device)
{
  static guint number;

  if (geteuid () != 0 || !try_command ("ip netns list"))
    {
      g_test_skip ("network namespaces are root's");
      return FALSE;
    }
  fixture->netns = g_strdup_printf ("ismb-watch-%d-%u", (int) getpid (), number++);
  fixture->place = ismb_virtual_router_new ("blue", fixture->netns, device);
  fixture->watch = ismb_place_watch_new (fixture->place, on_event, fixture);
  fixture->seen = g_string_new (NULL);
  return TRUE;
}

static void
tear_down (Fixture *fixture)
{
  try_command ("ip netns delete %s", fixture->netns);
  ismb_place_watch_free (fixture->watch);
  g_assert_finalize_object (fixture->place);
  g_string_free (fixture->seen, TRUE);
  g_free (fixture->netns);
}

static void
test_namespace (void)
{
  Fixture fixture = { NULL };

  if (!set_up (&fixture, NULL))
    return;
  g_assert_nonnull (strstr (ismb_virtual_router_get_lack (fixture.place), "`ip netns add ismb-watch"));
  for (guint i = 0; i < 3; i++)
    {
      g_assert_true (try_command ("ip netns add %s", fixture.netns));
      expect (&fixture, 'c');
      g_assert_null (ismb_virtual_router_get_lack (fixture.place));
      g_assert_true (try_command ("ip netns delete %s", fixture.netns));
      expect (&fixture, 'g');
      g_assert_nonnull (ismb_virtual_router_get_lack (fixture.place));
    }
  tear_down (&fixture);
}

/* One of the same name is another one. */
static void
test_namespace_is_replaced (void)
{
  Fixture fixture = { NULL };

  if (!set_up (&fixture, NULL))
    return;
  g_assert_true (try_command ("ip netns add %s", fixture.netns));
  expect (&fixture, 'c');
  g_assert_true (try_command ("ip netns delete %s", fixture.netns));
  g_assert_true (try_command ("ip netns add %s", fixture.netns));
  while (strchr (fixture.seen->str, 'c') == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_nonnull (strstr (fixture.seen->str, "gc"));
  tear_down (&fixture);
}

static void
test_interface (void)
{
  Fixture fixture = { NULL };

  if (!set_up (&fixture, "green0"))
    return;
  g_assert_true (try_command ("ip netns add %s", fixture.netns));
  expect (&fixture, 'g'); /* lacks the interface now */
  g_assert_nonnull (strstr (ismb_virtual_router_get_lack (fixture.place), "the interface green0"));
  g_assert_true (try_command ("ip -n %s link add green0 type veth peer name green1",
                              fixture.netns));
  expect (&fixture, 'c');
  g_assert_true (try_command ("ip -n %s address add 192.0.2.1/24 dev green0", fixture.netns));
  expect (&fixture, 'x');
  g_assert_true (try_command ("ip -n %s link delete green0", fixture.netns));
  expect (&fixture, 'g');
  tear_down (&fixture);
}

static int
next_timeout (void)
{
  GMainContext *context = g_main_context_default ();
  GPollFD fds[64];
  int priority, timeout, count;

  g_assert_true (g_main_context_acquire (context));
  g_main_context_prepare (context, &priority);
  count = g_main_context_query (context, priority, &timeout, fds, G_N_ELEMENTS (fds));
  g_main_context_check (context, priority, fds, count);
  g_main_context_release (context);
  return timeout;
}

/* Nothing is polled. */
static void
test_asleep (void)
{
  Fixture fixture = { NULL };

  if (!set_up (&fixture, NULL))
    return;
  g_assert_true (try_command ("ip netns add %s", fixture.netns));
  expect (&fixture, 'c');
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpint (next_timeout (), ==, -1); /* until something happens */
  tear_down (&fixture);
}

static void
test_stranded (void)
{
  g_autoptr (IsmbVirtualRouter) place = ismb_virtual_router_new ("blue", NULL, NULL);
  Fixture fixture = { NULL };
  g_autoptr (IsmbVirtualRouter) other = NULL;
  g_autoptr (IsmbOwnAddresses) here = NULL, there = NULL;
  g_autoptr (GError) error = NULL;
  guint16 port;
  int fd;

  if (!set_up (&fixture, NULL))
    return;
  g_assert_true (try_command ("ip netns add %s", fixture.netns));
  g_assert_true (try_command ("ip -n %s link add green0 type veth peer name green1",
                              fixture.netns));
  g_assert_true (try_command ("ip -n %s address add 198.51.100.7/24 dev green0", fixture.netns));
  fd = ismb_virtual_router_listen (fixture.place, "198.51.100.7", 0, &port, &error);
  g_assert_no_error (error);
  there = ismb_own_addresses_new (fixture.place);
  here = ismb_own_addresses_new (place);
  g_assert_true (ismb_own_addresses_have (there, fd));
  g_assert_false (ismb_own_addresses_have (here, fd));
  close (fd);
  tear_down (&fixture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/net/place-watch/namespace", test_namespace);
  g_test_add_func ("/net/place-watch/namespace-is-replaced", test_namespace_is_replaced);
  g_test_add_func ("/net/place-watch/interface", test_interface);
  g_test_add_func ("/net/place-watch/asleep", test_asleep);
  g_test_add_func ("/net/place-watch/stranded", test_stranded);
  return g_test_run ();
}
