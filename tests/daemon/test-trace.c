/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an operator sees of a daemon's modules and streams, by the real switchctl. */
#include "config.h"

#include <gio/gunixsocketaddress.h>
#include <signal.h>
#include <string.h>

#include "ismb/client/ismb-client.h"
#include "ismb/core/ismb-jid.h"
#include "tests/daemon/lone-switch.h"

#define PASSWORD "Calliope-1"
#define BODY "the vlan is up"

static void
on_opened (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  ismb_client_open_finish (ISMB_CLIENT (source), result, &error);
  g_assert_no_error (error);
  *(gboolean *) user_data = TRUE;
}

static void
set_true (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
}

static void
wait_for (const gboolean *done)
{
  while (!*done)
    g_main_context_iteration (NULL, TRUE);
}

static IsmbClient *
open_client (LoneSwitch *fixture, const char *name)
{
  IsmbClient *client = g_object_new (ISMB_TYPE_CLIENT, "name", name, "password", PASSWORD, "vr",
                                     "VR-Mgmt", "runtime-dir", fixture->runtime_dir, NULL);
  gboolean done = FALSE;

  ismb_client_open_async (client, NULL, on_opened, &done);
  wait_for (&done);
  return client;
}

static void
close_client (IsmbClient *client)
{
  gboolean gone = FALSE;

  ismb_client_add_event_handler (client, "disconnected", ISMB_EVENT_DEFAULT, set_true, &gone,
                                 NULL);
  ismb_client_close (client);
  wait_for (&gone);
  g_assert_finalize_object (client);
}

/* From one client to another, who has it when this returns. */
static void
send_message (LoneSwitch *fixture)
{
  IsmbClient *alice = open_client (fixture, "alice");
  IsmbClient *bob = open_client (fixture, "bob");
  const char *to = ismb_jid_get_full (ismb_client_get_bound_jid (bob));
  g_autoptr (GError) error = NULL;
  gboolean came = FALSE;

  ismb_client_add_event_handler (bob, "message", ISMB_EVENT_DEFAULT, set_true, &came, NULL);
  ismb_client_send_message (alice, to, BODY, NULL, NULL, &error);
  g_assert_no_error (error);
  wait_for (&came);
  close_client (alice);
  close_client (bob);
}

/* A follower's lines, up to one with that in it. */
static void
assert_follows (GDataInputStream *lines, const char *part, const char *but_never)
{
  for (;;)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *line = g_data_input_stream_read_line_utf8 (lines, NULL, NULL, &error);

      g_assert_no_error (error);
      g_assert_nonnull (line);
      g_assert_null (but_never != NULL ? strstr (line, but_never) : NULL);
      g_assert_null (strstr (line, PASSWORD));
      if (strstr (line, part) != NULL)
        return;
    }
}

static GDataInputStream *
read_lines (GSubprocess *follower)
{
  return g_data_input_stream_new (g_subprocess_get_stdout_pipe (follower));
}

static void
interrupt (GSubprocess *follower)
{
  g_subprocess_send_signal (follower, SIGINT);
  g_subprocess_wait (follower, NULL, NULL);
  g_assert_true (g_subprocess_get_if_exited (follower));
  g_assert_cmpint (g_subprocess_get_exit_status (follower), ==, 0);
}

static void
test_follows_a_message (LoneSwitch *fixture, gconstpointer data)
{
  g_autoptr (GSubprocess) follower
    = lone_switch_spawn_tool (fixture, "trace ismb.listener --follow");
  g_autoptr (GDataInputStream) lines = read_lines (follower);

  assert_follows (lines, "ismb.listener is traced from now on", NULL);
  send_message (fixture);
  assert_follows (lines, "debug    ismb.listener.stanza: RECV", BODY);
  assert_follows (lines, "<body>… 14 characters</body>", BODY);
  assert_follows (lines, "<body>… 14 characters</body>", BODY);
  interrupt (follower);
  lone_switch_assert (fixture, "trace ismb.listener", 0, "<body>… 14 characters</body>");
}

static void
test_shows_bodies (LoneSwitch *fixture, gconstpointer data)
{
  g_autoptr (GSubprocess) follower
    = lone_switch_spawn_tool (fixture, "trace ismb.listener.stanza --follow --bodies");
  g_autoptr (GDataInputStream) lines = read_lines (follower);

  assert_follows (lines, "is traced from now on", NULL);
  send_message (fixture);
  assert_follows (lines, "<body>" BODY "</body>", NULL);
  interrupt (follower);
  lone_switch_assert (fixture, "trace --list", 0, "shown");
  lone_switch_assert (fixture, "trace ismb.listener.stanza --json", 0, "<body>" BODY "<");
}

static void
talk (GIOStream *stream, const char *xml, const char *until)
{
  g_autoptr (GString) heard = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  g_output_stream_write_all (g_io_stream_get_output_stream (stream), xml, strlen (xml), NULL, NULL,
                             &error);
  g_assert_no_error (error);
  while (strstr (heard->str, until) == NULL)
    {
      char bytes[4096];
      gssize n = g_input_stream_read (g_io_stream_get_input_stream (stream), bytes, sizeof bytes,
                                      NULL, &error);

      g_assert_no_error (error);
      g_assert_cmpint (n, >, 0);
      g_string_append_len (heard, bytes, n);
    }
}

/* An account in band, a login with the password as it is, and a new password. */
static void
register_and_log_in (LoneSwitch *fixture)
{
  static const char header[]
    = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
      "to='sw1.001122' version='1.0'>";
  static const char login[] = "\0bill\0" PASSWORD;
  g_autofree char *path = g_build_filename (fixture->runtime_dir, "VR-Mgmt", "c2s", NULL);
  g_autofree char *proof = g_base64_encode ((const guchar *) login, sizeof login - 1);
  g_autofree char *auth
    = g_strdup_printf ("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>%s</auth>",
                       proof);
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) stream = g_socket_client_connect (
    client, G_SOCKET_CONNECTABLE (address), NULL, &error);

  g_assert_no_error (error);
  talk (G_IO_STREAM (stream), header, "</stream:features>");
  talk (G_IO_STREAM (stream),
        "<iq type='set' id='r1'><query xmlns='jabber:iq:register'><username>bill</username>"
        "<password>" PASSWORD "</password></query></iq>",
        "id='r1'");
  talk (G_IO_STREAM (stream), auth, ">");
}

static void
test_no_password (LoneSwitch *fixture, gconstpointer data)
{
  static const char login[] = "\0bill\0" PASSWORD;
  g_autofree char *proof = g_base64_encode ((const guchar *) login, sizeof login - 1);
  g_autofree char *said = NULL;
  g_autofree char *log = NULL;

  lone_switch_assert (fixture, "trace ismb --bodies", 0, "is traced");
  lone_switch_assert (fixture, "trace switchctld --bodies", 0, "is traced");
  lone_switch_assert (fixture, "log debug", 0, "");
  register_and_log_in (fixture);
  send_message (fixture);
  said = lone_switch_tool (fixture, "trace ismb", 0);
  g_assert_nonnull (strstr (said, "<username>bill</username><password>…</password>"));
  g_assert_nonnull (strstr (said, "mechanism='PLAIN'>…</auth>"));
  g_assert_nonnull (strstr (said, "mechanism='SCRAM-SHA-256'>…</auth>"));
  g_assert_null (strstr (said, PASSWORD));
  g_assert_null (strstr (said, proof));
  g_assert_true (g_file_get_contents (fixture->log, &log, NULL, NULL));
  g_assert_nonnull (strstr (log, "debug ismb.listener.stanza: RECV"));
  g_assert_null (strstr (log, PASSWORD));
  g_assert_null (strstr (log, proof));
  g_assert_null (strstr (log, BODY));
  g_assert_nonnull (strstr (log, "is traced with the bodies of messages, by uid"));
}

static void
test_sleekxmpp (LoneSwitch *fixture, gconstpointer data)
{
  lone_switch_assert (fixture, "trace sleekxmpp", 0, "is traced");
  lone_switch_assert (fixture, "run --on local 'echo hello'", 0, "hello");
  lone_switch_assert (fixture, "trace sleekxmpp", 0, "debug    ismb.client.stanza: RECV switch@");
  lone_switch_assert (fixture, "trace sleekxmpp", 0, "debug    ismb.client.stanza: SEND switch@");
}

static void
test_buffers (LoneSwitch *fixture, gconstpointer data)
{
  g_autofree char *cleared = NULL;

  lone_switch_assert (fixture, "trace ismb.listener --size 64", 0, "is traced");
  lone_switch_assert (fixture, "trace --list", 0, " 64       masked");
  lone_switch_assert (fixture, "trace ismb.listener --bodies", 1, "remove it first");
  lone_switch_assert (fixture, "trace ismb.listener --size 32", 1, "remove it first");
  send_message (fixture);
  lone_switch_assert (fixture, "trace ismb.listener", 0, "<body>");
  lone_switch_assert (fixture, "trace --clear ismb.listener", 0, "");
  cleared = lone_switch_tool (fixture, "trace ismb.listener", 0);
  g_assert_null (strstr (cleared, "<body>"));
  lone_switch_assert (fixture, "trace --remove ismb.listener", 0, "");
  lone_switch_assert (fixture, "trace --remove ismb.listener", 1, "there is no trace ismb.listener");
  lone_switch_assert (fixture, "trace --clear ismb.listener", 1, "there is no trace");
  lone_switch_assert (fixture, "trace 'no name'", 1, "no name is no name of a module");
  lone_switch_assert (fixture, "trace ismb --size 1", 1, "take a size between");
  lone_switch_assert (fixture, "trace", 2, "Usage");
  lone_switch_assert (fixture, "trace --list ismb", 2, "Usage");
  lone_switch_assert (fixture, "trace --remove --clear ismb", 2, "Usage");
}

/* The one that is followed goes, or the daemon does. */
static void
test_follower_is_left (LoneSwitch *fixture, gconstpointer data)
{
  g_autoptr (GSubprocess) first = lone_switch_spawn_tool (fixture, "trace switchctld --follow");
  g_autoptr (GDataInputStream) first_lines = read_lines (first);
  g_autoptr (GSubprocess) second = NULL;
  g_autoptr (GDataInputStream) second_lines = NULL;

  assert_follows (first_lines, "is traced", NULL);
  lone_switch_assert (fixture, "trace --remove switchctld", 0, "");
  assert_follows (first_lines, "trace switchctld was removed", NULL);
  g_subprocess_wait (first, NULL, NULL);
  g_assert_cmpint (g_subprocess_get_exit_status (first), ==, 1);
  second = lone_switch_spawn_tool (fixture, "trace switchctld --follow");
  second_lines = read_lines (second);
  assert_follows (second_lines, "is traced", NULL);
  lone_switch_kill (fixture);
  g_subprocess_wait (second, NULL, NULL);
  g_assert_cmpint (g_subprocess_get_exit_status (second), ==, 1);
}

static void
test_levels (LoneSwitch *fixture, gconstpointer data)
{
  g_autofree char *log = NULL;

  lone_switch_assert (fixture, "log", 0, "warning;ismb.net=info");
  lone_switch_assert (fixture, "log ismb.listener.authentication=debug info", 0, "");
  lone_switch_assert (fixture, "log", 0, "info;ismb.net=info;ismb.listener.authentication=debug\n");
  lone_switch_assert (fixture, "--json log", 0, "\"levels\" : \"info;");
  send_message (fixture);
  g_assert_true (g_file_get_contents (fixture->log, &log, NULL, NULL));
  g_assert_nonnull (strstr (log, "debug ismb.listener.authentication: uid "));
  g_assert_null (strstr (log, "debug ismb.listener.session"));
  lone_switch_assert (fixture, "log ismb.listener=loud", 1, "loud is no level");
  lone_switch_assert (fixture, "log ismb..listener=debug", 1, "no name of a module");
  lone_switch_assert (fixture, "log --reset", 0, "");
  lone_switch_assert (fixture, "log", 0, "warning;ismb.net=info\n");
}

#define ADD(name, func, data)                                                                      \
  g_test_add ("/daemon/trace/" name, LoneSwitch, data, lone_switch_set_up, func,                   \
              lone_switch_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("follows-a-message", test_follows_a_message, NULL);
  ADD ("shows-bodies", test_shows_bodies, NULL);
  ADD ("no-password", test_no_password, NULL);
  ADD ("sleekxmpp", test_sleekxmpp, NULL);
  ADD ("buffers", test_buffers, NULL);
  ADD ("follower-is-left", test_follower_is_left, NULL);
  ADD ("levels", test_levels, "[daemon]\nlog-level=warning;ismb.net=info\n");
  return g_test_run ();
}
