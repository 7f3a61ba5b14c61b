/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An open client to whom nothing happens: its main loop does not wake. */
#include "config.h"

#include "ismb/core/ismb-namespaces.h"
#include "tests/support/ismb-test-guest.h"

#define DOMAIN "switch.test"
#define SHORT 2 /* seconds */
#define LONG 10

static const char *const accounts[] = { "alice", NULL };
static guint wakes;

static int
count_wakes (GPollFD *fds, guint count, int timeout)
{
  wakes++;
  return g_poll (fds, count, timeout);
}

static gboolean
set_flag (gpointer data)
{
  *(gboolean *) data = TRUE;
  return G_SOURCE_REMOVE;
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (IsmbIq) answer = ismb_client_query_finish (ISMB_CLIENT (source), result, NULL);

  g_assert_nonnull (answer);
  *(gboolean *) user_data = TRUE;
}

static gboolean
is_set (gpointer data)
{
  return *(gboolean *) data;
}

/* Whether the loop would sleep for more than a minute, unless something comes. */
static gboolean
nothing_is_due (void)
{
  GMainContext *context = g_main_context_default ();
  GPollFD fds[64];
  int priority = 0, timeout = 0;

  g_assert_true (g_main_context_acquire (context));
  if (!g_main_context_prepare (context, &priority))
    g_main_context_query (context, priority, &timeout, fds, G_N_ELEMENTS (fds));
  g_main_context_release (context);
  return timeout < 0 || timeout > 60000;
}

/* Behind the answer comes an acknowledgement, which is due in seconds until it is there. */
static void
settle (IsmbClient *client)
{
  g_autoptr (IsmbJid) server = ismb_jid_new (DOMAIN, NULL);
  g_autoptr (IsmbIq) ping = ismb_iq_new (server, "get");
  gboolean answered = FALSE;

  ismb_iq_set_payload (ping, "ping", ISMB_NS_PING);
  ismb_client_query_async (client, ping, 0, NULL, on_answer, &answered);
  ismb_test_wait_until (is_set, &answered, "the server's answer to a ping");
  while (!nothing_is_due ())
    g_main_context_iteration (NULL, TRUE);
  g_main_context_iteration (NULL, FALSE); /* a timer that is set wakes the loop once more */
}

/* The wake of its own end is the one that there is. */
static guint
count_over (guint seconds)
{
  gboolean over = FALSE;

  g_timeout_add (seconds * 1000, set_flag, &over);
  wakes = 0;
  while (!over)
    g_main_context_iteration (NULL, TRUE);
  return wakes - 1;
}

static void
test_idle (gconstpointer data)
{
  IsmbTestServer *server = ismb_test_server_new (GPOINTER_TO_INT (data), DOMAIN, accounts);
  IsmbTestGuest *alice;

  if (server == NULL)
    {
      g_test_skip ("that server is not here");
      return;
    }
  alice = ismb_test_guest_new (server, "alice");
  ismb_test_guest_open (alice, TRUE);
  settle (ismb_test_guest_get_client (alice));
  g_assert_cmpuint (count_over (g_test_slow () ? LONG : SHORT), ==, 0);
  g_assert_cmpuint (ismb_test_guest_count (alice, "disconnected"), ==, 0);
  ismb_test_guest_free (alice);
  ismb_test_server_free (server);
}

/* Of the daemon on this host, whose control bus it is on as well. */
static void
test_idle_at_home (void)
{
  g_autoptr (IsmbTestServer) server = ismb_test_server_new (ISMB_TEST_OURS, DOMAIN, accounts);
  IsmbClient *client = g_object_new (ISMB_TYPE_CLIENT, "runtime-dir",
                                     ismb_test_server_get_runtime_dir (server), NULL);
  gboolean opened = FALSE, closed = FALSE;

  g_signal_connect_swapped (client, "session-start", G_CALLBACK (set_flag), &opened);
  g_signal_connect_swapped (client, "disconnected", G_CALLBACK (set_flag), &closed);
  ismb_client_open_async (client, NULL, NULL, NULL);
  ismb_test_wait_until (is_set, &opened, "a session");
  settle (client);
  g_assert_cmpuint (count_over (g_test_slow () ? LONG : SHORT), ==, 0);
  ismb_client_close (client);
  ismb_test_wait_until (is_set, &closed, "the end of a session");
  g_object_unref (client);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_main_context_set_poll_func (NULL, count_wakes);
  for (int kind = 0; kind < ISMB_TEST_N_SERVERS; kind++)
    {
      g_autofree char *path = g_strconcat ("/idle/", ismb_test_server_name (kind), NULL);

      g_test_add_data_func (path, GINT_TO_POINTER (kind), test_idle);
    }
  g_test_add_func ("/idle/at-home", test_idle_at_home);
  return g_test_run ();
}
