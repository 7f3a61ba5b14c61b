/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a server says, and which events a client makes of it, in which order. */
#include "config.h"

#include <string.h>

#include "ismb/client/ismb-client.h"
#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-jid.h"
#include "tests/support/ismb-test-script.h"

#define OUR "alice@switch.test"
#define TO "to='" OUR "/desk'"
#define BOB "from='bob@switch.test/x' " TO
#define STREAM_ERROR(condition)                                                                    \
  "S: <stream:error><" condition " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"

typedef void (*Deed) (IsmbClient *client);

/* `events`: each with the kind of its payload, e.g. "session_start message:Message". */
typedef struct
{
  const char *path;
  const char *events;
  const char *lines[12];  /* behind the login, or, with `alone`, all there are */
  Deed deed;
  const char *at;         /* the event; NULL: once the login is over */
  gboolean signs_in;      /* the lines do, in place of a login in front of them */
  gboolean alone;         /* the events of the login count as well */
  gboolean clear;         /* no TLS is wanted */
  const char *password;   /* NULL: the right one */
} Row;

typedef struct
{
  const Row *row;
  IsmbClient *client;
  IsmbTestScript *server;
  GString *events;
  gboolean ended, opened;
} Run;

/* All that any row saw. */
static GHashTable *seen;

static const char *
name_kind (GObject *payload)
{
  return G_IS_TLS_CERTIFICATE (payload) ? "Certificate"
                                        : G_OBJECT_TYPE_NAME (payload) + strlen ("Ismb");
}

static void
note (Run *run, const char *event, GObject *payload)
{
  g_string_append_printf (run->events, "%s%s", run->events->len > 0 ? " " : "", event);
  if (payload != NULL)
    g_string_append_printf (run->events, ":%s", name_kind (payload));
  g_hash_table_add (seen, g_strdup (event));
}

static gboolean
is_login (const char *event)
{
  return g_str_equal (event, "session_start") || g_str_equal (event, "stream_negotiated");
}

static void
on_event (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
  Run *run = user_data;

  note (run, event, payload);
  if (!run->row->alone && is_login (event))
    g_string_truncate (run->events, 0);
  if (run->row->deed != NULL &&
      g_str_equal (event, run->row->at != NULL ? run->row->at : "stream_negotiated"))
    run->row->deed (client);
}

static void
on_opened (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Run *run = user_data;

  ismb_client_open_finish (ISMB_CLIENT (source), result, NULL);
  run->opened = TRUE;
}

/* Behind the row's own lines: what the client answers to this, it answers after all before. */
static char **
make_lines (const Row *row)
{
  GPtrArray *lines = g_ptr_array_new ();
  gboolean ends = FALSE;

  if (!row->alone && !row->signs_in)
    g_ptr_array_add (lines, g_strdup ("login"));
  for (const char *const *line = row->lines; *line != NULL; line++)
    {
      ends = g_str_equal (*line, "closed") || g_str_equal (*line, "hold") ||
             g_str_equal (*line, "cut") || g_str_equal (*line, "end");
      g_ptr_array_add (lines, g_strdup (*line));
    }
  if (!ends)
    {
      g_ptr_array_add (lines, g_strdup ("S: <iq type='get' id='last' " TO
                                        "><query xmlns='urn:example:last'/></iq>"));
      g_ptr_array_add (lines, g_strdup ("C* <iq type='error' id='last'/>"));
    }
  g_ptr_array_add (lines, NULL);
  return (char **) g_ptr_array_free (lines, FALSE);
}

static void
set_up (Run *run, char **lines)
{
  const char *password = run->row->password;

  run->events = g_string_new (NULL);
  run->server = ismb_test_script_new ("secret", (const char *const *) lines);
  run->client = ismb_client_new_for_jid (OUR, password != NULL ? password : "secret");
  g_object_set (run->client, "server-host", "127.0.0.1", "server-port",
                (guint) ismb_test_script_get_port (run->server), "ca-file",
                ismb_test_script_get_ca_file (run->server), "require-tls",
                run->row->alone && !run->row->clear, "auto-reconnect", FALSE, NULL);
  g_signal_connect (run->client, "event", G_CALLBACK (on_event), run);
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
  g_string_free (run->events, TRUE);
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
    g_test_message ("the client left before the script was over");
  while (g_main_context_iteration (NULL, FALSE))
    ;
  if (!g_str_equal (run.events->str, run.row->events))
    g_test_fail_printf ("%s: expected\n#   %s\n# and had\n#   %s", run.row->path, run.row->events,
                        run.events->str);
  clean_up (&run);
}

/* What a program does */

static void
close_it (IsmbClient *client)
{
  ismb_client_close (client);
}

static void
send_presence (IsmbClient *client)
{
  ismb_client_send_presence (client, NULL, NULL, NULL);
}

static void
send_presence_twice (IsmbClient *client)
{
  ismb_client_send_presence (client, NULL, NULL, NULL);
  ismb_client_send_presence (client, "away", NULL, NULL);
}

static void
let_in (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
  IsmbJid *from = ismb_stanza_get_from_jid (ISMB_STANZA (payload));

  g_assert_true (ismb_client_authorize (client, ismb_jid_get_full (from), NULL));
}

static void
let_everybody_in (IsmbClient *client)
{
  ismb_client_add_event_handler (client, "presence_subscribe", ISMB_EVENT_DEFAULT, let_in, NULL,
                                 NULL);
}

static void
authorize_everybody (IsmbClient *client)
{
  g_object_set (client, "auto-authorize", ISMB_AUTHORIZE_EVERYBODY, NULL);
}

static void
authorize_nobody (IsmbClient *client)
{
  g_object_set (client, "auto-authorize", ISMB_AUTHORIZE_NOBODY, NULL);
}

static void
authorize_by_hand (IsmbClient *client)
{
  g_object_set (client, "auto-authorize", ISMB_AUTHORIZE_ASK, NULL);
}

static void
tell_presence (IsmbClient *client)
{
  g_object_set (client, "auto-subscribe", FALSE, NULL);
  g_assert_true (ismb_client_send_presence_full (client, "dnd", "busy", 5, NULL, NULL, NULL));
  g_assert_true (ismb_client_send_last_presence (client, "carol@switch.test", NULL));
}

static void
fetch_roster (IsmbClient *client)
{
  ismb_client_fetch_roster_async (client, NULL, NULL, NULL);
}

static void
ask (IsmbClient *client, const char *ns)
{
  g_autoptr (IsmbJid) to = ismb_jid_new ("switch.test", NULL);
  g_autoptr (IsmbIq) iq = ismb_iq_new (to, "get");

  ismb_iq_add_payload (iq, "query", ns);
  ismb_client_query_async (client, iq, 0, NULL, NULL, NULL);
}

static void
ask_info (IsmbClient *client)
{
  ask (client, "http://jabber.org/protocol/disco#info");
}

static void
ask_items (IsmbClient *client)
{
  ask (client, "http://jabber.org/protocol/disco#items");
}

#define MESSAGE(type, children) "S: <message " BOB " id='m' type='" type "'>" children "</message>"
#define BODY "<body>hi</body>"
#define BOUNCE                                                                                     \
  "<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
#define STATE(name) "<" name " xmlns='http://jabber.org/protocol/chatstates'/>"
#define PRESENCE(type) "S: <presence " BOB " type='" type "'/>"
#define ASKS(type) "S: <presence from='bob@switch.test' type='" type "'/>"
#define NO_ANSWER                                                                                  \
  "S: <iq type='get' id='next' " TO "><query xmlns='urn:example:next'/></iq>",                     \
      "C: <iq type='error' id='next'/>"
#define SHOW(show) "S: <presence " BOB "><show>" show "</show></presence>"
#define LOGIN "connected auth_success session_bind:Jid session_start stream_negotiated"

static const Row rows[] = {
  /* one login, one logout */
  { "login", LOGIN " session_end disconnected", { "login", "closed" }, close_it, .alone = TRUE,
    .clear = TRUE },
  { "login-tls",
    "connected ssl_cert:Certificate auth_success session_bind:Jid session_start stream_negotiated "
    "session_end disconnected",
    { "starttls", "login", "closed" },
    close_it,
    .alone = TRUE },
  { "wrong-password",
    "connected failed_auth:Failure no_auth failed_auth session_end disconnected:Failure "
    "connection_failed:Failure",
    { "header",
      "features <mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>SCRAM-SHA-1"
      "</mechanism></mechanisms>",
      "refuse not-authorized", "hold" },
    .alone = TRUE,
    .clear = TRUE },
  { "wrong-password-twice",
    "connected failed_auth:Failure failed_auth:Failure no_auth failed_auth session_end "
    "disconnected:Failure connection_failed:Failure",
    { "header",
      "features <mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>SCRAM-SHA-256"
      "</mechanism><mechanism>SCRAM-SHA-1</mechanism></mechanisms>",
      "refuse not-authorized", "refuse not-authorized", "hold" },
    .alone = TRUE,
    .clear = TRUE },
  { "no-safe-mechanism",
    "connected no_auth failed_auth session_end disconnected:Failure connection_failed:Failure",
    { "header",
      "features <mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN"
      "</mechanism></mechanisms>",
      "hold" },
    .alone = TRUE,
    .clear = TRUE },
  { "closed-at-once",
    "connected auth_success session_bind:Jid session_start session_end disconnected",
    { "login", "closed" },
    close_it,
    .alone = TRUE,
    .clear = TRUE,
    .at = "session_start" },
  { "sent-presence",
    "sent_presence presence:Presence presence_available:Presence got_online:Presence "
    "changed_status:Presence",
    { "C: <presence/>", "S: <presence from='%jid%' to='%jid%'/>" },
    send_presence },
  { "presence-sent-twice",
    "sent_presence",
    { "C: <presence/>", "C: <presence><show>away</show></presence>" },
    send_presence_twice },
  { "cut", "socket_error:Failure session_end disconnected:Failure", { "cut" } },
  { "server-ends", "socket_error:Failure session_end disconnected:Failure", { "end" } },
  { "stream-error",
    "stream_error:Failure session_end disconnected:Failure",
    { STREAM_ERROR ("system-shutdown"), "end" } },
  { "conflict",
    "stream_error:Failure session_end disconnected:Failure",
    { STREAM_ERROR ("conflict"), "end" } },

  /* messages */
  { "message", "message:Message", { MESSAGE ("chat", BODY) } },
  { "message-normal", "message:Message", { MESSAGE ("normal", BODY) } },
  { "message-headline", "message:Message", { MESSAGE ("headline", BODY) } },
  { "message-groupchat", "message:Message", { MESSAGE ("groupchat", BODY) } },
  { "message-untyped", "message:Message", { "S: <message " BOB ">" BODY "</message>" } },
  { "message-without-body", "", { MESSAGE ("chat", "<subject>s</subject>") } },
  { "message-empty", "", { MESSAGE ("chat", "") } },
  { "message-error", "message_error:Message", { MESSAGE ("error", BOUNCE) } },
  { "message-error-with-body",
    "message:Message message_error:Message",
    { MESSAGE ("error", BODY BOUNCE) } },
  { "messages-in-order",
    "message:Message message_error:Message message:Message",
    { MESSAGE ("chat", BODY), MESSAGE ("error", BOUNCE), MESSAGE ("chat", BODY) } },

  /* presence */
  { "available",
    "presence:Presence presence_available:Presence got_online:Presence changed_status:Presence",
    { "S: <presence " BOB "/>" } },
  { "away",
    "presence:Presence presence_away:Presence got_online:Presence changed_status:Presence",
    { SHOW ("away") } },
  { "chat",
    "presence:Presence presence_chat:Presence got_online:Presence changed_status:Presence",
    { SHOW ("chat") } },
  { "dnd",
    "presence:Presence presence_dnd:Presence got_online:Presence changed_status:Presence",
    { SHOW ("dnd") } },
  { "xa",
    "presence:Presence presence_xa:Presence got_online:Presence changed_status:Presence",
    { SHOW ("xa") } },
  { "unavailable-unknown",
    "presence:Presence presence_unavailable:Presence",
    { PRESENCE ("unavailable") } },
  { "comes-and-goes",
    "presence:Presence presence_available:Presence got_online:Presence changed_status:Presence "
    "presence:Presence presence_unavailable:Presence changed_status:Presence got_offline:Presence",
    { "S: <presence " BOB "/>", PRESENCE ("unavailable") } },
  { "repeated",
    "presence:Presence presence_available:Presence got_online:Presence changed_status:Presence "
    "presence:Presence presence_available:Presence",
    { "S: <presence " BOB "/>", "S: <presence " BOB "/>" } },
  { "status-changes",
    "presence:Presence presence_available:Presence got_online:Presence changed_status:Presence "
    "presence:Presence presence_available:Presence changed_status:Presence "
    "presence:Presence presence_away:Presence changed_status:Presence",
    { "S: <presence " BOB "/>", "S: <presence " BOB "><status>there</status></presence>",
      "S: <presence " BOB "><show>away</show><status>there</status></presence>" } },
  { "two-resources",
    "presence:Presence presence_available:Presence got_online:Presence changed_status:Presence "
    "presence:Presence presence_available:Presence changed_status:Presence "
    "presence:Presence presence_unavailable:Presence changed_status:Presence "
    "presence:Presence presence_unavailable:Presence changed_status:Presence got_offline:Presence",
    { "S: <presence from='bob@switch.test/x'/>", "S: <presence from='bob@switch.test/y'/>",
      "S: <presence from='bob@switch.test/x' type='unavailable'/>",
      "S: <presence from='bob@switch.test/y' type='unavailable'/>" } },
  { "probe", "presence:Presence presence_probe:Presence", { PRESENCE ("probe") } },
  { "presence-error",
    "presence:Presence presence_error:Presence",
    { "S: <presence " BOB " type='error'>" BOUNCE "</presence>" } },

  /* subscriptions; the program hears of a request before it is answered */
  { "subscribed-to-by-member",
    "presence:Presence presence_subscribe:Presence changed_subscription:Presence "
    "roster_subscription_request:Presence",
    { ASKS ("subscribe"), "C: <presence type='subscribed' to='bob@switch.test'/>",
      "C: <presence type='subscribe' to='bob@switch.test'/>" } },
  { "subscribed-to-by-stranger",
    "presence:Presence presence_subscribe:Presence changed_subscription:Presence "
    "roster_subscription_request:Presence",
    { "S: <presence from='eve@elsewhere.test' type='subscribe'/>", NO_ANSWER } },
  { "subscribed-to-by-stranger-whom-the-program-lets",
    "presence:Presence presence_subscribe:Presence changed_subscription:Presence "
    "roster_subscription_request:Presence",
    { "S: <presence from='eve@elsewhere.test' type='subscribe'/>",
      "C: <presence type='subscribed' to='eve@elsewhere.test'/>" },
    let_everybody_in },
  { "everybody-may-subscribe",
    "presence:Presence presence_subscribe:Presence changed_subscription:Presence "
    "roster_subscription_request:Presence",
    { "S: <presence from='eve@elsewhere.test' type='subscribe'/>",
      "C: <presence type='subscribed' to='eve@elsewhere.test'/>",
      "C: <presence type='subscribe' to='eve@elsewhere.test'/>" },
    authorize_everybody },
  { "nobody-may-subscribe",
    "presence:Presence presence_subscribe:Presence changed_subscription:Presence "
    "roster_subscription_request:Presence",
    { ASKS ("subscribe"), "C: <presence type='unsubscribed' to='bob@switch.test'/>",
      "C: <presence type='unavailable' to='bob@switch.test'/>" },
    authorize_nobody },
  { "asked-by-member",
    "presence:Presence presence_subscribe:Presence changed_subscription:Presence "
    "roster_subscription_request:Presence",
    { ASKS ("subscribe"), NO_ANSWER },
    authorize_by_hand },
  { "subscription-answers",
    "presence:Presence presence_subscribed:Presence changed_subscription:Presence "
    "roster_subscription_authorized:Presence "
    "presence:Presence presence_unsubscribed:Presence changed_subscription:Presence "
    "roster_subscription_removed:Presence "
    "presence:Presence presence_unsubscribe:Presence changed_subscription:Presence "
    "roster_subscription_remove:Presence",
    { ASKS ("subscribed"), ASKS ("unsubscribed"), ASKS ("unsubscribe") } },
  { "sent-presence-once",
    "sent_presence "
    "presence:Presence presence_subscribe:Presence changed_subscription:Presence "
    "roster_subscription_request:Presence",
    { "C: <presence><show>dnd</show><status>busy</status><priority>5</priority></presence>",
      "C: <presence to='carol@switch.test'><show>dnd</show><priority>5</priority></presence>",
      ASKS ("subscribe"), "C: <presence type='subscribed' to='bob@switch.test'/>",
      "C: <presence to='bob@switch.test'><show>dnd</show><status>busy</status>"
      "<priority>5</priority></presence>" },
    tell_presence },

  /* roster */
  { "roster-fetched",
    "roster_update:Iq",
    { "C: <iq type='get' id='%id%'><query xmlns='jabber:iq:roster'/></iq>",
      "S: <iq type='result' id='%id%'><query xmlns='jabber:iq:roster'>"
      "<item jid='bob@switch.test' subscription='both'/></query></iq>" },
    fetch_roster },
  { "roster-of-a-version",
    "roster_update:Iq",
    { "sign-in", "features <bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
      "<ver xmlns='urn:xmpp:features:rosterver'/>", "C: <iq type='set' id='%id%'><bind/></iq>",
      "S: <iq type='result' id='%id%'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
      "<jid>alice@switch.test/desk</jid></bind></iq>",
      "C: <iq type='get' id='%id%'><query xmlns='jabber:iq:roster' ver=''/></iq>",
      "S: <iq type='result' id='%id%'/>" },
    fetch_roster, .signs_in = TRUE },
  { "roster-push",
    "roster_update:Iq",
    { "S: <iq type='set' id='p'><query xmlns='jabber:iq:roster'>"
      "<item jid='bob@switch.test' subscription='both'/></query></iq>",
      "C: <iq type='result' id='p'/>" } },
  { "roster-push-from-account",
    "roster_update:Iq",
    { "S: <iq type='set' id='p' from='" OUR "'><query xmlns='jabber:iq:roster'>"
      "<item jid='bob@switch.test' subscription='both'/></query></iq>",
      "C: <iq type='result' id='p'/>" } },
  { "roster-push-from-stranger",
    "",
    { "S: <iq type='set' id='p' from='mallory@switch.test/x'><query xmlns='jabber:iq:roster'>"
      "<item jid='bob@switch.test' subscription='both'/></query></iq>",
      "C: <iq type='error' id='p'><error><service-unavailable/></error></iq>" } },

  /* service discovery */
  { "disco-info",
    "disco_info:Iq",
    { "C: <iq type='get' id='%id%' to='switch.test'/>",
      "S: <iq type='result' id='%id%' from='switch.test'>"
      "<query xmlns='http://jabber.org/protocol/disco#info'/></iq>" },
    ask_info },
  { "disco-items",
    "disco_items:Iq",
    { "C: <iq type='get' id='%id%' to='switch.test'/>",
      "S: <iq type='result' id='%id%' from='switch.test'>"
      "<query xmlns='http://jabber.org/protocol/disco#items'/></iq>" },
    ask_items },
  { "disco-error",
    "",
    { "C: <iq type='get' id='%id%' to='switch.test'/>",
      "S: <iq type='error' id='%id%' from='switch.test'>"
      "<query xmlns='http://jabber.org/protocol/disco#info'/>" BOUNCE "</iq>" },
    ask_info },
};

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strconcat ("/events/", rows[i].path, NULL);

      g_test_add_data_func (path, &rows[i], test_row);
    }
  return g_test_run ();
}
