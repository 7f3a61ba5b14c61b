/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A bus in a program of its own: any XMPP client on this host signs in as ann or bob, with the password
 * "pencil", and they exchange messages. Prints its port, then who comes and goes.
 *
 *   cc listener.c $(pkg-config --cflags --libs ismb-1) -o listener */
#include <ismb/ismb.h>

#include <stdio.h>

static void
on_session (IsmbListener *listener, IsmbJid *jid, const char *deed)
{
  g_print ("%s %s\n", ismb_jid_get_full (jid), deed);
}

int
main (void)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (IsmbListener) listener = ismb_listener_new ("VR-Default");
  g_autoptr (GError) error = NULL;

  setvbuf (stdout, NULL, _IOLBF, 0);
  g_signal_connect (listener, "session-started", G_CALLBACK (on_session), "is here");
  g_signal_connect (listener, "session-ended", G_CALLBACK (on_session), "has left");
  if (!ismb_listener_create_account (listener, "ann", "pencil", &error)
      || !ismb_listener_create_account (listener, "bob", "pencil", &error)
      || !ismb_listener_start (listener, 0, &error))
    g_error ("%s", error->message);
  g_print ("localhost, port %u\n", ismb_listener_get_c2s_port (listener));
  g_main_loop_run (loop);
}
