/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a server says, and which events a client makes of it, in which order. */
#include "config.h"

#include "event-table.h"
#include "ismb/core/ismb-jid.h"

#define OUR EVENT_TABLE_JID
#define TO "to='" OUR "/desk'"
#define BOB "from='bob@switch.test/x' " TO
#define STREAM_ERROR(condition)                                                                    \
  "S: <stream:error><" condition " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"

/* What a program does */

static void
close_it (IsmbClient *client)
{
  ismb_client_close (client);
}

static void
abort_it (IsmbClient *client)
{
  ismb_client_abort (client);
}

static void
say_something (IsmbClient *client)
{
  g_assert_true (
      ismb_client_send_message (client, "bob@switch.test", "hello", NULL, "chat", NULL));
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

  ismb_iq_set_payload (iq, "query", ns);
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

#define SM_FEATURES                                                                                \
  "features <bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><sm xmlns='urn:xmpp:sm:3'/>"
#define SM_LOGIN                                                                                   \
  "sign-in", SM_FEATURES, "C: <iq type='set' id='%id%'><bind/></iq>",                              \
      "S: <iq type='result' id='%id%'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"             \
      "<jid>alice@switch.test/desk</jid></bind></iq>"

static const EventRow rows[] = {
  /* one login, one logout */
  { "login", LOGIN " session_end disconnected", { "login", "closed" }, close_it, .alone = TRUE,
    .clear = TRUE },
  { "login-tls",
    "connected ssl_cert:Certificate auth_success session_bind:Jid session_start stream_negotiated "
    "session_end disconnected",
    { "starttls", "login", "closed" },
    close_it,
    .alone = TRUE },
  { "login-where-nobody-looks-on",
    "connected auth_success session_bind:Jid session_start csi_enabled:Element stream_negotiated "
    "session_end disconnected",
    { "sign-in", "features <bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
      "<csi xmlns='urn:xmpp:csi:0'/>", "C: <iq type='set' id='%id%'><bind/></iq>",
      "S: <iq type='result' id='%id%'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
      "<jid>alice@switch.test/desk</jid></bind></iq>", "closed" },
    close_it,
    .alone = TRUE,
    .clear = TRUE },
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
  { "legacy",
    "connected legacy_protocol:Failure session_end disconnected:Failure connection_failed:Failure",
    { "greeted",
      "S: <stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
      "id='1' from='switch.test'>",
      "hold" },
    .alone = TRUE,
    .clear = TRUE },
  { "no-known-mechanism",
    "connected no_auth failed_auth session_end disconnected:Failure connection_failed:Failure",
    { "header",
      "features <mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>X-RIDDLE"
      "</mechanism></mechanisms>",
      "hold" },
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
  { "untrusted",
    "ssl_invalid_chain:Failure connection_failed:Failure",
    { "starttls" },
    .alone = TRUE,
    .trusts_nobody = TRUE },
  { "other-name",
    "ssl_invalid_cert:Certificate connection_failed:Failure",
    { "starttls" },
    .alone = TRUE,
    .jid = "alice@other.test" },
  { "aborted", "killed session_end disconnected", { "hold" }, abort_it },
  { "resumed",
    "connected auth_success session_bind:Jid session_start stream_negotiated sm_enabled "
    "stanza_acked:Message socket_error:Failure disconnected:Failure reconnect_delay:Failure "
    "connected auth_success session_resumed session_end disconnected",
    { SM_LOGIN, "C: <enable resume='true'/>",
      "S: <enabled xmlns='urn:xmpp:sm:3' id='some' resume='true'/>", "C* <r/>",
      "S: <a xmlns='urn:xmpp:sm:3' h='1'/>", "cut", "sign-in", SM_FEATURES,
      "C: <resume previd='some' h='0'/>",
      "S: <resumed xmlns='urn:xmpp:sm:3' previd='some' h='1'/>", "closed" },
    say_something,
    .alone = TRUE,
    .clear = TRUE,
    .comes_back = TRUE,
    .closes = TRUE },
  { "no-stream-management",
    "connected auth_success session_bind:Jid session_start stream_negotiated sm_failed",
    { SM_LOGIN, "C: <enable/>",
      "S: <failed xmlns='urn:xmpp:sm:3'><unexpected-request "
      "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>" },
    .alone = TRUE,
    .clear = TRUE },
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
  { "message-with-state",
    "message:Message chatstate:Message chatstate_active:Message",
    { MESSAGE ("chat", BODY STATE ("active")) } },
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
  { "message-with-form",
    "message:Message message_xform:Message",
    { MESSAGE ("chat", BODY "<x xmlns='jabber:x:data'/>") } },
  { "receipt",
    "receipt_received:Message",
    { MESSAGE ("normal", "<received xmlns='urn:xmpp:receipts' id='m0'/>") },
    .plugin = "xep_0184" },
  { "receipt-wanted",
    "message:Message",
    { MESSAGE ("chat", BODY "<request xmlns='urn:xmpp:receipts'/>"),
      "C: <message to='bob@switch.test/x'><received id='m'/></message>" },
    .plugin = "xep_0184" },
  { "chat-states",
    "chatstate:Message chatstate_composing:Message chatstate:Message chatstate_paused:Message "
    "chatstate:Message chatstate_inactive:Message chatstate:Message chatstate_gone:Message "
    "chatstate:Message chatstate_active:Message",
    { MESSAGE ("chat", STATE ("composing")), MESSAGE ("chat", STATE ("paused")),
      MESSAGE ("chat", STATE ("inactive")), MESSAGE ("chat", STATE ("gone")),
      MESSAGE ("chat", STATE ("active")) },
    .plugin = "xep_0085" },

  /* streams of bytes */
  { "bytestream",
    "ibb_stream_start:Bytestream stream:s1:bob@switch.test/x:Bytestream "
    "ibb_stream_data:BytestreamBlock ibb_stream_end:Bytestream",
    { "S: <iq type='set' id='1' " BOB "><open xmlns='http://jabber.org/protocol/ibb' sid='s1' "
      "block-size='4096'/></iq>",
      "C: <iq type='result' id='1'/>",
      "S: <iq type='set' id='2' " BOB "><data xmlns='http://jabber.org/protocol/ibb' sid='s1' "
      "seq='0'>aGVsbG8=</data></iq>",
      "C: <iq type='result' id='2'/>",
      "S: <iq type='set' id='3' " BOB "><close xmlns='http://jabber.org/protocol/ibb' "
      "sid='s1'/></iq>",
      "C: <iq type='result' id='3'/>" },
    .plugin = "xep_0047",
    .setting = "auto-accept" },

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

  { "blocked",
    "blocked:Iq unblocked:Iq",
    { "S: <iq type='set' id='b'><block xmlns='urn:xmpp:blocking'><item jid='eve@x.test'/></block>"
      "</iq>",
      "C: <iq type='result' id='b'/>",
      "S: <iq type='set' id='u'><unblock xmlns='urn:xmpp:blocking'><item jid='eve@x.test'/>"
      "</unblock></iq>",
      "C: <iq type='result' id='u'/>" },
    .plugin = "xep_0191" },

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

/* What SleekXMPP's programs listen to, and what there is beside it; what a stanza carries has a
 * table of its own, and peers a switch. */
static const char *const names[] = {
  "auth_success", "blocked", "changed_status", "changed_subscription", "chatstate",
  "chatstate_active", "chatstate_composing", "chatstate_gone", "chatstate_inactive",
  "chatstate_paused", "connected", "connection_failed", "disco_info", "disco_items",
  "disconnected", "failed_auth", "got_offline", "got_online", "ibb_stream_data", "ibb_stream_end",
  "ibb_stream_start", "killed", "legacy_protocol", "message", "message_error", "message_xform",
  "no_auth", "presence",
  "presence_available", "presence_away", "presence_chat", "presence_dnd", "presence_error",
  "presence_probe", "presence_subscribe", "presence_subscribed", "presence_unavailable",
  "presence_unsubscribe", "presence_unsubscribed", "presence_xa", "receipt_received",
  "reconnect_delay", "roster_subscription_authorized", "roster_subscription_remove",
  "roster_subscription_removed", "roster_subscription_request", "roster_update", "sent_presence",
  "session_bind", "session_end", "session_resumed", "session_start", "sm_enabled", "sm_failed",
  "socket_error", "ssl_cert", "ssl_invalid_cert", "ssl_invalid_chain", "stanza_acked",
  "stream_error", "stream_negotiated", "unblocked",
};

static gboolean
has_event (const char *events, const char *name)
{
  g_auto (GStrv) each = g_strsplit_set (events, " :", -1);

  return g_strv_contains ((const char *const *) each, name);
}

/* Behind all rows: each name stands in one of them. */
static void
test_all (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      gboolean stands = FALSE;

      for (gsize j = 0; j < G_N_ELEMENTS (rows) && !stands; j++)
        stands = has_event (rows[j].events, names[i]);
      if (!stands)
        g_test_fail_printf ("no row has the event %s", names[i]);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    event_table_add (&rows[i]);
  g_test_add_func ("/events/all", test_all);
  return g_test_run ();
}
