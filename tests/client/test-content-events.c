/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which events a stanza makes by what it carries. */
#include "config.h"
#include "ismb/client/ismb-content-events.h"

#include <string.h>

#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-factory.h"
#include "ismb/core/ismb-tree-reader.h"

#define OWN "alice@sw1.001122"

typedef struct
{
  const char *path;
  const char *stanza;
  const char *events; /* separated by spaces */
} Case;

#define MESSAGE(children) "<message from='bob@sw2.001122/x'>" children "</message>"
#define OURS(children) "<message from='" OWN "'>" children "</message>"
#define FAILED(children) "<message from='bob@sw2.001122/x' type='error'>" children "</message>"
#define PRESENCE(children) "<presence from='bob@sw2.001122/x'>" children "</presence>"
#define IQ(type, children) "<iq id='7' type='" type "' from='bob@sw2.001122/x'>" children "</iq>"
#define CARBON(name) "<" name " xmlns='urn:xmpp:carbons:2'/>"
#define AMP(status) "<amp xmlns='http://jabber.org/protocol/amp' status='" status "'/>"
#define RULES "<failed-rules xmlns='http://jabber.org/protocol/amp#errors'/>"
#define EVENT(children)                                                                            \
  MESSAGE ("<event xmlns='http://jabber.org/protocol/pubsub#event'>" children "</event>")
#define TUNE "http://jabber.org/protocol/tune"
#define RPC(children) "<query xmlns='jabber:iq:rpc'>" children "</query>"
#define BOB "<data xmlns='urn:xmpp:bob' cid='1'/>"
#define UPDATE(children) "<x xmlns='vcard-temp:x:update'>" children "</x>"

static const Case cases[] = {
  { "nothing", "<message/>", "" },
  { "plain", MESSAGE ("<body>hi</body><thread>7</thread>"), "" },
  { "unknown", MESSAGE ("<x xmlns='urn:x'/><data xmlns='urn:x'/>"), "" },
  { "form", MESSAGE ("<x xmlns='jabber:x:data'/>"), "message_xform" },
  { "other-name", MESSAGE ("<y xmlns='jabber:x:data'/>"), "" },
  { "other-kind", PRESENCE ("<x xmlns='jabber:x:data'/>"), "" },
  { "correction", MESSAGE ("<replace xmlns='urn:xmpp:message-correct:0' id='1'/>"),
    "message_correction" },
  { "attention", MESSAGE ("<attention xmlns='urn:xmpp:attention:0'/>"), "attention" },
  { "forwarded", MESSAGE ("<forwarded xmlns='urn:xmpp:forward:0'/>"), "forwarded_stanza" },
  { "encrypted", MESSAGE ("<x xmlns='jabber:x:encrypted'/>"), "encrypted_message" },
  { "several-in-order",
    MESSAGE ("<attention xmlns='urn:xmpp:attention:0'/><x xmlns='jabber:x:data'/>"),
    "attention message_xform" },
  { "once-each",
    MESSAGE ("<x xmlns='jabber:x:data'/><x xmlns='jabber:x:data'/>"), "message_xform" },
  { "carbon-received", OURS (CARBON ("received")), "carbon_received" },
  { "carbon-sent", OURS (CARBON ("sent")), "carbon_sent" },
  { "carbon-of-stranger", MESSAGE (CARBON ("received")), "" },
  { "carbon-of-resource", "<message from='" OWN "/phone'>" CARBON ("sent") "</message>", "" },
  { "carbon-of-nobody", "<message>" CARBON ("sent") "</message>", "" },
  { "amp-alert", MESSAGE (AMP ("alert")), "amp_alert" },
  { "amp-notify", MESSAGE (AMP ("notify")), "amp_notify" },
  { "amp-other", MESSAGE (AMP ("drop")), "" },
  { "amp-error", FAILED (AMP ("alert") "<error>" RULES "</error>"), "amp_error" },
  { "amp-failed-rules", FAILED ("<error>" RULES "</error>"), "amp_error" },
  { "amp-rules-in-no-error", MESSAGE ("<error>" RULES "</error>"), "" },
  { "bob-in-message", MESSAGE (BOB), "bob" },
  { "bob-in-presence", PRESENCE (BOB), "bob" },
  { "bob-in-result", IQ ("result", BOB), "bob" },
  { "bob-asked-for", IQ ("get", BOB), "" },
  { "publish", EVENT ("<items node='n'><item id='1'/></items>"), "pubsub_publish" },
  { "publish-named", EVENT ("<items node='" TUNE "'><item id='1'/></items>"),
    "pubsub_publish user_tune_publish" },
  { "publish-mapped", EVENT ("<items node='mine'><item id='1'/></items>"),
    "pubsub_publish weather_publish" },
  { "retract", EVENT ("<items node='" TUNE "'><retract id='1'/></items>"),
    "pubsub_retract user_tune_retract" },
  { "several-items",
    EVENT ("<items node='" TUNE "'><item id='1'/><retract id='2'/><item id='3'/></items>"),
    "pubsub_publish user_tune_publish pubsub_retract user_tune_retract "
    "pubsub_publish user_tune_publish" },
  { "no-items", EVENT ("<items node='" TUNE "'/>"), "" },
  { "purge", EVENT ("<purge node='" TUNE "'/>"), "pubsub_purge user_tune_purge" },
  { "delete", EVENT ("<delete node='n'/>"), "pubsub_delete" },
  { "config", EVENT ("<configuration node='" TUNE "'/>"), "pubsub_config user_tune_config" },
  { "subscription", EVENT ("<subscription node='n'/>"), "pubsub_subscription" },
  { "signed", PRESENCE ("<x xmlns='jabber:x:signed'>…</x>"), "unverified_signed_presence" },
  { "avatar", PRESENCE (UPDATE ("<photo/>")), "vcard_avatar_update" },
  { "avatar-not-known-yet", PRESENCE (UPDATE ("")), "" },
  { "avatar-in-room",
    PRESENCE (UPDATE ("<photo/>") "<x xmlns='http://jabber.org/protocol/muc#user'/>"), "" },
  { "idle", PRESENCE ("<idle xmlns='urn:xmpp:idle:1'/>"), "presence_idle" },
  { "http-request", IQ ("set", "<req xmlns='urn:xmpp:http'/>"), "http_request" },
  { "http-request-answered", IQ ("result", "<req xmlns='urn:xmpp:http'/>"), "" },
  { "http-response", IQ ("result", "<resp xmlns='urn:xmpp:http'/>"), "http_response" },
  { "rpc-call", IQ ("set", RPC ("<methodCall/>")), "jabber_rpc_method_call" },
  { "rpc-asked", IQ ("get", RPC ("<methodCall/>")), "" },
  { "rpc-response", IQ ("result", RPC ("<methodResponse/>")), "jabber_rpc_method_response" },
  { "rpc-fault", IQ ("result", RPC ("<methodResponse><fault/></methodResponse>")),
    "jabber_rpc_method_fault" },
  { "rpc-error", IQ ("error", RPC ("<methodCall/>")), "jabber_rpc_error" },
};

static IsmbStanza *
read_stanza (const char *xml)
{
  IsmbStanza *stanza = _ismb_stanza_new_from_tree (ismb_tree_read (xml, -1, ISMB_NS_CLIENT, NULL),
                                                   NULL);

  g_assert_nonnull (stanza);
  return stanza;
}

static GPtrArray *
find (IsmbContentEvents *events, IsmbStanza *stanza)
{
  g_autoptr (IsmbJid) own = ismb_jid_new (OWN "/desk", NULL);
  GPtrArray *found = ismb_content_events_find (events, stanza, own);

  g_assert_true (found == NULL || found->len > 0);
  return found;
}

static void
test_case (gconstpointer data)
{
  const Case *wanted = data;
  IsmbContentEvents *events = ismb_content_events_new ();
  g_autoptr (IsmbStanza) stanza = read_stanza (wanted->stanza);
  g_autoptr (GString) names = g_string_new (NULL);
  g_autoptr (GPtrArray) found = NULL;

  ismb_content_events_map_node (events, "mine", "weather");
  found = find (events, stanza);
  for (guint i = 0; found != NULL && i < found->len; i++)
    g_string_append_printf (names, "%s%s", i > 0 ? " " : "",
                            ((IsmbContentEvent *) found->pdata[i])->event);
  g_assert_cmpstr (names->str, ==, wanted->events);
  ismb_content_events_free (events);
}

static void
assert_about (GPtrArray *found, guint index, const char *xml)
{
  g_autofree char *had
      = ismb_stanza_to_string (((IsmbContentEvent *) found->pdata[index])->stanza);

  g_assert_cmpstr (had, ==, xml);
}

#define ITEMS(children)                                                                            \
  "<message type='headline' id='7' from='bob@sw2.001122/x'>"                                       \
  "<event xmlns='http://jabber.org/protocol/pubsub#event'><items node='n'>" children               \
  "</items></event>"
#define DELAY "<delay xmlns='urn:xmpp:delay' stamp='2026-01-01T00:00:00Z'/>"

/* Of several items each event has one; the item of one comes as it is. */
static void
test_items (void)
{
  IsmbContentEvents *events = ismb_content_events_new ();
  g_autoptr (IsmbStanza) several = read_stanza (
      ITEMS ("<item id='1'><a xmlns='urn:a'/></item><retract id='2'/>") "<body/>" DELAY
      "</message>");
  g_autoptr (IsmbStanza) one = read_stanza (ITEMS ("<item id='1'/>") "</message>");
  g_autoptr (GPtrArray) of_several = find (events, several);
  g_autoptr (GPtrArray) of_one = find (events, one);

  g_assert_cmpuint (of_several->len, ==, 2);
  assert_about (of_several, 0,
                ITEMS ("<item id='1'><a xmlns='urn:a'/></item>") DELAY "</message>");
  assert_about (of_several, 1, ITEMS ("<retract id='2'/>") DELAY "</message>");
  g_assert_cmpuint (of_one->len, ==, 1);
  g_assert_true (((IsmbContentEvent *) of_one->pdata[0])->stanza == one);
  ismb_content_events_free (events);
}

static void
test_mapping (void)
{
  IsmbContentEvents *events = ismb_content_events_new ();
  g_autoptr (IsmbStanza) stanza = read_stanza (ITEMS ("<item/>") "</message>");
  static const char *const names[] = { "one", "two", NULL };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GPtrArray) found = NULL;

      ismb_content_events_map_node (events, "n", names[i]);
      found = find (events, stanza);
      g_assert_cmpuint (found->len, ==, names[i] != NULL ? 2 : 1);
      if (names[i] != NULL)
        g_assert_true (g_str_has_prefix (((IsmbContentEvent *) found->pdata[1])->event, names[i]));
    }
  ismb_content_events_free (events);
}

/* Else a stranger's message of some kilobytes would become gigabytes. */
static void
test_many_items (gconstpointer data)
{
  guint length = GPOINTER_TO_UINT (data);
  IsmbContentEvents *events = ismb_content_events_new ();
  g_autofree char *node = g_strnfill (length, 'n');
  g_autoptr (GString) xml = g_string_new (NULL);
  g_autoptr (IsmbStanza) stanza = NULL;
  g_autoptr (GPtrArray) found = NULL;

  g_string_printf (xml,
                   "<message><event xmlns='http://jabber.org/protocol/pubsub#event'>"
                   "<items node='%s'>", node);
  for (guint i = 0; i < 200; i++)
    g_string_append (xml, "<i/>");
  g_string_append (xml, "</items></event></message>");
  stanza = read_stanza (xml->str);
  found = find (events, stanza);
  g_assert_cmpuint (found->len, ==, length < 1000 ? 200 : 1);
  if (length >= 1000)
    g_assert_true (((IsmbContentEvent *) found->pdata[0])->stanza == stanza);
  ismb_content_events_free (events);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/content-events/many-items/small", GUINT_TO_POINTER (100),
                        test_many_items);
  g_test_add_data_func ("/content-events/many-items/large", GUINT_TO_POINTER (100000),
                        test_many_items);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/content-events/", cases[i].path, NULL);

      g_test_add_data_func (path, &cases[i], test_case);
    }
  g_test_add_func ("/content-events/items", test_items);
  g_test_add_func ("/content-events/mapping", test_mapping);
  return g_test_run ();
}
