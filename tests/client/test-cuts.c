/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A client whose wire breaks again and again: each message arrives, and once. */
#include "config.h"

#include <stdlib.h>

#include "ismb/client/ismb-client.h"
#include "ismb/core/ismb-error.h"
#include "tests/support/ismb-test-cutter.h"
#include "tests/support/ismb-test-server.h"

#define DOMAIN "switch.test"
#define BYTES 20000        /* a connection carries fewer */

static const char *const accounts[] = { "alice", "bob", NULL };

typedef struct
{
  IsmbTestServer *server;
  IsmbTestCutter *cutter;
  IsmbClient *alice, *bob; /* one goes over the wire that breaks */
  GArray *seen;            /* of guint: how often each number came */
  guint sent, came;
  gboolean opened;
} Scene;

static void
on_opened (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  ismb_client_open_finish (ISMB_CLIENT (source), result, &error);
  g_assert_no_error (error);
  *(gboolean *) user_data = TRUE;
}

static void
wait_for (gboolean *flag)
{
  while (!*flag)
    g_main_context_iteration (NULL, TRUE);
}

/* Of each new session: nobody is there for others who has not said so. */
static void
on_session_start (IsmbClient *client, gpointer user_data)
{
  g_assert_true (ismb_client_send_presence (client, NULL, NULL, NULL));
}

static IsmbClient *
make_client (Scene *scene, const char *name, guint16 port)
{
  g_autofree char *jid = g_strdup_printf ("%s@" DOMAIN, name);
  IsmbClient *client = ismb_client_new_for_jid (jid, name);

  g_object_set (client, "server-host", "127.0.0.1", "server-port", (guint) port, "ca-file",
                ismb_test_server_get_ca_file (scene->server), "reconnect-delay", 2,
                "reconnect-max-delay", 20, NULL);
  g_signal_connect (client, "session-start", G_CALLBACK (on_session_start), NULL);
  return client;
}

static void
open_client (IsmbClient *client)
{
  gboolean opened = FALSE;

  ismb_client_open_async (client, NULL, on_opened, &opened);
  wait_for (&opened);
}

static void
on_message (IsmbClient *client, IsmbMessage *message, gpointer user_data)
{
  Scene *scene = user_data;
  guint number = (guint) atoi (ismb_message_get_body (message));

  g_assert_false (ismb_stanza_is_error (ISMB_STANZA (message)));
  g_assert_cmpuint (number, <, scene->seen->len);
  g_assert_cmpuint (g_array_index (scene->seen, guint, number)++, ==, 0);
  scene->came++;
}

static void
send_next (Scene *scene, IsmbClient *from, const char *to)
{
  g_autofree char *body = g_strdup_printf ("%u", scene->sent++);
  g_autoptr (GError) error = NULL;
  guint none = 0;

  g_array_append_val (scene->seen, none);
  ismb_client_send_message (from, to, body, NULL, "chat", &error);
  g_assert_no_error (error);
}

static guint
count_cuts (void)
{
  return g_test_slow () ? 170 : 4; /* a thousand in all */
}

static void
on_flag (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
}

static void
close_client (IsmbClient *client)
{
  gboolean closed = FALSE;

  ismb_client_add_event_handler (client, "disconnected", ISMB_EVENT_DEFAULT, on_flag, &closed,
                                 NULL);
  ismb_client_close (client);
  wait_for (&closed);
  g_object_unref (client);
}

static gboolean
set_up (Scene *scene, IsmbTestServerKind kind)
{
  *scene = (Scene){ ismb_test_server_new (kind, DOMAIN, accounts) };
  if (scene->server == NULL)
    {
      g_test_skip ("that server is not here");
      return FALSE;
    }
  scene->cutter = ismb_test_cutter_new (NULL, ismb_test_server_get_port (scene->server));
  scene->seen = g_array_new (FALSE, FALSE, sizeof (guint));
  scene->alice = make_client (scene, "alice", ismb_test_cutter_get_port (scene->cutter));
  scene->bob = make_client (scene, "bob", ismb_test_server_get_port (scene->server));
  return TRUE;
}

static void
tear_down (Scene *scene)
{
  close_client (scene->alice);
  close_client (scene->bob);
  ismb_test_cutter_free (scene->cutter);
  ismb_test_server_free (scene->server);
  g_array_unref (scene->seen);
}

/* From then on no session is replaced by another, and what a server makes of the messages of one
 * that was (ejabberd returns them) is no matter here. */
static void
open_on_the_wire (Scene *scene)
{
  gboolean enabled = FALSE;

  ismb_client_add_event_handler (scene->alice, "sm_enabled", ISMB_EVENT_DISPOSABLE, on_flag,
                                 &enabled, NULL);
  open_client (scene->alice);
  wait_for (&enabled);
}

/* One message under way at a time and now and then ten, while the wire breaks. */
static void
play (Scene *scene, IsmbClient *from, IsmbClient *to, const char *address)
{
  gint64 next = 0;

  g_signal_connect (to, "message", G_CALLBACK (on_message), scene);
  open_client (scene->bob);
  open_on_the_wire (scene);
  ismb_test_cutter_set_limit (scene->cutter, BYTES, ISMB_TEST_CUT_ANY);
  ismb_test_cutter_cut (scene->cutter, ISMB_TEST_CUT_RESET);
  while (ismb_test_cutter_count_cuts (scene->cutter) < count_cuts ())
    {
      if (scene->came == scene->sent || scene->sent < next + 10)
        send_next (scene, from, address);
      if (scene->sent % 100 == 0)
        next = scene->sent;
      g_main_context_iteration (NULL, scene->came < scene->sent);
    }
  ismb_test_cutter_set_limit (scene->cutter, 0, ISMB_TEST_CUT_ANY);
  while (scene->came < scene->sent)
    g_main_context_iteration (NULL, TRUE);
  g_test_message ("%u messages over %u connections", scene->sent,
                  ismb_test_cutter_count_connections (scene->cutter));
}

static void
test_sender_is_cut (gconstpointer kind)
{
  Scene scene;

  if (!set_up (&scene, GPOINTER_TO_INT (kind)))
    return;
  play (&scene, scene.alice, scene.bob, "bob@" DOMAIN);
  tear_down (&scene);
}

static void
test_receiver_is_cut (gconstpointer kind)
{
  Scene scene;

  if (!set_up (&scene, GPOINTER_TO_INT (kind)))
    return;
  play (&scene, scene.bob, scene.alice, "alice@" DOMAIN);
  tear_down (&scene);
}

/* A client of this switch, with an account that goes with the daemon: killed, stopped and back. */
static void
test_daemon_restarts (void)
{
  g_autoptr (IsmbTestServer) server = ismb_test_server_new (ISMB_TEST_OURS, DOMAIN, accounts);
  IsmbClient *client
      = g_object_new (ISMB_TYPE_CLIENT, "runtime-dir", ismb_test_server_get_runtime_dir (server),
                      "reconnect-delay", 2, "reconnect-max-delay", 50, NULL);
  g_autofree char *address = NULL;
  gboolean started = FALSE;

  ismb_test_server_stop (server);
  ismb_client_add_event_handler (client, "session_start", ISMB_EVENT_DEFAULT, on_flag, &started,
                                 NULL);
  ismb_client_open_async (client, NULL, NULL, NULL); /* nobody is there yet */
  ismb_test_server_start (server);
  wait_for (&started);
  address = g_strdup (ismb_jid_get_full (ismb_client_get_bound_jid (client)));
  for (guint i = 0; i < 2; i++)
    {
      started = FALSE;
      if (i == 0)
        ismb_test_server_kill (server);
      else
        ismb_test_server_stop (server);
      ismb_test_server_start (server);
      wait_for (&started);
      g_assert_cmpstr (ismb_jid_get_full (ismb_client_get_bound_jid (client)), ==, address);
    }
  close_client (client);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (int kind = 0; kind < ISMB_TEST_N_SERVERS; kind++)
    {
      const char *name = ismb_test_server_name (kind);
      g_autofree char *sender = g_strdup_printf ("/cuts/%s/sender", name);
      g_autofree char *receiver = g_strdup_printf ("/cuts/%s/receiver", name);

      if (kind == ISMB_TEST_EJABBERD && !g_test_slow ())
        continue; /* it takes its time to start */

      g_test_add_data_func (sender, GINT_TO_POINTER (kind), test_sender_is_cut);
      g_test_add_data_func (receiver, GINT_TO_POINTER (kind), test_receiver_is_cut);
    }
  g_test_add_func ("/cuts/daemon-restarts", test_daemon_restarts);
  return g_test_run ();
}
