/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/stream/ismb-frame.h"

#include <string.h>

#include "ismb/core/ismb-namespaces.h"
#include "ismb/stream/ismb-framer.h"
#include "ismb/stream/ismb-write-queue.h"

static void
ignore_header (const IsmbStreamHeader *header, gpointer user_data)
{
}

static void
keep_frame (IsmbFrame *frame, gpointer user_data)
{
  *(IsmbFrame **) user_data = ismb_frame_ref (frame);
}

static void
ignore_end (gpointer user_data)
{
}

static IsmbFrame *
parse (const char *element)
{
  static const IsmbFramerCallbacks callbacks = { ignore_header, keep_frame, ignore_end };
  const char *header =
      "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
  IsmbFrame *frame = NULL;
  g_autoptr (IsmbFramer) framer = ismb_framer_new ("jabber:client", &callbacks, &frame);
  const char *condition;
  g_assert_true (ismb_framer_feed (framer, header, strlen (header), &condition));
  g_assert_true (ismb_framer_feed (framer, element, strlen (element), &condition));
  g_assert_nonnull (frame);
  return frame;
}

static void
test_readdress (void)
{
  g_autoptr (IsmbFrame) frame =
      parse ("<message to='a@b/c' type='chat' id='1'><body>from='x'</body></message>");
  g_autoptr (IsmbFrame) other = ismb_frame_readdress (frame, "d@e/it's", NULL);
  g_autoptr (IsmbFrame) back = ismb_frame_readdress (other, NULL, "a@b/c");
  g_assert_cmpstr (
      other->data, ==,
      "<message from='d@e/it&apos;s' type='chat' id='1'><body>from='x'</body></message>");
  g_assert_cmpstr (other->from, ==, "d@e/it's");
  g_assert_null (other->to);
  g_assert_cmpstr (other->id, ==, "1");
  g_assert_cmpstr (other->payload_name, ==, "body");
  g_assert_cmpstr (back->data, ==, frame->data);
  g_assert_cmpuint (back->head, ==, frame->head);
}

/* Reading a frame into a tree and writing that loses nothing, prefixed attributes included. */
static void
test_tree (void)
{
  static const char *const elements[] = {
    "<message to='a@b' id='1' xml:lang='en'>t<body>x &lt; y</body><f xmlns='urn:f'><message "
    "xmlns='jabber:client'>"
    "<body/></message></f></message>",
    "<iq from='a@b/c' type='get'><q xmlns='urn:q' xmlns:ns1='urn:p' ns1:k='v'><i><j "
    "xmlns=''/></i></q></iq>",
    "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGE=</auth>",
    "<presence/>",
    "<message><body>\303\244\342\202\254 &amp;#13; &#13;</body></message>",
  };
  gsize i;
  for (i = 0; i < G_N_ELEMENTS (elements); i++)
    {
      g_autoptr (IsmbFrame) frame = parse (elements[i]);
      g_autoptr (IsmbTree) tree = ismb_frame_to_tree (frame);
      g_autoptr (IsmbFrame) again = ismb_frame_new_from_tree (tree);
      g_assert_cmpstr (again->data, ==, frame->data);
      g_assert_cmpint (again->kind, ==, frame->kind);
      g_assert_cmpuint (again->head, ==, frame->head);
      g_assert_cmpstr (again->ns, ==, frame->ns);
      g_assert_cmpstr (again->payload_name, ==, frame->payload_name);
      g_assert_cmpstr (again->payload_ns, ==, frame->payload_ns);
      g_assert_cmpstr (again->to, ==, frame->to);
      g_assert_cmpstr (again->from, ==, frame->from);
    }
}

static void
test_tree_namespaces (void)
{
  g_autoptr (IsmbFrame) frame =
      parse ("<iq type='get' id='1'><query xmlns='jabber:iq:roster'><item/></query></iq>");
  g_autoptr (IsmbTree) tree = ismb_frame_to_tree (frame);
  IsmbNode *query = ismb_node_find (ismb_tree_root (tree), "query", ISMB_NS_ROSTER);
  g_assert_true (ismb_node_is (ismb_tree_root (tree), "iq", ISMB_NS_CLIENT));
  g_assert_nonnull (query);
  g_assert_nonnull (ismb_node_find (query, "item", ISMB_NS_ROSTER));
}

static void
test_addresses_come_first (void)
{
  g_autoptr (IsmbTree) tree = ismb_tree_new ("message", ISMB_NS_CLIENT);
  IsmbNode *root = ismb_tree_root (tree);
  g_autoptr (IsmbFrame) frame = NULL;
  ismb_tree_set (tree, root, "id", "1");
  ismb_tree_set (tree, root, "to", "a@b");
  ismb_tree_add_leaf (tree, root, "body", ISMB_NS_CLIENT, "x");
  ismb_tree_set (tree, root, "from", "c@d");
  frame = ismb_frame_new_from_tree (tree);
  g_assert_cmpstr (frame->data, ==, "<message from='c@d' to='a@b' id='1'><body>x</body></message>");
  g_assert_cmpstr (frame->data + frame->head, ==, " id='1'><body>x</body></message>");
}

static void
test_error (void)
{
  g_autoptr (IsmbFrame) frame =
      parse ("<message from='a@b/c' to='d@e' id='&lt;7'><body>secret</body></message>");
  g_autoptr (IsmbFrame) error = ismb_frame_make_error (frame, "jid-malformed", "no <such> address");
  g_autoptr (IsmbFrame) bare = ismb_frame_make_error (frame, "remote-server-timeout", NULL);
  g_autoptr (IsmbTree) tree = ismb_frame_to_tree (error);
  g_assert_cmpstr (error->data, ==,
                   "<message from='d@e' to='a@b/c' id='&lt;7' type='error'><error type='modify'>"
                   "<jid-malformed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
                   "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>no "
                   "&lt;such&gt; address</text>"
                   "</error></message>");
  g_assert_cmpstr (error->type, ==, "error");
  g_assert_nonnull (ismb_node_find (ismb_tree_root (tree), "error", ISMB_NS_CLIENT));
  g_assert_nonnull (strstr (bare->data, "<error type='wait'>"));
}

static void
test_no_error (void)
{
  static const char *const unanswered[] = {
    "<message type='error'/>",        "<iq type='result' id='1'/>",
    "<iq type='error' id='1'/>",      "<presence/>",
    "<presence type='unavailable'/>", "<presence type='subscribed'/>",
    "<presence type='probe'/>",       "<auth xmlns='u'/>",
  };
  static const char *const answered[] = { "<message/>", "<message type='headline'/>",
                                          "<iq type='get' id='1'/>", "<iq type='set' id='1'/>",
                                          "<presence type='subscribe'/>" };
  gsize i;
  for (i = 0; i < G_N_ELEMENTS (unanswered); i++)
    {
      g_autoptr (IsmbFrame) frame = parse (unanswered[i]);
      g_assert_null (ismb_frame_make_error (frame, "forbidden", NULL));
    }
  for (i = 0; i < G_N_ELEMENTS (answered); i++)
    {
      g_autoptr (IsmbFrame) frame = parse (answered[i]);
      g_autoptr (IsmbFrame) error = ismb_frame_make_error (frame, "forbidden", NULL);
      g_assert_nonnull (error);
      g_assert_null (ismb_frame_make_error (error, "forbidden", NULL));
    }
}

static void
push_text (IsmbWriteQueue *queue, char letter, gsize length)
{
  g_autofree char *text = g_strnfill (length, letter);
  g_autoptr (IsmbFrame) frame = ismb_frame_new_text (text, length);
  ismb_write_queue_push (queue, frame);
}

/* Bytes leave in order however they are taken, and small frames leave together. */
static void
test_queue (void)
{
  IsmbWriteQueue queue = { 0 };
  g_autoptr (GString) out = g_string_new (NULL), expected = g_string_new (NULL);
  char buffer[1000];
  const char *piece;
  guint i;
  for (i = 0; i < 200; i++)
    {
      gsize length = i % 10 == 0 ? 5000 : 1 + i;
      g_autofree char *text = g_strnfill (length, 'a' + i % 26);
      push_text (&queue, 'a' + i % 26, length);
      g_string_append (expected, text);
      if (i % 3 == 0)
        {
          gsize n = ismb_write_queue_piece (&queue, buffer, sizeof buffer, &piece);
          n = MAX (1, n / 2);
          g_string_append_len (out, piece, n);
          ismb_write_queue_consume (&queue, n);
        }
    }
  g_assert_cmpuint (queue.bytes, ==, expected->len - out->len);
  while (queue.bytes > 0)
    {
      struct iovec vectors[3];
      g_assert_cmpuint (ismb_write_queue_vectors (&queue, vectors, 3), >, 0);
      g_string_append_len (out, vectors[0].iov_base, vectors[0].iov_len);
      ismb_write_queue_consume (&queue, vectors[0].iov_len);
    }
  g_assert_cmpstr (out->str, ==, expected->str);
  push_text (&queue, 'x', 10);
  push_text (&queue, 'y', 20);
  g_assert_cmpuint (ismb_write_queue_piece (&queue, buffer, sizeof buffer, &piece), ==, 30);
  ismb_write_queue_clear (&queue);
  g_assert_cmpuint (queue.bytes, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/stream/frame/readdress", test_readdress);
  g_test_add_func ("/stream/frame/tree", test_tree);
  g_test_add_func ("/stream/frame/tree-namespaces", test_tree_namespaces);
  g_test_add_func ("/stream/frame/addresses-come-first", test_addresses_come_first);
  g_test_add_func ("/stream/frame/error", test_error);
  g_test_add_func ("/stream/frame/no-error", test_no_error);
  g_test_add_func ("/stream/frame/queue", test_queue);
  return g_test_run ();
}
