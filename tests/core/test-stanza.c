/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/core/ismb-stanza-factory.h"
#include "ismb/core/ismb-stanza-private.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-iq.h"
#include "ismb/core/ismb-message.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-presence.h"
#include "ismb/core/ismb-tree-reader.h"

static void
assert_xml (gpointer stanza, const char *expected)
{
  g_autofree char *xml = ismb_stanza_to_string (stanza);

  g_assert_cmpstr (xml, ==, expected);
}

static IsmbTree *
received_tree (const char *name, const char *type)
{
  IsmbTree *tree = ismb_tree_new (name, ISMB_NS_CLIENT);
  IsmbNode *root = ismb_tree_root (tree);

  ismb_tree_set (tree, root, "from", "Bob@leaf2/shell");
  ismb_tree_set (tree, root, "to", "alice@leaf1");
  ismb_tree_set (tree, root, "id", "7");
  ismb_tree_set (tree, root, "type", type);
  return tree;
}

static gpointer
received (IsmbTree *tree)
{
  g_autoptr (GError) error = NULL;
  IsmbStanza *stanza = _ismb_stanza_new_from_tree (tree, &error);

  g_assert_no_error (error);
  return stanza;
}

static void
test_message (void)
{
  g_autoptr (IsmbJid) to = ismb_jid_new ("alice@leaf1", NULL);
  g_autoptr (IsmbMessage) message = ismb_message_new (to, "a < b");

  assert_xml (message, "<message to='alice@leaf1'><body>a &lt; b</body></message>");
  ismb_message_set_subject (message, "order");
  ismb_message_set_thread (message, "t1");
  ismb_message_set_body (message, "b");
  ismb_stanza_set_stanza_type (ISMB_STANZA (message), "chat");
  ismb_stanza_set_id (ISMB_STANZA (message), "9");
  assert_xml (message, "<message to='alice@leaf1' type='chat' id='9'><subject>order</subject>"
                       "<thread>t1</thread><body>b</body></message>");
  ismb_message_set_subject (message, NULL);
  ismb_message_set_thread (message, NULL);
  ismb_message_set_body (message, NULL);
  ismb_stanza_set_stanza_type (ISMB_STANZA (message), NULL);
  ismb_stanza_set_id (ISMB_STANZA (message), NULL);
  ismb_stanza_set_to_jid (ISMB_STANZA (message), NULL);
  assert_xml (message, "<message/>");
  g_assert_null (ismb_message_get_body (message));
}

static void
test_getters_outlive_setters (void)
{
  g_autoptr (IsmbMessage) message = ismb_message_new (NULL, "first");
  const char *body = ismb_message_get_body (message);

  ismb_message_set_body (message, "second");
  g_assert_cmpstr (body, ==, "first");
  g_assert_cmpstr (ismb_message_get_body (message), ==, "second");
}

/* What is made of a message that came with that XML. */
static gpointer
read_stanza (const char *xml)
{
  return received (ismb_tree_read (xml, -1, ISMB_NS_CLIENT, NULL));
}

static void
test_reply (void)
{
  g_autoptr (IsmbMessage) message = read_stanza (
      "<message from='Bob@leaf2/shell' to='alice@leaf1' id='7' type='chat' xml:lang='cs' x='1'>"
      "<subject>s</subject><body>well?</body><thread parent='t0'>t1</thread><x xmlns='urn:x'/>"
      "</message>");
  const char *body = ismb_message_get_body (message);

  g_assert_true (ismb_message_reply (message, "yes") == message);
  assert_xml (message, "<message to='bob@leaf2/shell' type='chat'>"
                       "<thread parent='t0'>t1</thread><body>yes</body></message>");
  g_assert_cmpstr (body, ==, "well?");
  g_assert_null (ismb_stanza_get_from_jid (ISMB_STANZA (message)));
  g_assert_cmpstr (ismb_jid_get_full (ismb_stanza_get_to_jid (ISMB_STANZA (message))), ==,
                   "bob@leaf2/shell");
}

/* What a stranger chose is not repeated at any length: the reply has bounds of its own to keep. */
static void
test_reply_to_long_thread (void)
{
  g_autofree char *word = g_strnfill (1025, 't');
  g_autofree char *thread = g_strdup_printf ("<message><thread>%s</thread></message>", word);
  g_autofree char *parent =
      g_strdup_printf ("<message><thread parent='%s'>t</thread></message>", word);
  g_autoptr (IsmbMessage) of_long_thread = read_stanza (thread);
  g_autoptr (IsmbMessage) of_long_parent = read_stanza (parent);

  ismb_message_reply (of_long_thread, "yes");
  ismb_message_reply (of_long_parent, NULL);
  assert_xml (of_long_thread, "<message><body>yes</body></message>");
  assert_xml (of_long_parent, "<message><thread>t</thread></message>");
}

static void
test_reply_to_room_and_error (void)
{
  g_autoptr (IsmbMessage) groupchat = received (received_tree ("message", "groupchat"));
  g_autoptr (IsmbMessage) error = received (received_tree ("message", "error"));

  ismb_message_reply (groupchat, "hello");
  assert_xml (groupchat, "<message to='bob@leaf2' type='groupchat'><body>hello</body></message>");
  g_assert_null (ismb_message_reply (error, "no"));
  g_assert_null (ismb_message_reply_error (error, "forbidden", NULL));
  assert_xml (error, "<message from='Bob@leaf2/shell' to='alice@leaf1' id='7' type='error'/>");
}

static void
test_reply_with_error (void)
{
  g_autoptr (IsmbMessage) message = received (received_tree ("message", "groupchat"));

  ismb_message_set_thread (message, "t1");
  ismb_message_set_body (message, "secret");
  g_assert_true (ismb_message_reply_error (message, "not-acceptable", "why?") == message);
  assert_xml (message, "<message to='bob@leaf2/shell' type='error' id='7'><thread>t1</thread>"
                       "<error type='modify'>"
                       "<not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
                       "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>"
                       "why?</text></error></message>");
}

static void
assert_presence_reply (const char *type, const char *expected)
{
  g_autoptr (IsmbPresence) presence = received (received_tree ("presence", type));

  g_assert_true (ismb_presence_reply (presence) == presence);
  assert_xml (presence, expected);
}

static void
test_presence_reply (void)
{
  g_autoptr (IsmbPresence) error = received (received_tree ("presence", "error"));
  g_autoptr (IsmbPresence) away =
      read_stanza ("<presence from='bob@leaf2/shell'><show>away</show><status>s</status>"
                   "</presence>");

  assert_presence_reply ("subscribe", "<presence to='bob@leaf2' id='7' type='subscribed'/>");
  assert_presence_reply ("unsubscribe", "<presence to='bob@leaf2' id='7' type='unsubscribed'/>");
  assert_presence_reply ("probe", "<presence to='bob@leaf2/shell' id='7' type='probe'/>");
  assert_presence_reply (NULL, "<presence to='bob@leaf2/shell' id='7'/>");
  ismb_presence_reply (away);
  assert_xml (away, "<presence to='bob@leaf2/shell'><show>away</show></presence>");
  g_assert_null (ismb_presence_reply (error));
}

static void
test_copy (void)
{
  g_autoptr (IsmbMessage) message = read_stanza ("<message from='bob@leaf2' id='1'><body>b</body>"
                                                 "</message>");
  g_autoptr (IsmbStanza) copy = ismb_stanza_copy (ISMB_STANZA (message));
  g_autoptr (IsmbIq) fresh = g_object_new (ISMB_TYPE_IQ, NULL);
  g_autoptr (IsmbStanza) copy_of_fresh = ismb_stanza_copy (ISMB_STANZA (fresh));

  g_assert_true (ISMB_IS_MESSAGE (copy));
  ismb_message_reply (message, "yes");
  assert_xml (copy, "<message from='bob@leaf2' id='1'><body>b</body></message>");
  g_assert_cmpstr (ismb_jid_get_full (ismb_stanza_get_from_jid (copy)), ==, "bob@leaf2");
  g_clear_object (&message);
  g_assert_cmpstr (ismb_message_get_body (ISMB_MESSAGE (copy)), ==, "b");
  assert_xml (copy_of_fresh, "<iq type='get'/>");
}

static void
test_parent_thread (void)
{
  g_autoptr (IsmbMessage) message = ismb_message_new (NULL, NULL);

  ismb_message_set_parent_thread (message, NULL);
  assert_xml (message, "<message/>");
  ismb_message_set_parent_thread (message, "t0");
  ismb_message_set_thread (message, "t1");
  assert_xml (message, "<message><thread parent='t0'>t1</thread></message>");
  g_assert_cmpstr (ismb_message_get_parent_thread (message), ==, "t0");
  ismb_message_set_parent_thread (message, NULL);
  assert_xml (message, "<message><thread>t1</thread></message>");
  g_object_set (message, "parent-thread", "t2", "thread", NULL, NULL);
  assert_xml (message, "<message/>");
}

static void
assert_words (char **words, const char *const *expected)
{
  g_assert_cmpstrv (words, expected);
  g_strfreev (words);
}

#define ASSERT_WORDS(words, ...) \
  assert_words (words, (const char *const[]){ __VA_ARGS__, NULL })

static void
test_body_of_several_languages (void)
{
  g_autoptr (IsmbMessage) message = read_stanza (
      "<message><body xml:lang='de'>Hallo</body><body xml:lang='en'>Hello</body></message>");

  g_assert_cmpstr (ismb_message_get_body (message), ==, "Hallo"); /* the first: it states none */
  g_assert_null (ismb_message_get_body_in (message, NULL));
  ismb_stanza_set_lang (ISMB_STANZA (message), "EN");
  g_assert_cmpstr (ismb_message_get_body (message), ==, "Hello");
  g_assert_cmpstr (ismb_message_get_body_in (message, "De"), ==, "Hallo");
  g_assert_null (ismb_message_get_body_in (message, "cs"));
  ismb_message_set_body (message, "One");
  ismb_message_set_body_in (message, "cs", "Jedna");
  ismb_message_set_body_in (message, "de", "Eins");
  assert_xml (message, "<message xml:lang='EN'><body>One</body><body xml:lang='cs'>Jedna</body>"
                       "<body xml:lang='de'>Eins</body></message>");
  ASSERT_WORDS (ismb_message_list_body_langs (message), "EN", "cs", "de");
  ismb_message_set_body_in (message, "en", NULL);
  g_assert_cmpstr (ismb_message_get_body (message), ==, "Jedna");
  ismb_message_set_body (message, NULL);
  assert_xml (message, "<message xml:lang='EN'/>");
}

static void
test_other_languages (void)
{
  g_autoptr (IsmbMessage) message = g_object_new (ISMB_TYPE_MESSAGE, "lang", "en", NULL);
  g_autoptr (IsmbPresence) presence = ismb_presence_new (NULL, "away");

  ismb_message_set_subject (message, "order");
  ismb_message_set_subject_in (message, "de", "Befehl");
  g_assert_cmpstr (ismb_message_get_subject_in (message, "en"), ==, "order");
  ASSERT_WORDS (ismb_message_list_subject_langs (message), "en", "de");
  ismb_presence_set_status_in (presence, "de", "weg");
  g_assert_cmpstr (ismb_presence_get_status (presence), ==, "weg");
  ismb_presence_set_status (presence, "away");
  g_assert_cmpstr (ismb_presence_get_status (presence), ==, "away");
  g_assert_cmpstr (ismb_presence_get_status_in (presence, "de"), ==, "weg");
  ASSERT_WORDS (ismb_presence_list_status_langs (presence), "de", "");
}

/* What a stranger lists is not listed at any length. */
static void
test_many_languages (void)
{
  g_autoptr (GString) xml = g_string_new ("<message>");
  g_autoptr (IsmbMessage) message = NULL;
  g_auto (GStrv) languages = NULL;

  for (guint i = 0; i < 5000; i++)
    g_string_append_printf (xml, "<body xml:lang='x%u'/>", i);
  message = read_stanza (g_string_append (xml, "</message>")->str);
  languages = ismb_message_list_body_langs (message);
  g_assert_cmpuint (g_strv_length (languages), ==, 64);
}

static void
test_nick (void)
{
  g_autoptr (IsmbMessage) message = ismb_message_new (NULL, NULL);
  g_autoptr (IsmbPresence) presence = g_object_new (ISMB_TYPE_PRESENCE, "nick", "bob", NULL);

  ismb_message_set_nick (message, "Al");
  assert_xml (message, "<message><nick xmlns='http://jabber.org/protocol/nick'>Al</nick>"
                       "</message>");
  g_assert_cmpstr (ismb_message_get_nick (message), ==, "Al");
  g_assert_cmpstr (ismb_presence_get_nick (presence), ==, "bob");
  ismb_message_set_nick (message, NULL);
  g_assert_null (ismb_message_get_nick (message));
}

static void
test_room (void)
{
  g_autoptr (IsmbMessage) said = read_stanza ("<message type='groupchat' from='r@muc/Bob'/>");
  g_autoptr (IsmbMessage) by_room = read_stanza ("<message type='groupchat' from='r@muc'/>");
  g_autoptr (IsmbMessage) chat = read_stanza ("<message type='chat' from='bob@leaf2/x'/>");

  g_assert_cmpstr (ismb_message_get_muc_room (said), ==, "r@muc");
  g_assert_cmpstr (ismb_message_get_muc_nick (said), ==, "Bob");
  g_assert_cmpstr (ismb_message_get_muc_room (by_room), ==, "r@muc");
  g_assert_null (ismb_message_get_muc_nick (by_room));
  g_assert_null (ismb_message_get_muc_room (chat));
  g_assert_null (ismb_message_get_muc_nick (chat));
}

static void
test_new_from_string (void)
{
  static const char *const bad[] = { "", "<message>", "<body/>", "<message xmlns='urn:x'/>",
                                     "<iq/>", "<message to='@'/>" };
  g_autoptr (IsmbStanza) iq = ismb_stanza_from_string (
      "<iq xmlns='jabber:client' type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>", NULL);

  g_assert_true (ISMB_IS_IQ (iq));
  g_assert_cmpstr (ismb_iq_get_payload_ns (ISMB_IQ (iq)), ==, ISMB_NS_PING);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (ismb_stanza_from_string (bad[i], &error));
      g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_STANZA);
    }
}

/* Text with whatever a user may set; what XML cannot carry is not among it. */
static char *
random_text (void)
{
  static const gunichar choices[] = {
    '<', '>', '&', '\'', '"', ']', '\t', '\n', '\r', ' ', 'a', 0xe9, 0x20ac, 0x1f600, 0xfffd,
  };
  GString *text = g_string_new (NULL);

  for (int n = g_test_rand_int_range (0, 9); n > 0; n--)
    g_string_append_unichar (text, choices[g_test_rand_int_range (0, G_N_ELEMENTS (choices))]);
  return g_string_free (text, FALSE);
}

static void
grow (IsmbElement *element, guint depth)
{
  static const char *const namespaces[] = { NULL, "urn:a", "urn:b'&<", "" };

  for (int n = g_test_rand_int_range (0, 4); n > 0; n--)
    {
      g_autofree char *text = random_text ();
      g_autoptr (IsmbElement) child =
          ismb_element_add_child (element, "n", namespaces[g_test_rand_int_range (0, 4)]);

      ismb_element_set_attribute (child, g_test_rand_bit () ? "a" : "xml:lang", text);
      ismb_element_set_text (child, g_test_rand_bit () ? text : NULL);
      if (depth < 4)
        grow (child, depth + 1);
    }
}

/* Whatever users build is written as they meant it: read again it is the same. */
static void
test_round_trip (void)
{
  for (guint i = 0; i < 500; i++)
    {
      g_autofree char *text = random_text ();
      g_autoptr (IsmbMessage) message = ismb_message_new (NULL, text);
      g_autoptr (IsmbElement) element = ismb_stanza_get_element (ISMB_STANZA (message));
      g_autofree char *xml = NULL;
      g_autoptr (IsmbMessage) again = NULL;

      ismb_stanza_set_id (ISMB_STANZA (message), text);
      grow (element, 0);
      xml = ismb_stanza_to_string (ISMB_STANZA (message));
      again = read_stanza (xml);
      assert_xml (again, xml);
      g_assert_cmpstr (ismb_message_get_body (again), ==, text);
      g_assert_cmpstr (ismb_stanza_get_id (ISMB_STANZA (again)), ==, text);
    }
}

static void
test_types (void)
{
  g_autoptr (IsmbMessage) message = received (received_tree ("message", NULL));
  g_autoptr (IsmbMessage) odd = received (received_tree ("message", "of-tomorrow"));
  g_autoptr (IsmbPresence) presence = received (received_tree ("presence", NULL));
  g_autoptr (IsmbPresence) unavailable = received (received_tree ("presence", "unavailable"));
  g_autoptr (IsmbIq) iq = received (received_tree ("iq", "set"));

  g_assert_cmpstr (ismb_stanza_get_stanza_type (ISMB_STANZA (message)), ==, "normal");
  g_assert_cmpstr (ismb_stanza_get_stanza_type (ISMB_STANZA (odd)), ==, "normal");
  g_assert_cmpstr (ismb_stanza_get_stanza_type (ISMB_STANZA (presence)), ==, "available");
  g_assert_cmpstr (ismb_stanza_get_stanza_type (ISMB_STANZA (unavailable)), ==, "unavailable");
  g_assert_cmpstr (ismb_stanza_get_stanza_type (ISMB_STANZA (iq)), ==, "set");
}

static void
test_unknown_type_is_not_taken (void)
{
  g_autoptr (IsmbIq) iq = ismb_iq_new (NULL, "get");

  g_test_expect_message ("ismb.core.iq", G_LOG_LEVEL_WARNING, "*'fetch'*");
  ismb_stanza_set_stanza_type (ISMB_STANZA (iq), "fetch");
  g_test_assert_expected_messages ();
  g_assert_cmpstr (ismb_stanza_get_stanza_type (ISMB_STANZA (iq)), ==, "get");
}

static void
test_presence (void)
{
  g_autoptr (IsmbPresence) presence = ismb_presence_new (NULL, NULL);

  assert_xml (presence, "<presence/>");
  ismb_stanza_set_stanza_type (ISMB_STANZA (presence), "away");
  ismb_presence_set_status (presence, "upgrading");
  ismb_presence_set_priority (presence, -5);
  assert_xml (presence, "<presence><show>away</show><status>upgrading</status>"
                        "<priority>-5</priority></presence>");
  g_assert_cmpstr (ismb_stanza_get_stanza_type (ISMB_STANZA (presence)), ==, "away");
  g_assert_cmpint (ismb_presence_get_priority (presence), ==, -5);
  ismb_stanza_set_stanza_type (ISMB_STANZA (presence), "unavailable");
  ismb_presence_set_priority (presence, 0);
  assert_xml (presence, "<presence type='unavailable'><status>upgrading</status></presence>");
  ismb_stanza_set_stanza_type (ISMB_STANZA (presence), "available");
  assert_xml (presence, "<presence><status>upgrading</status></presence>");
}

static void
test_presence_with_junk (void)
{
  static const char *const junk[] = { "", "high", "1.5", "0x10", "1 2", "--1" };

  for (guint i = 0; i < G_N_ELEMENTS (junk); i++)
    {
      IsmbTree *tree = received_tree ("presence", NULL);
      g_autoptr (IsmbPresence) presence = NULL;

      ismb_tree_add_leaf (tree, ismb_tree_root (tree), "priority", ISMB_NS_CLIENT, junk[i]);
      ismb_tree_add_leaf (tree, ismb_tree_root (tree), "show", ISMB_NS_CLIENT, junk[i]);
      presence = received (tree);
      g_assert_cmpint (ismb_presence_get_priority (presence), ==, 0);
      g_assert_null (ismb_presence_get_show (presence));
      g_assert_cmpstr (ismb_stanza_get_stanza_type (ISMB_STANZA (presence)), ==, "available");
    }
}

static void
assert_priority (const char *text, int expected)
{
  IsmbTree *tree = received_tree ("presence", NULL);
  g_autoptr (IsmbPresence) presence = NULL;

  ismb_tree_add_leaf (tree, ismb_tree_root (tree), "priority", ISMB_NS_CLIENT, text);
  presence = received (tree);
  g_assert_cmpint (ismb_presence_get_priority (presence), ==, expected);
  ismb_presence_set_priority (presence, expected * 1000);
  g_assert_cmpint (ismb_presence_get_priority (presence), ==, CLAMP (expected * 1000, -128, 127));
}

static void
test_priority (void)
{
  assert_priority ("-5", -5);
  assert_priority (" +7\n", 7);
  assert_priority ("128", 127);
  assert_priority ("-129", -128);
  assert_priority ("99999999999999999999", 127);
  assert_priority ("0", 0);
}

static void
test_iq (void)
{
  IsmbTree *tree = received_tree ("iq", "get");
  g_autoptr (IsmbIq) question = NULL;
  g_autoptr (IsmbIq) other = NULL;

  ismb_tree_add (tree, ismb_tree_root (tree), "ping", ISMB_NS_PING);
  question = received (tree);
  g_assert_cmpstr (ismb_iq_get_payload_name (question), ==, "ping");
  g_assert_cmpstr (ismb_iq_get_payload_ns (question), ==, ISMB_NS_PING);
  other = ISMB_IQ (ismb_stanza_copy (ISMB_STANZA (question)));
  g_assert_true (ismb_iq_reply (question) == question);
  assert_xml (question, "<iq type='result' to='bob@leaf2/shell' id='7'/>");
  g_assert_null (ismb_iq_get_payload_name (question));
  g_assert_true (ismb_iq_reply_error (other, "item-not-found", "no <such> node") == other);
  assert_xml (other, "<iq type='error' to='bob@leaf2/shell' id='7'><error type='cancel'>"
                     "<item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
                     "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>"
                     "no &lt;such&gt; node</text></error></iq>");
  g_assert_null (ismb_iq_get_payload_name (other));
  g_assert_null (ismb_iq_reply (question));
  g_assert_null (ismb_iq_reply_error (question, "forbidden", NULL));
  g_assert_null (ismb_iq_reply (other));
  g_assert_null (ismb_iq_reply_error (other, "forbidden", NULL));
}

static void
test_iq_has_its_own_id (void)
{
  g_autoptr (IsmbIq) a = ismb_iq_new (NULL, NULL);
  g_autoptr (IsmbIq) b = ismb_iq_new (NULL, "set");

  ismb_iq_set_payload (b, "ping", ISMB_NS_PING);
  ismb_iq_set_payload (b, "query", ISMB_NS_ROSTER);
  ismb_stanza_set_id (ISMB_STANZA (b), "1");
  assert_xml (b, "<iq type='set' id='1'><query xmlns='jabber:iq:roster'/></iq>");
  g_assert_cmpstr (ismb_stanza_get_id (ISMB_STANZA (a)), !=, NULL);
}

static void
test_error (void)
{
  IsmbTree *tree = received_tree ("message", "chat");
  IsmbNode *error;
  g_autoptr (IsmbMessage) message = NULL;
  g_autofree char *condition = NULL;
  g_autofree char *text = NULL;

  ismb_tree_add_leaf (tree, ismb_tree_root (tree), "body", ISMB_NS_CLIENT, "secret");
  error = _ismb_tree_make_error (tree, "wait", "resource-constraint", "too much");
  ismb_tree_add (tree, error, "full", "urn:x");
  message = received (tree);
  assert_xml (message, "<message from='alice@leaf1' to='Bob@leaf2/shell' id='7' type='error'>"
                       "<error type='wait'>"
                       "<resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
                       "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>"
                       "too much</text>"
                       "<full xmlns='urn:x'/></error></message>");
  g_assert_true (ismb_stanza_is_error (ISMB_STANZA (message)));
  condition = ismb_stanza_get_error_condition (ISMB_STANZA (message));
  text = ismb_stanza_get_error_text (ISMB_STANZA (message));
  g_assert_cmpstr (condition, ==, "resource-constraint");
  g_assert_cmpstr (text, ==, "too much");
}

static void
test_error_without_condition (void)
{
  g_autoptr (IsmbMessage) bare = received (received_tree ("message", "error"));
  g_autoptr (IsmbMessage) none = received (received_tree ("message", "chat"));
  g_autofree char *condition = ismb_stanza_get_error_condition (ISMB_STANZA (bare));

  g_assert_cmpstr (condition, ==, "undefined-condition");
  g_assert_null (ismb_stanza_get_error_text (ISMB_STANZA (bare)));
  g_assert_null (ismb_stanza_get_error_condition (ISMB_STANZA (none)));
}

static void
test_error_types (void)
{
  g_assert_cmpstr (_ismb_stanza_error_type_of ("item-not-found"), ==, "cancel");
  g_assert_cmpstr (_ismb_stanza_error_type_of ("bad-request"), ==, "modify");
  g_assert_cmpstr (_ismb_stanza_error_type_of ("forbidden"), ==, "auth");
  g_assert_cmpstr (_ismb_stanza_error_type_of ("remote-server-timeout"), ==, "wait");
  g_assert_null (_ismb_stanza_error_type_of ("no-such-condition"));
}

static void
assert_refused (IsmbTree *tree)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (_ismb_stanza_new_from_tree (tree, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_STANZA);
}

static void
test_refused (void)
{
  IsmbTree *bad_from = received_tree ("message", NULL);
  IsmbTree *bad_to = received_tree ("presence", NULL);

  ismb_tree_set (bad_from, ismb_tree_root (bad_from), "from", "@leaf1");
  ismb_tree_set (bad_to, ismb_tree_root (bad_to), "to", "");
  assert_refused (bad_from);
  assert_refused (bad_to);
  assert_refused (ismb_tree_new ("message", ISMB_NS_SERVER));
  assert_refused (ismb_tree_new ("features", ISMB_NS_STREAM));
  assert_refused (received_tree ("iq", NULL));
  assert_refused (received_tree ("iq", "fetch"));
}

static void
test_addresses (void)
{
  g_autoptr (IsmbMessage) message = received (received_tree ("message", NULL));
  g_autoptr (IsmbJid) other = ismb_jid_new ("carol@leaf3", NULL);
  IsmbStanza *stanza = ISMB_STANZA (message);

  g_assert_cmpstr (ismb_jid_get_full (ismb_stanza_get_from_jid (stanza)), ==, "bob@leaf2/shell");
  g_assert_cmpstr (ismb_jid_get_full (ismb_stanza_get_to_jid (stanza)), ==, "alice@leaf1");
  ismb_stanza_set_from_jid (stanza, NULL);
  ismb_stanza_set_to_jid (stanza, other);
  assert_xml (message, "<message to='carol@leaf3' id='7'/>");
  g_assert_null (ismb_stanza_get_from_jid (stanza));
}

static void
test_children (void)
{
  g_autoptr (IsmbMessage) message = ismb_message_new (NULL, NULL);
  IsmbStanza *stanza = ISMB_STANZA (message);
  g_autofree char *stamp = NULL;

  ismb_stanza_set_child_text (stanza, "stamp", "urn:x", "now");
  ismb_stanza_set_child_text (stanza, "stamp", "urn:x", "later");
  ismb_stanza_set_child_text (stanza, "flag", "urn:x", "");
  assert_xml (message, "<message><stamp xmlns='urn:x'>later</stamp><flag xmlns='urn:x'/>"
                       "</message>");
  stamp = ismb_stanza_get_child_text (stanza, "stamp", NULL);
  g_assert_cmpstr (stamp, ==, "later");
  g_assert_true (ismb_stanza_has_child (stanza, "flag", "urn:x"));
  g_assert_false (ismb_stanza_has_child (stanza, "flag", "urn:y"));
  g_assert_null (ismb_stanza_get_child_text (stanza, "absent", NULL));
  ismb_stanza_set_child_text (stanza, "flag", "urn:x", NULL);
  g_assert_false (ismb_stanza_has_child (stanza, "flag", NULL));
}

static void
count (gpointer object, GParamSpec *pspec, gpointer data)
{
  (*(guint *) data)++;
}

/* As a script makes and watches one. */
static void
test_properties (void)
{
  g_autoptr (IsmbJid) to = ismb_jid_new ("alice@leaf1", NULL);
  g_autoptr (IsmbMessage) message = g_object_new (ISMB_TYPE_MESSAGE, "to-jid", to, "body", "hello",
                                                  "stanza-type", "headline", "id", "1", NULL);
  g_autoptr (IsmbPresence) presence = NULL;
  g_autoptr (IsmbIq) iq = g_object_new (ISMB_TYPE_IQ, NULL);
  g_autofree char *body = NULL;
  guint notified = 0;

  presence = g_object_new (ISMB_TYPE_PRESENCE, "show", "dnd", "priority", 3, NULL);
  assert_xml (message, "<message to='alice@leaf1' type='headline' id='1'><body>hello</body>"
                       "</message>");
  assert_xml (presence, "<presence><show>dnd</show><priority>3</priority></presence>");
  assert_xml (iq, "<iq type='get'/>");
  g_signal_connect (message, "notify::body", G_CALLBACK (count), &notified);
  ismb_message_set_body (message, "again");
  g_object_set (message, "body", "and again", NULL);
  g_object_get (message, "body", &body, NULL);
  g_assert_cmpstr (body, ==, "and again");
  g_assert_cmpuint (notified, ==, 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/stanza/message", test_message);
  g_test_add_func ("/stanza/getters-outlive-setters", test_getters_outlive_setters);
  g_test_add_func ("/stanza/body-of-several-languages", test_body_of_several_languages);
  g_test_add_func ("/stanza/reply", test_reply);
  g_test_add_func ("/stanza/reply-to-long-thread", test_reply_to_long_thread);
  g_test_add_func ("/stanza/reply-to-room-and-error", test_reply_to_room_and_error);
  g_test_add_func ("/stanza/reply-with-error", test_reply_with_error);
  g_test_add_func ("/stanza/presence-reply", test_presence_reply);
  g_test_add_func ("/stanza/copy", test_copy);
  g_test_add_func ("/stanza/parent-thread", test_parent_thread);
  g_test_add_func ("/stanza/other-languages", test_other_languages);
  g_test_add_func ("/stanza/many-languages", test_many_languages);
  g_test_add_func ("/stanza/nick", test_nick);
  g_test_add_func ("/stanza/room", test_room);
  g_test_add_func ("/stanza/new-from-string", test_new_from_string);
  g_test_add_func ("/stanza/priority", test_priority);
  g_test_add_func ("/stanza/round-trip", test_round_trip);
  g_test_add_func ("/stanza/types", test_types);
  g_test_add_func ("/stanza/unknown-type-is-not-taken", test_unknown_type_is_not_taken);
  g_test_add_func ("/stanza/presence", test_presence);
  g_test_add_func ("/stanza/presence-with-junk", test_presence_with_junk);
  g_test_add_func ("/stanza/iq", test_iq);
  g_test_add_func ("/stanza/iq-has-its-own-id", test_iq_has_its_own_id);
  g_test_add_func ("/stanza/error", test_error);
  g_test_add_func ("/stanza/error-without-condition", test_error_without_condition);
  g_test_add_func ("/stanza/error-types", test_error_types);
  g_test_add_func ("/stanza/refused", test_refused);
  g_test_add_func ("/stanza/addresses", test_addresses);
  g_test_add_func ("/stanza/children", test_children);
  g_test_add_func ("/stanza/properties", test_properties);
  return g_test_run ();
}
