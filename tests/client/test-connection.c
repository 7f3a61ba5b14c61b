/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a client's session begins, breaks, goes on and ends, against servers that play a script. */
#include "config.h"

#include <string.h>

#include "ismb/client/ismb-client.h"
#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"
#include "tests/support/ismb-test-script.h"

#define OUR "alice@switch.test"
#define SM "xmlns='urn:xmpp:sm:3'"
#define BIND "xmlns='urn:ietf:params:xml:ns:xmpp-bind'"
#define STREAM_ERROR(condition)                                                                    \
  "S: <stream:error><" condition " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"
#define OFFER "features <bind " BIND "/><sm " SM "/>"
#define TO_BOB "C* <message to='bob@switch.test'><body>%s</body></message>"
#define BODY(text) "C* <message><body>" text "</body></message>"
/* Up to a session that can be resumed. */
#define MANAGED                                                                                    \
  "sign-in", OFFER, "C: <iq type='set' id='%bind%'><bind/></iq>",                                  \
      "S: <iq type='result' id='%bind%'><bind " BIND "><jid>" OUR "/desk</jid></bind></iq>",       \
      "C: <enable resume='true'/>", "S: <enabled " SM " id='some' resume='true'/>"
#define LOGIN "connected auth_success session_bind:Jid session_start stream_negotiated "

typedef struct
{
  IsmbClient *client;
  IsmbTestScript *server;
  GString *events;
  gboolean opened;
  GError *error;
} Scene;

static void
note_event (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
  Scene *scene = user_data;

  g_string_append (scene->events, event);
  if (payload != NULL)
    g_string_append_printf (scene->events, ":%s", G_OBJECT_TYPE_NAME (payload) + strlen ("Ismb"));
  g_string_append_c (scene->events, ' ');
}

static void
on_opened (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Scene *scene = user_data;

  ismb_client_open_finish (ISMB_CLIENT (source), result, &scene->error);
  scene->opened = TRUE;
}

#define WAIT(condition)                        \
  G_STMT_START                                 \
  {                                            \
    while (!(condition))                       \
      g_main_context_iteration (NULL, TRUE);   \
  }                                            \
  G_STMT_END

static void
set_up (Scene *scene, const char *const *lines)
{
  *scene = (Scene){ NULL };
  scene->events = g_string_new (NULL);
  scene->server = ismb_test_script_new ("secret", lines);
  scene->client = ismb_client_new_for_jid (OUR, "secret");
  g_object_set (scene->client, "server-host", "127.0.0.1", "server-port",
                (guint) ismb_test_script_get_port (scene->server), "ca-file",
                ismb_test_script_get_ca_file (scene->server), "require-tls", FALSE,
                "reconnect-delay", 1, "reconnect-max-delay", 5, NULL);
  g_signal_connect (scene->client, "event", G_CALLBACK (note_event), scene);
}

static void
begin (Scene *scene)
{
  ismb_client_open_async (scene->client, NULL, on_opened, scene);
}

static void
open_scene (Scene *scene)
{
  begin (scene);
  WAIT (scene->opened);
}

static void
tear_down (Scene *scene)
{
  g_signal_handlers_disconnect_by_data (scene->client, scene);
  ismb_client_abort (scene->client);
  ismb_test_script_free (scene->server);
  g_object_add_weak_pointer (G_OBJECT (scene->client), (gpointer *) &scene->client);
  g_object_unref (scene->client);
  WAIT (scene->client == NULL);
  g_string_free (scene->events, TRUE);
  g_clear_error (&scene->error);
}

static gboolean
has_seen (Scene *scene, const char *event)
{
  g_autofree char *word = g_strconcat (event, " ", NULL);

  return g_str_has_suffix (scene->events->str, word);
}

static void
send (Scene *scene, const char *body)
{
  g_autoptr (GError) error = NULL;

  ismb_client_send_message (scene->client, "bob@switch.test", body, NULL, "chat", &error);
  g_assert_no_error (error);
}

/* One login, one logout */

static void
test_login_and_logout (void)
{
  static const char *const lines[] = { "login", "closed", NULL };
  Scene scene;

  set_up (&scene, lines);
  open_scene (&scene);
  g_assert_no_error (scene.error);
  g_assert_cmpstr (scene.events->str, ==, LOGIN);
  ismb_client_close (scene.client);
  WAIT (has_seen (&scene, "disconnected"));
  g_assert_cmpstr (scene.events->str, ==, LOGIN "session_end disconnected ");
  g_assert_null (ismb_client_get_bound_jid (scene.client));
  tear_down (&scene);
}

static void
test_tls (void)
{
  static const char *const lines[] = { "starttls", "login", "closed", NULL };
  Scene scene;

  set_up (&scene, lines);
  g_object_set (scene.client, "require-tls", TRUE, NULL);
  open_scene (&scene);
  g_assert_no_error (scene.error);
  g_assert_true (g_str_has_prefix (scene.events->str, "connected ssl_cert:"));
  tear_down (&scene);
}

static void
test_direct_tls (void)
{
  static const char *const lines[] = { "tls", "login", "closed", NULL };
  Scene scene;

  set_up (&scene, lines);
  g_object_set (scene.client, "require-tls", TRUE, "direct-tls", TRUE, NULL);
  open_scene (&scene);
  g_assert_no_error (scene.error);
  tear_down (&scene);
}

/* What does not pass: once, and said */

typedef struct
{
  const char *path;
  const char *lines[8];
  int code;
  const char *says;
  const char *events;
} Refusal;

static const Refusal refusals[] = {
  { "wrong-password",
    { "scram", "closed" },
    ISMB_ERROR_AUTH_FAILED,
    "not-authorized",
    "connected failed_auth:Failure no_auth failed_auth session_end disconnected:Failure "
    "connection_failed:Failure " },
  { "host-unknown",
    { "header", STREAM_ERROR ("host-unknown"), "end" },
    ISMB_ERROR_STREAM,
    "host-unknown",
    "connected stream_error:Failure session_end disconnected:Failure connection_failed:Failure " },
};

static void
test_refusal (gconstpointer data)
{
  const Refusal *refusal = data;
  Scene scene;

  set_up (&scene, refusal->lines);
  if (refusal->code == ISMB_ERROR_AUTH_FAILED)
    {
      g_signal_handlers_disconnect_by_data (scene.client, &scene);
      g_object_unref (scene.client);
      scene.client = ismb_client_new_for_jid (OUR, "wrong");
      g_object_set (scene.client, "server-host", "127.0.0.1", "server-port",
                    (guint) ismb_test_script_get_port (scene.server), "require-tls", FALSE, NULL);
      g_signal_connect (scene.client, "event", G_CALLBACK (note_event), &scene);
    }
  open_scene (&scene);
  g_assert_error (scene.error, ISMB_ERROR, refusal->code);
  g_assert_nonnull (strstr (scene.error->message, refusal->says));
  g_assert_cmpstr (scene.events->str, ==, refusal->events);
  tear_down (&scene);
}

static void
test_conflict (void)
{
  static const char *const lines[] = { "login", STREAM_ERROR ("conflict"), "end", "hold", NULL };
  Scene scene;

  set_up (&scene, lines);
  open_scene (&scene);
  g_assert_no_error (scene.error);
  WAIT (has_seen (&scene, "connection_failed:Failure"));
  g_assert_cmpstr (scene.events->str, ==,
                   LOGIN "stream_error:Failure session_end disconnected:Failure "
                         "connection_failed:Failure ");
  g_assert_cmpuint (ismb_test_script_count_connections (scene.server), ==, 1);
  tear_down (&scene);
}

/* What passes: wherever the server breaks off, the next attempt is as good as the first. */

static void
test_breaks_off (gconstpointer data)
{
  const char *stage = data;
  const char *lines[] = { stage, "cut", "login", "closed", NULL };
  Scene scene;

  set_up (&scene, lines);
  open_scene (&scene);
  g_assert_no_error (scene.error);
  g_assert_cmpuint (ismb_test_script_count_connections (scene.server), ==, 2);
  g_assert_true (g_str_has_prefix (scene.events->str, "connected "));
  g_assert_true (g_str_has_suffix (scene.events->str, LOGIN));
  g_assert_nonnull (
      strstr (scene.events->str, "session_end disconnected:Failure reconnect_delay:Failure "));
  tear_down (&scene);
}

static void
test_temporary_refusal (void)
{
  static const char *const lines[] = { "header",
                                       "features <mechanisms xmlns='" ISMB_NS_SASL "'>"
                                       "<mechanism>SCRAM-SHA-1</mechanism></mechanisms>",
                                       "refuse temporary-auth-failure",
                                       "closed",
                                       "login",
                                       "closed",
                                       NULL };
  Scene scene;

  set_up (&scene, lines);
  open_scene (&scene);
  g_assert_no_error (scene.error);
  tear_down (&scene);
}

static void
test_nobody_there (void)
{
  static const char *const lines[] = { "hold", NULL };
  Scene scene;

  set_up (&scene, lines);
  g_object_set (scene.client, "server-port", 1, "reconnect-max-attempts", 3, NULL);
  send (&scene, "x");
  open_scene (&scene);
  g_assert_error (scene.error, ISMB_ERROR, ISMB_ERROR_STREAM);
  g_assert_cmpstr (scene.events->str, ==,
                   "socket_error:Failure reconnect_delay:Failure socket_error:Failure "
                   "reconnect_delay:Failure socket_error:Failure connection_failed:Failure "
                   "stanza_not_sent:Message ");
  tear_down (&scene);
}

/* A server that accepts and is silent holds up nobody for longer than that. */
static void
test_silent_server (gconstpointer data)
{
  const char *stage = data;
  const char *lines[] = { stage, "hold", NULL };
  Scene scene;

  set_up (&scene, lines);
  g_object_set (scene.client, "session-timeout", 100, "auto-reconnect", FALSE, NULL);
  open_scene (&scene);
  g_assert_error (scene.error, ISMB_ERROR, ISMB_ERROR_TIMEOUT);
  g_assert_true (g_str_has_suffix (
      scene.events->str,
      "socket_error:Failure session_end disconnected:Failure connection_failed:Failure "));
  tear_down (&scene);
}

/* Sent elsewhere: by a server whose certificate was verified, or not at all. */
static void
test_redirected (gconstpointer data)
{
  gboolean tls = GPOINTER_TO_INT (data);
  static const char *const there[] = { "starttls", "login", "hold", NULL };
  g_autoptr (IsmbTestScript) other = ismb_test_script_new ("secret", there);
  g_autofree char *error = g_strdup_printf (
      "S: <stream:error><see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>"
      "127.0.0.1:%u</see-other-host></stream:error>",
      (guint) ismb_test_script_get_port (other));
  const char *here[] = { tls ? "starttls" : "greeted", "header", error, "end", NULL };
  g_autofree char *both = NULL;
  g_autofree char *one = NULL, *two = NULL;
  Scene scene;

  set_up (&scene, tls ? here : here + 1);
  g_assert_true (
      g_file_get_contents (ismb_test_script_get_ca_file (scene.server), &one, NULL, NULL));
  g_assert_true (g_file_get_contents (ismb_test_script_get_ca_file (other), &two, NULL, NULL));
  both = g_strconcat (one, two, NULL);
  g_assert_true (
      g_file_set_contents (ismb_test_script_get_ca_file (scene.server), both, -1, NULL));
  g_object_set (scene.client, "require-tls", tls, "reconnect-max-attempts", 1, NULL);
  open_scene (&scene);
  if (tls)
    g_assert_no_error (scene.error);
  else
    g_assert_error (scene.error, ISMB_ERROR, ISMB_ERROR_STREAM);
  g_assert_cmpuint (ismb_test_script_count_connections (other), ==, tls ? 1 : 0);
  tear_down (&scene);
}

static void
test_comes_back (void)
{
  static const char *const lines[]
      = { "login", "C* <message><body>one</body></message>", "cut", "login",
          "C* <message><body>two</body></message>", "closed", NULL };
  Scene scene;

  set_up (&scene, lines);
  open_scene (&scene);
  send (&scene, "one");
  WAIT (has_seen (&scene, "reconnect_delay:Failure"));
  g_assert_cmpstr (scene.events->str, ==,
                   LOGIN "socket_error:Failure session_end disconnected:Failure "
                         "reconnect_delay:Failure ");
  g_assert_null (ismb_client_get_bound_jid (scene.client));
  send (&scene, "two"); /* in between */
  WAIT (has_seen (&scene, "stream_negotiated"));
  ismb_client_close (scene.client);
  g_assert_true (ismb_test_script_finish (scene.server));
  tear_down (&scene);
}

static void
test_stays_away (void)
{
  static const char *const lines[] = { "login", "cut", NULL };
  Scene scene;

  set_up (&scene, lines);
  g_object_set (scene.client, "auto-reconnect", FALSE, NULL);
  open_scene (&scene);
  WAIT (has_seen (&scene, "disconnected:Failure"));
  g_assert_cmpstr (scene.events->str, ==,
                   LOGIN "socket_error:Failure session_end disconnected:Failure ");
  g_assert_cmpuint (ismb_test_script_count_connections (scene.server), ==, 1);
  tear_down (&scene);
}

/* XEP-0198 */

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbIq) answer = ismb_client_query_finish (ISMB_CLIENT (source), result, &error);

  g_assert_no_error (error);
  *(gboolean *) user_data = TRUE;
}

static void
ask (Scene *scene, gboolean *answered)
{
  g_autoptr (IsmbJid) to = ismb_jid_new ("switch.test", NULL);
  g_autoptr (IsmbIq) iq = ismb_iq_new (to, "get");

  ismb_iq_set_payload (iq, "ping", ISMB_NS_PING);
  ismb_client_query_async (scene->client, iq, 0, NULL, on_answer, answered);
}

static void
test_resumes (void)
{
  static const char *const lines[] = {
    MANAGED,
    BODY ("one"),
    BODY ("two"),
    "C* <iq type='get' id='%ask%'><ping/></iq>",
    "S: <message from='bob@switch.test/x'><body>hi</body></message>",
    "wait",
    "reset",
    "sign-in",
    OFFER,
    "C: <resume previd='some' h='1'/>",
    "S: <resumed " SM " previd='some' h='1'/>",
    "C: <message><body>two</body></message>",
    "C: <iq type='get' id='%ask%'><ping/></iq>",
    "C: <message><body>three</body></message>",
    "S: <iq type='result' id='%ask%' from='switch.test'/><r " SM "/>",
    "C* <a h='2'/>",
    "closed",
    NULL
  };
  Scene scene;
  gboolean answered = FALSE;

  set_up (&scene, lines);
  open_scene (&scene);
  WAIT (has_seen (&scene, "sm_enabled"));
  send (&scene, "one");
  send (&scene, "two");
  ask (&scene, &answered);
  WAIT (has_seen (&scene, "message:Message"));
  g_string_truncate (scene.events, 0);
  ismb_test_script_go (scene.server);
  WAIT (has_seen (&scene, "reconnect_delay:Failure"));
  g_assert_nonnull (ismb_client_get_bound_jid (scene.client));
  send (&scene, "three");
  WAIT (answered);
  ismb_client_close (scene.client);
  g_assert_true (ismb_test_script_finish (scene.server));
  WAIT (has_seen (&scene, "disconnected"));
  g_assert_cmpstr (scene.events->str, ==,
                   "socket_error:Failure disconnected:Failure reconnect_delay:Failure "
                   "connected auth_success session_resumed stanza_acked:Message "
                   "session_end disconnected ");
  tear_down (&scene);
}

static void
send_more (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
  send (user_data, "three");
}

/* What a handler of the acknowledgement sends goes behind what goes again, and once. */
static void
test_sends_while_it_resumes (void)
{
  static const char *const lines[] = {
    MANAGED,
    BODY ("one"),
    BODY ("two"),
    "wait",
    "reset",
    "sign-in",
    OFFER,
    "C: <resume previd='some'/>",
    "S: <resumed " SM " previd='some' h='1'/>",
    "C: <message><body>two</body></message>",
    "C: <message><body>three</body></message>",
    "C: <r/>",
    "S: <a " SM " h='3'/>",
    "closed",
    NULL
  };
  Scene scene;

  set_up (&scene, lines);
  open_scene (&scene);
  WAIT (has_seen (&scene, "sm_enabled"));
  send (&scene, "one");
  send (&scene, "two");
  ismb_client_add_event_handler (scene.client, "stanza_acked", ISMB_EVENT_DISPOSABLE, send_more,
                                 &scene, NULL);
  ismb_test_script_go (scene.server);
  WAIT (has_seen (&scene, "stanza_acked:Message stanza_acked:Message stanza_acked:Message"));
  ismb_client_close (scene.client);
  g_assert_true (ismb_test_script_finish (scene.server));
  tear_down (&scene);
}

/* What the server knows of the session that is gone counts; the rest goes again, the same message
 * as before, but not who was there. */
static void
test_fails_to_resume (void)
{
  static const char *const lines[] = {
    MANAGED,
    BODY ("one"),
    "C* <message><body>two</body><origin-id id='%origin%'/></message>",
    "C* <presence/>",
    "C* <presence type='subscribe'/>",
    "wait",
    "cut",
    "sign-in",
    OFFER,
    "C: <resume previd='some'/>",
    "S: <failed " SM " h='1'><item-not-found "
    "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>",
    "C: <iq type='set' id='%bind%'><bind/></iq>",
    "S: <iq type='result' id='%bind%'><bind " BIND "><jid>" OUR "/desk</jid></bind></iq>",
    "C: <enable resume='true'/>",
    "C: <message><body>two</body><origin-id id='%origin%'/></message>",
    "C: <presence type='subscribe'/>",
    "closed",
    NULL
  };
  Scene scene;

  set_up (&scene, lines);
  open_scene (&scene);
  WAIT (has_seen (&scene, "sm_enabled"));
  send (&scene, "one");
  send (&scene, "two");
  ismb_client_send_presence (scene.client, NULL, NULL, NULL);
  ismb_client_send_presence_subscription (scene.client, "bob@switch.test", NULL, NULL);
  ismb_test_script_go (scene.server);
  WAIT (has_seen (&scene, "reconnect_delay:Failure"));
  g_string_truncate (scene.events, 0);
  WAIT (has_seen (&scene, "stream_negotiated"));
  ismb_client_close (scene.client);
  g_assert_true (ismb_test_script_finish (scene.server));
  WAIT (has_seen (&scene, "disconnected"));
  g_assert_cmpstr (scene.events->str, ==,
                   "connected auth_success stanza_acked:Message session_end session_bind:Jid "
                   "stanza_not_sent:Presence session_start stream_negotiated session_end "
                   "disconnected ");
  tear_down (&scene);
}

static void
test_server_refuses_management (void)
{
  static const char *const lines[] = {
    "sign-in",
    OFFER,
    "C: <iq type='set' id='%bind%'><bind/></iq>",
    "S: <iq type='result' id='%bind%'><bind " BIND "><jid>" OUR "/desk</jid></bind></iq>",
    "C: <enable resume='true'/>",
    "S: <failed " SM "/>",
    BODY ("one"),
    "closed",
    NULL
  };
  Scene scene;

  set_up (&scene, lines);
  open_scene (&scene);
  WAIT (has_seen (&scene, "sm_failed"));
  send (&scene, "one");
  ismb_client_close (scene.client);
  g_assert_true (ismb_test_script_finish (scene.server));
  tear_down (&scene);
}

static void
test_counts_too_high (void)
{
  static const char *const lines[]
      = { MANAGED, "S: <a " SM " h='7'/>",
          "C* <stream:error><undefined-condition/></stream:error>", NULL };
  Scene scene;

  set_up (&scene, lines);
  g_object_set (scene.client, "auto-reconnect", FALSE, NULL);
  open_scene (&scene);
  WAIT (has_seen (&scene, "disconnected:Failure"));
  g_assert_true (ismb_test_script_finish (scene.server));
  tear_down (&scene);
}

/* Closing */

typedef struct
{
  gboolean done;
  GError *error;
} Outcome;

static void
on_closed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Outcome *outcome = user_data;

  ismb_client_close_finish (ISMB_CLIENT (source), result, &outcome->error);
  outcome->done = TRUE;
}

static void
test_drains (void)
{
  static const char *const lines[]
      = { MANAGED, BODY ("one"), "C* <r/>", "wait", "S: <a " SM " h='1'/>", "closed", NULL };
  Scene scene;
  Outcome outcome = { FALSE };

  set_up (&scene, lines);
  open_scene (&scene);
  send (&scene, "one");
  ismb_client_close_async (scene.client, NULL, on_closed, &outcome);
  ismb_test_script_go (scene.server);
  WAIT (outcome.done);
  g_assert_no_error (outcome.error);
  g_assert_true (ismb_test_script_finish (scene.server));
  g_assert_true (
      g_str_has_suffix (scene.events->str, "stanza_acked:Message session_end disconnected "));
  tear_down (&scene);
}

/* Also before there was a session, and over a connection that breaks. */
static void
test_drains_before_the_session (void)
{
  static const char *const lines[]
      = { MANAGED, BODY ("one"), "cut", "sign-in", OFFER, "C: <resume previd='some'/>",
          "S: <resumed " SM " previd='some' h='0'/>", BODY ("one"), "C* <r/>",
          "S: <a " SM " h='1'/>", "closed", NULL };
  Scene scene;
  Outcome outcome = { FALSE };

  set_up (&scene, lines);
  send (&scene, "one");
  begin (&scene);
  ismb_client_close_async (scene.client, NULL, on_closed, &outcome);
  WAIT (outcome.done);
  g_assert_no_error (outcome.error);
  g_assert_true (ismb_test_script_finish (scene.server));
  tear_down (&scene);
}

static void
test_draining_is_cancelled (void)
{
  static const char *const lines[] = { MANAGED, BODY ("one"), "C* <r/>", "wait", "closed", NULL };
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Scene scene;
  Outcome outcome = { FALSE };

  set_up (&scene, lines);
  open_scene (&scene);
  send (&scene, "one");
  ismb_client_close_async (scene.client, cancellable, on_closed, &outcome);
  ismb_test_script_go (scene.server);
  g_cancellable_cancel (cancellable);
  WAIT (outcome.done);
  g_assert_error (outcome.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_true (g_str_has_suffix (scene.events->str, "stanza_not_sent:Message "));
  g_clear_error (&outcome.error);
  tear_down (&scene);
}

static void
test_aborts (void)
{
  static const char *const lines[] = { "login", "hold", NULL };
  Scene scene;

  set_up (&scene, lines);
  open_scene (&scene);
  ismb_client_abort (scene.client);
  g_assert_cmpstr (scene.events->str, ==, LOGIN "killed session_end disconnected ");
  ismb_client_abort (scene.client);
  g_assert_cmpstr (scene.events->str, ==, LOGIN "killed session_end disconnected ");
  tear_down (&scene);
}

static void
test_reconnects (void)
{
  static const char *const lines[] = { "login", "closed", "login", "closed", NULL };
  Scene scene;

  set_up (&scene, lines);
  open_scene (&scene);
  ismb_client_reconnect (scene.client);
  WAIT (g_str_equal (scene.events->str, LOGIN "session_end disconnected " LOGIN));
  tear_down (&scene);
}

static void
test_reconnects_and_resumes (void)
{
  static const char *const lines[]
      = { MANAGED, "hold", "sign-in", OFFER, "C: <resume previd='some'/>",
          "S: <resumed " SM " previd='some' h='0'/>", "closed", NULL };
  Scene scene;

  set_up (&scene, lines);
  open_scene (&scene);
  WAIT (has_seen (&scene, "sm_enabled"));
  g_string_truncate (scene.events, 0);
  ismb_client_reconnect (scene.client);
  WAIT (has_seen (&scene, "session_resumed"));
  g_assert_cmpstr (scene.events->str, ==, "disconnected connected auth_success session_resumed ");
  tear_down (&scene);
}

/* Wherever the client is closed, whoever waits hears of it and nothing is left of it. Each deed at
 * a third of the events, or, where there is time, at all. */

typedef struct
{
  const char *path;
  IsmbEventFunc deed;
} Deed;

static void
close_at (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
  ismb_client_close (client);
}

static void
abort_at (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
  ismb_client_abort (client);
}

static void
reconnect_at (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
  ismb_client_reconnect (client);
}

static const Deed deeds[]
    = { { "close", close_at }, { "abort", abort_at }, { "reconnect", reconnect_at } };
static const char *const stages[] = { "connected",    "auth_success",      "session_bind",
                                      "session_start", "stream_negotiated", "socket_error",
                                      "session_end",  "disconnected",      "reconnect_delay" };

static void
test_ended_inside_a_handler (gconstpointer data)
{
  const Deed *deed = data;
  static const char *const lines[] = { "login", "cut", "login", "closed", NULL };

  for (gsize i = 0; i < G_N_ELEMENTS (stages); i++)
    {
      Scene scene;
      guint connected = 0, disconnected = 0;

      if (!g_test_slow () && i % G_N_ELEMENTS (deeds) != (gsize) (deed - deeds))
        continue;
      set_up (&scene, lines);
      ismb_client_add_event_handler (scene.client, stages[i], ISMB_EVENT_DISPOSABLE,
                                     deed->deed, NULL, NULL);
      begin (&scene);
      WAIT (scene.opened && strstr (scene.events->str, stages[i]) != NULL);
      ismb_client_close (scene.client);
      while (g_main_context_iteration (NULL, FALSE))
        ;
      ismb_client_abort (scene.client);
      for (const char *at = scene.events->str; (at = strstr (at, "connected")) != NULL; at++)
        if (at > scene.events->str && at[-1] == 's')
          disconnected++;
        else
          connected++;
      if (connected != disconnected)
        g_error ("%s: %s", stages[i], scene.events->str);
      tear_down (&scene);
    }
}

int
main (int argc, char *argv[])
{
  static const char *const breaks[]
      = { "greeted", "header", "scram", "sign-in", OFFER };
  static const char *const silences[] = { "greeted", "header", "scram", "sign-in" };

  g_test_init (&argc, &argv, NULL);
#define ADD(path, test) g_test_add_func ("/connection/" path, test)
  ADD ("login-and-logout", test_login_and_logout);
  ADD ("tls", test_tls);
  ADD ("direct-tls", test_direct_tls);
  for (gsize i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      g_autofree char *path = g_strconcat ("/connection/refused/", refusals[i].path, NULL);

      g_test_add_data_func (path, &refusals[i], test_refusal);
    }
  ADD ("conflict", test_conflict);
  for (gsize i = 0; i + 1 < G_N_ELEMENTS (breaks); i++)
    {
      g_autofree char *path = g_strconcat ("/connection/breaks-off/", breaks[i], NULL);

      g_test_add_data_func (path, breaks[i], test_breaks_off);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (silences); i++)
    {
      g_autofree char *path = g_strconcat ("/connection/silent/", silences[i], NULL);

      g_test_add_data_func (path, silences[i], test_silent_server);
    }
  ADD ("temporary-refusal", test_temporary_refusal);
  g_test_add_data_func ("/connection/redirected/verified", GINT_TO_POINTER (TRUE),
                        test_redirected);
  g_test_add_data_func ("/connection/redirected/in-the-clear", GINT_TO_POINTER (FALSE),
                        test_redirected);
  ADD ("nobody-there", test_nobody_there);
  ADD ("comes-back", test_comes_back);
  ADD ("stays-away", test_stays_away);
  ADD ("resumes", test_resumes);
  ADD ("sends-while-it-resumes", test_sends_while_it_resumes);
  ADD ("fails-to-resume", test_fails_to_resume);
  ADD ("server-refuses-management", test_server_refuses_management);
  ADD ("counts-too-high", test_counts_too_high);
  ADD ("drains", test_drains);
  ADD ("drains-before-the-session", test_drains_before_the_session);
  ADD ("draining-is-cancelled", test_draining_is_cancelled);
  ADD ("aborts", test_aborts);
  ADD ("reconnects", test_reconnects);
  ADD ("reconnects-and-resumes", test_reconnects_and_resumes);
  for (gsize i = 0; i < G_N_ELEMENTS (deeds); i++)
    {
      g_autofree char *path = g_strconcat ("/connection/inside-a-handler/", deeds[i].path, NULL);

      g_test_add_data_func (path, &deeds[i], test_ended_inside_a_handler);
    }
  return g_test_run ();
}
