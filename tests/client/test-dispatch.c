/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a program that handles, filters, waits and asks says on the wire and sees: one way of a stanza
 * in each row. */
#include "config.h"

#include <string.h>

#include "ismb/client/ismb-client.h"
#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-stanza-error.h"
#include "tests/support/ismb-test-script.h"

#define OUR "alice@switch.test"
#define BOB "from='bob@switch.test/x' to='" OUR "/desk'"

typedef struct _Run Run;

typedef struct
{
  const char *path;
  void (*deed) (Run *run); /* once there is a session */
  const char *lines[10];
  const char *happened;
} Row;

struct _Run
{
  const Row *row;
  IsmbClient *client;
  IsmbTestScript *server;
  GString *happened;
  gboolean opened;
};

static void
note (Run *run, const char *what)
{
  g_string_append_printf (run->happened, "%s%s", run->happened->len > 0 ? " " : "", what);
}

static void
on_opened (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Run *run = user_data;
  g_autoptr (GError) error = NULL;

  ismb_client_open_finish (ISMB_CLIENT (source), result, &error);
  g_assert_no_error (error);
  run->opened = TRUE;
}

static void
on_session (IsmbClient *client, gpointer user_data)
{
  Run *run = user_data;

  run->row->deed (run);
}

/* The last question comes after all that the row is about. */
static char **
make_lines (const Row *row)
{
  GPtrArray *lines = g_ptr_array_new ();

  g_ptr_array_add (lines, g_strdup ("login"));
  for (const char *const *line = row->lines; *line != NULL; line++)
    g_ptr_array_add (lines, g_strdup (*line));
  g_ptr_array_add (lines, g_strdup ("S: <iq type='get' id='last' from='switch.test'>"
                                    "<query xmlns='urn:example:last'/></iq>"));
  g_ptr_array_add (lines, g_strdup ("C: <iq type='error' id='last'>"
                                    "<error><feature-not-implemented/></error></iq>"));
  g_ptr_array_add (lines, NULL);
  return (char **) g_ptr_array_free (lines, FALSE);
}

static void
set_up (Run *run, char **lines)
{
  run->happened = g_string_new (NULL);
  run->server = ismb_test_script_new ("secret", (const char *const *) lines);
  run->client = ismb_client_new_for_jid (OUR, "secret");
  g_object_set (run->client, "server-host", "127.0.0.1", "server-port",
                (guint) ismb_test_script_get_port (run->server), "require-tls", FALSE,
                "auto-reconnect", FALSE, NULL);
  g_signal_connect (run->client, "session-start", G_CALLBACK (on_session), run);
}

static void
clean_up (Run *run)
{
  g_signal_handlers_disconnect_by_data (run->client, run);
  ismb_client_close (run->client);
  ismb_test_script_free (run->server);
  g_object_add_weak_pointer (G_OBJECT (run->client), (gpointer *) &run->client);
  g_object_unref (run->client);
  while (run->client != NULL)
    g_main_context_iteration (NULL, TRUE);
  g_string_free (run->happened, TRUE);
}

static void
test_row (gconstpointer data)
{
  Run run = { .row = data };
  g_auto (GStrv) lines = make_lines (data);

  set_up (&run, lines);
  ismb_client_open_async (run.client, NULL, on_opened, &run);
  while (!run.opened)
    g_main_context_iteration (NULL, TRUE);
  if (!ismb_test_script_finish (run.server))
    g_test_fail_printf ("%s: the script was not played to its end", run.row->path);
  while (run.happened->len < strlen (run.row->happened))
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (run.happened->str, ==, run.row->happened);
  clean_up (&run);
}

/* What programs do */

static void
add_handler (Run *run, const char *path, IsmbHandlerFlags flags, IsmbStanzaFunc func)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbMatcher) matcher = ismb_matcher_new_path (path, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (
      ismb_client_add_stanza_handler (run->client, path, matcher, flags, func, run, NULL), !=, 0);
}

static gboolean
on_stanza (IsmbClient *client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  g_autofree char *what = g_strconcat ("handler:", ismb_stanza_get_id (stanza), NULL);

  note (user_data, what);
  return FALSE;
}

static gboolean
on_request (IsmbClient *client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  ismb_iq_reply (ISMB_IQ (stanza));
  ismb_client_send (client, stanza, error);
  on_stanza (client, stanza, user_data, error);
  return TRUE;
}

static gboolean
on_fails (IsmbClient *client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_FAILED, "broken");
  return FALSE;
}

static void
on_handler_failed (IsmbClient *client, IsmbFailure *reason, gpointer user_data)
{
  note (user_data, ismb_failure_get_message (reason));
}

static void
on_event (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
  IsmbStanza *stanza = ISMB_STANZA (payload);
  g_autofree char *what = g_strconcat (event, ":", ismb_stanza_get_id (stanza), NULL);

  note (user_data, what);
  ismb_stanza_set_id (stanza, "changed");
}

static void
handle (Run *run)
{
  add_handler (run, "iq@type=set/{urn:x}x", ISMB_HANDLER_DEFAULT, on_request);
  add_handler (run, "message", ISMB_HANDLER_ONCE, on_stanza);
  ismb_client_add_event_handler (run->client, "message", ISMB_EVENT_DEFAULT, on_event, run, NULL);
}

static void
handle_and_remove (Run *run)
{
  handle (run);
  g_assert_true (
      ismb_client_remove_stanza_handler_by_name (run->client, "iq@type=set/{urn:x}x"));
  g_assert_false (
      ismb_client_remove_stanza_handler_by_name (run->client, "iq@type=set/{urn:x}x"));
  g_assert_false (ismb_client_remove_stanza_handler (run->client, 999));
}

static void
handle_badly (Run *run)
{
  g_test_expect_message ("ismb.client.takers", G_LOG_LEVEL_WARNING, "*failed: broken*");
  g_signal_connect (run->client, "handler-failed", G_CALLBACK (on_handler_failed), run);
  add_handler (run, "iq/{urn:x}x", ISMB_HANDLER_DEFAULT, on_fails);
}

static void
hear_content (Run *run)
{
  static const char *const events[] = { "message", "message_xform", "message_correction",
                                        "jabber_rpc_method_call", "weather_publish" };

  for (gsize i = 0; i < G_N_ELEMENTS (events); i++)
    ismb_client_add_event_handler (run->client, events[i], ISMB_EVENT_DEFAULT, on_event, run,
                                   NULL);
  ismb_client_map_node_event (run->client, "mine", "weather");
}

static gboolean
on_filter_in (IsmbClient *client, IsmbStanza *stanza, gpointer user_data)
{
  if (g_strcmp0 (ismb_stanza_get_id (stanza), "drop") == 0)
    return FALSE;
  if (g_strcmp0 (ismb_stanza_get_id (stanza), "change") == 0)
    ismb_stanza_set_id (stanza, "filtered");
  return TRUE;
}

static void
filter_in (Run *run)
{
  ismb_client_add_filter (run->client, ISMB_FILTER_IN, 0, on_filter_in, run, NULL);
  ismb_client_add_event_handler (run->client, "message", ISMB_EVENT_DEFAULT, on_event, run, NULL);
}

static gboolean
on_filter_out (IsmbClient *client, IsmbStanza *stanza, gpointer user_data)
{
  g_autofree char *body = ismb_stanza_get_child_text (stanza, "body", NULL);

  if (g_strcmp0 (body, "drop") == 0)
    return FALSE;
  if (g_strcmp0 (body, "change") == 0)
    ismb_stanza_set_child_text (stanza, "body", NULL, "filtered");
  return TRUE;
}

static void
send (Run *run, const char *body)
{
  g_assert_true (
      ismb_client_send_message (run->client, "bob@switch.test", body, NULL, NULL, NULL));
}

static void
filter_out (Run *run)
{
  guint id = ismb_client_add_filter (run->client, ISMB_FILTER_OUT, 0, on_filter_out, run, NULL);

  send (run, "drop");
  send (run, "change");
  g_assert_true (ismb_client_remove_filter (run->client, id));
  g_assert_false (ismb_client_remove_filter (run->client, id));
  send (run, "drop");
}

static void
stamp (Run *run)
{
  g_autoptr (IsmbMessage) message = ismb_message_new (NULL, "hi");

  g_object_set (run->client, "default-lang", "de", "use-presence-ids", TRUE, NULL);
  g_assert_true (ismb_client_send (run->client, ISMB_STANZA (message), NULL));
  g_assert_nonnull (ismb_stanza_get_id (ISMB_STANZA (message)));
  ismb_stanza_set_id (ISMB_STANZA (message), "mine");
  g_assert_true (ismb_client_send (run->client, ISMB_STANZA (message), NULL));
  ismb_client_send_presence (run->client, NULL, NULL, NULL);
  g_object_set (run->client, "default-lang", NULL, "use-message-ids", FALSE, NULL);
  send (run, "hi");
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbIq) answer = ismb_client_query_finish (ISMB_CLIENT (source), result, &error);

  if (answer != NULL)
    note (user_data, "answer");
  else if (error->domain == ISMB_STANZA_ERROR)
    note (user_data, ismb_stanza_error_to_condition (error->code));
  else if (g_error_matches (error, ISMB_ERROR, ISMB_ERROR_TIMEOUT))
    note (user_data, "timeout");
  else
    note (user_data, error->message);
}

static void
ask (Run *run)
{
  g_autoptr (IsmbJid) bob = ismb_jid_new ("bob@switch.test/x", NULL);
  g_autoptr (IsmbIq) iq = ismb_iq_new (bob, "get");

  ismb_iq_set_payload (iq, "x", "urn:x");
  ismb_client_query_async (run->client, iq, 0, NULL, on_answer, run);
}

static gboolean
on_result (IsmbClient *client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  note (user_data, "handler");
  return FALSE;
}

static void
ask_and_handle (Run *run)
{
  add_handler (run, "iq@type=result/{urn:x}x", ISMB_HANDLER_DEFAULT, on_result);
  ask (run);
}

static void
ask_in_vain (Run *run)
{
  g_object_set (run->client, "response-timeout", 1, NULL);
  ask (run);
}

static void
on_waited (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbStanza) stanza
      = ismb_client_wait_stanza_finish (ISMB_CLIENT (source), result, &error);
  g_autofree char *what = NULL;

  g_assert_no_error (error);
  what = g_strconcat ("waited:", ismb_stanza_get_id (stanza), NULL);
  note (user_data, what);
}

static void
wait_for (Run *run)
{
  g_autoptr (IsmbMatcher) matcher = ismb_matcher_new_xpath ("message/{urn:x}x", NULL);

  add_handler (run, "message", ISMB_HANDLER_DEFAULT, on_stanza);
  ismb_client_wait_stanza_async (run->client, matcher, 0, NULL, on_waited, run);
}

static void
do_later (IsmbClient *client, gpointer user_data)
{
  send (user_data, "later");
}

static void
schedule (Run *run)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (ismb_client_schedule (run->client, "a", 1, FALSE, do_later, run, NULL, NULL));
  g_assert_true (ismb_client_schedule (run->client, "b", 1, TRUE, do_later, run, NULL, NULL));
  g_assert_true (ismb_client_unschedule (run->client, "b"));
  g_assert_false (ismb_client_schedule (run->client, "a", 1, FALSE, do_later, run, NULL, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_EXISTS);
}

#define X "<x xmlns='urn:x'/>"
#define BODY "<body>hi</body>"

static const Row rows[] = {
  { "handlers", handle,
    { "S: <message " BOB " id='m'>" BODY "</message>", "S: <iq " BOB " type='set' id='1'>" X "</iq>",
      "C: <iq type='result' id='1' to='bob@switch.test/x'/>",
      "S: <message " BOB " id='n'>" BODY "</message>" },
    "handler:m message:m handler:1 message:n" },
  { "removed-handlers", handle_and_remove,
    { "S: <iq " BOB " type='set' id='1'>" X "</iq>",
      "C: <iq type='error' id='1'><error><feature-not-implemented/></error></iq>" },
    "" },
  { "failing-handlers", handle_badly,
    { "S: <iq " BOB " type='set' id='1'>" X "</iq>",
      "C: <iq type='error' id='1'><error type='cancel'><undefined-condition/></error></iq>" },
    "broken" },
  { "request-without-payload", handle,
    { "S: <iq " BOB " type='set' id='1'/>",
      "C: <iq type='error' id='1'><error><bad-request/></error></iq>" },
    "" },
  { "answers-to-nothing", handle,
    { "S: <iq " BOB " type='result' id='1'/>", "S: <iq " BOB " type='error' id='1'/>" },
    "" },
  /* each event has its own stanza, whatever the handler of another one makes of it */
  { "content", hear_content,
    { "S: <message " BOB " id='m'>" BODY "<x xmlns='jabber:x:data'/>"
      "<replace xmlns='urn:xmpp:message-correct:0' id='0'/></message>",
      "S: <message " BOB " id='n'><event xmlns='http://jabber.org/protocol/pubsub#event'>"
      "<items node='mine'><item/></items></event></message>" },
    "message:m message_xform:m message_correction:m weather_publish:n" },
  { "content-of-requests", hear_content,
    { "S: <iq " BOB " type='set' id='1'><query xmlns='jabber:iq:rpc'><methodCall/></query></iq>",
      "S: <iq " BOB " type='set' id='2'><req xmlns='urn:xmpp:http'/></iq>",
      "C: <iq type='error' id='2'><error><feature-not-implemented/></error></iq>" },
    "jabber_rpc_method_call:1" },
  { "filters-in", filter_in,
    { "S: <message " BOB " id='drop'>" BODY "</message>",
      "S: <message " BOB " id='change'>" BODY "</message>",
      "S: <message " BOB " id='keep'>" BODY "</message>" },
    "message:filtered message:keep" },
  { "filters-out", filter_out,
    { "C: <message><body>filtered</body></message>", "C: <message><body>drop</body></message>" },
    "" },
  { "stamps", stamp,
    { "C: <message id='%any%' xml:lang='de'>" BODY "</message>",
      "C: <message id='mine' xml:lang='de'>" BODY "</message>",
      "C: <presence id='%other%' xml:lang='de'/>", "C: <message>" BODY "</message>" },
    "" },
  { "asks", ask,
    { "C: <iq type='get' id='%id%'>" X "</iq>",
      "S: <iq type='result' id='%id%' from='mallory@switch.test/x'/>",
      "S: <iq type='result' id='%id%' from='switch.test'/>",
      "S: <iq type='result' id='%id%' from='bob@switch.test/x'/>",
      "S: <iq type='result' id='%id%' from='bob@switch.test/x'/>" },
    "answer" },
  { "asks-and-is-refused", ask,
    { "C: <iq type='get' id='%id%'>" X "</iq>",
      "S: <iq type='error' id='%id%' from='bob@switch.test/x'><error type='cancel'>"
      "<item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>" },
    "item-not-found" },
  { "answers-are-handled-too", ask_and_handle,
    { "C: <iq type='get' id='%id%'>" X "</iq>",
      "S: <iq type='result' id='%id%' from='bob@switch.test/x'>" X "</iq>",
      "S: <iq type='result' id='2' from='mallory@switch.test/x'>" X "</iq>" },
    "answer handler handler" },
  { "asks-in-vain", ask_in_vain, { "C: <iq type='get'>" X "</iq>" }, "timeout" },
  { "waits", wait_for,
    { "S: <message " BOB " id='m'/>", "S: <message " BOB " id='n'>" X "</message>",
      "S: <message " BOB " id='o'>" X "</message>" },
    "handler:m waited:n handler:n handler:o" },
  { "schedules", schedule, { "C: <message><body>later</body></message>" }, "" },
};

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strconcat ("/dispatch/", rows[i].path, NULL);

      g_test_add_data_func (path, &rows[i], test_row);
    }
  return g_test_run ();
}
