/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IsmbClient against each kind of real server. */
#include "config.h"

#include "ismb/client/ismb-client.h"
#include "ismb/core/ismb-error.h"
#include "tests/support/ismb-test-server.h"

#define DOMAIN "switch.test"

static const char *const accounts[] = { "alice", "bob", NULL };

typedef struct
{
  gboolean done;
  GError *error;
} Outcome;

static void
on_opened (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Outcome *outcome = user_data;

  ismb_client_open_finish (ISMB_CLIENT (source), result, &outcome->error);
  outcome->done = TRUE;
}

static void
on_event (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
}

static void
sign_in (IsmbTestServer *server)
{
  IsmbClient *client = ismb_client_new_for_jid ("alice@" DOMAIN, "alice");
  gboolean gone = FALSE;
  Outcome outcome = { FALSE };

  g_object_set (client, "server-host", "127.0.0.1", "server-port",
                (guint) ismb_test_server_get_port (server), "ca-file",
                ismb_test_server_get_ca_file (server), NULL);
  ismb_client_add_event_handler (client, "disconnected", ISMB_EVENT_DEFAULT, on_event, &gone, NULL);
  ismb_client_open_async (client, NULL, on_opened, &outcome);
  while (!outcome.done)
    g_main_context_iteration (NULL, TRUE);
  g_assert_no_error (outcome.error);
  ismb_client_close (client);
  while (!gone)
    g_main_context_iteration (NULL, TRUE);
  g_object_unref (client);
}

static void
test_comes_and_goes (gconstpointer data)
{
  IsmbTestServer *server = ismb_test_server_new (GPOINTER_TO_INT (data), DOMAIN, accounts);
  guint16 port;

  if (server == NULL)
    {
      g_test_skip ("that server is not here");
      return;
    }
  port = ismb_test_server_get_port (server);
  sign_in (server);
  ismb_test_server_stop (server);
  ismb_test_server_start (server);
  sign_in (server);
  ismb_test_server_kill (server);
  ismb_test_server_start (server);
  g_assert_cmpuint (ismb_test_server_get_port (server), ==, port);
  sign_in (server);
  ismb_test_server_free (server);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (int kind = 0; kind < ISMB_TEST_N_SERVERS; kind++)
    {
      g_autofree char *path =
          g_strdup_printf ("/against/%s/comes-and-goes", ismb_test_server_name (kind));

      g_test_add_data_func (path, GINT_TO_POINTER (kind), test_comes_and_goes);
    }
  return g_test_run ();
}
