/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "ismb/ismb.h"

/* An IsmbClient that tells, a line each, what its handlers see: "session ADDRESS", "message BODY".
 * It is opened once and comes back by itself, for ever. Usage: witness NAME PASSWORD */

static void
on_session_start (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (!ismb_client_send_presence (client, NULL, NULL, &error))
    g_message ("%s", error->message);
  printf ("session %s\n", ismb_client_get_auto_jid (client));
  fflush (stdout);
}

static void
on_message (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
  printf ("message %s\n", ismb_message_get_body (ISMB_MESSAGE (payload)));
  fflush (stdout);
}

int
main (int argc, char **argv)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (IsmbClient) client = NULL;

  if (argc != 3)
    g_error ("usage: witness NAME PASSWORD");
  client = ismb_client_new (argv[1], argv[2], NULL);
  ismb_client_add_event_handler (client, "session_start",
                                 ISMB_EVENT_DEFAULT, on_session_start, NULL, NULL);
  ismb_client_add_event_handler (client, "message", ISMB_EVENT_DEFAULT, on_message, NULL, NULL);
  ismb_client_open_async (client, NULL, NULL, NULL);
  g_main_loop_run (loop);
  return 0;
}
