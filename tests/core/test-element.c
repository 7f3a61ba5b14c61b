/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/core/ismb-element.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-message.h"

static void
assert_xml (IsmbElement *element, const char *expected)
{
  g_autofree char *xml = ismb_element_to_string (element);

  g_assert_cmpstr (xml, ==, expected);
}

static IsmbElement *
element (const char *xml)
{
  g_autoptr (GError) error = NULL;
  IsmbElement *read = ismb_element_new_from_string (xml, &error);

  g_assert_no_error (error);
  return read;
}

static void
assert_text (IsmbElement *found, const char *expected)
{
  g_autofree char *text = found != NULL ? ismb_element_get_text (found) : NULL;

  g_assert_cmpstr (text, ==, expected);
  g_clear_object (&found);
}

static void
test_built (void)
{
  g_autoptr (IsmbElement) query = ismb_element_new ("query", "urn:q");
  g_autoptr (IsmbElement) item = ismb_element_add_child (query, "item", NULL);
  g_autoptr (IsmbElement) other = ismb_element_add_child (query, "other", "");

  ismb_element_set_attribute (query, "node", "a'<b");
  ismb_element_set_attribute (query, "gone", "1");
  ismb_element_set_attribute (query, "gone", NULL);
  ismb_element_set_attribute (query, "xml:lang", "cs");
  ismb_element_set_text (item, "x < y & z\n");
  ismb_element_set_child_text (query, "name", NULL, "one");
  ismb_element_set_child_text (query, "name", NULL, "two");
  assert_xml (query, "<query xmlns='urn:q' node='a&apos;&lt;b' xml:lang='cs'>"
                     "<item>x &lt; y &amp; z\n</item><other xmlns=''/><name>two</name></query>");
  g_assert_cmpstr (ismb_element_get_name (other), ==, "other");
  g_assert_cmpstr (ismb_element_get_ns (other), ==, "");
  g_assert_cmpstr (ismb_element_get_ns (item), ==, "urn:q");
  g_assert_cmpstr (ismb_element_get_attribute (query, "node"), ==, "a'<b");
  g_assert_null (ismb_element_get_attribute (query, "gone"));
}

static void
test_read (void)
{
  g_autoptr (IsmbElement) body = element ("<p:a xmlns:p='urn:p' p:x='1' y='2'>one<b/>two</p:a>");
  g_auto (GStrv) attributes = ismb_element_list_attributes (body);
  g_autofree char *text = ismb_element_get_text (body);
  g_autoptr (IsmbElement) b = ismb_element_find (body, "b", "jabber:client");
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (ismb_element_get_ns (body), ==, "urn:p");
  g_assert_cmpstrv (attributes, ((const char *const[]){ "ns1:x", "y", NULL }));
  g_assert_cmpstr (text, ==, "onetwo");
  g_assert_nonnull (b);
  assert_xml (body, "<a xmlns='urn:p' xmlns:ns1='urn:p' ns1:x='1' y='2'>one"
                    "<b xmlns='jabber:client'/>two</a>");
  ismb_element_set_text (body, "three");
  g_assert_cmpstr (ismb_element_get_name (b), ==, "b");
  assert_xml (body, "<a xmlns='urn:p' xmlns:ns1='urn:p' ns1:x='1' y='2'>"
                    "<b xmlns='jabber:client'/>three</a>");
  g_assert_null (ismb_element_new_from_string ("<a><b></a>", &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_STANZA);
}

static void
test_find (void)
{
  g_autoptr (IsmbElement) root = element ("<iq><query xmlns='urn:q'><item><group>g1</group></item>"
                                          "<item>2</item><x xmlns='urn:x/y'>x</x></query></iq>");
  g_autofree char *text = NULL;

  assert_text (ismb_element_find_path (root, "{urn:q}query/item/group"), "g1");
  assert_text (ismb_element_find_path (root, "{urn:q}query/{urn:x/y}x"), "x");
  assert_text (ismb_element_find_path (root, "{*}query/x"), "x");
  assert_text (ismb_element_find_path (root, "{urn:q}*/*/*"), "g1");
  assert_text (ismb_element_find_path (root, "query"), NULL);
  assert_text (ismb_element_find_path (root, "{urn:q}query/x"), NULL);
  assert_text (ismb_element_find_path (root, "{urn:q}query/item/group/g1"), NULL);
  assert_text (ismb_element_find_path (root, ""), NULL);
  assert_text (ismb_element_find_path (root, "{urn:q"), NULL);
  assert_text (ismb_element_find_path (root, "{urn:q}"), NULL);
  assert_text (ismb_element_find_path (root, "{urn:q}query//item"), NULL);
  assert_text (ismb_element_find (root, NULL, NULL), "");
  text = ismb_element_get_child_text (root, "query", NULL);
  g_assert_cmpstr (text, ==, "");
  g_assert_null (ismb_element_get_child_text (root, "query", "urn:other"));
}

static void
test_children (void)
{
  g_autoptr (IsmbElement) root = element ("<a>text<b/><c/>text<d/></a>");
  GList *children = ismb_element_list_children (root);
  g_autoptr (IsmbElement) parent = ismb_element_get_parent (children->data);
  g_autoptr (IsmbElement) none = ismb_element_get_parent (root);

  g_assert_cmpuint (g_list_length (children), ==, 3);
  g_assert_cmpstr (ismb_element_get_name (children->next->data), ==, "c");
  g_assert_cmpstr (ismb_element_get_name (parent), ==, "a");
  g_assert_null (none);
  g_assert_true (ismb_element_remove (root, children->next->data));
  g_assert_false (ismb_element_remove (root, children->next->data));
  g_assert_false (ismb_element_remove (children->data, children->next->next->data));
  g_assert_null (ismb_element_get_parent (children->next->data));
  assert_xml (root, "<a>text<b/>text<d/></a>");
  ismb_element_clear (root);
  assert_xml (root, "<a/>");
  g_assert_false (ismb_element_remove (root, children->data)); /* seen before it went */
  assert_xml (children->data, "<b/>");
  g_list_free_full (children, g_object_unref);
}

static void
test_append (void)
{
  g_autoptr (IsmbElement) root = ismb_element_new ("a", "urn:a");
  g_autoptr (IsmbElement) child = ismb_element_add_child (root, "b", NULL);
  g_autoptr (IsmbElement) other = element ("<c xmlns='urn:c'><d/></c>");

  ismb_element_append (child, other);
  ismb_element_set_attribute (other, "later", "1");
  assert_xml (root, "<a xmlns='urn:a'><b><c xmlns='urn:c'><d/></c></b></a>");
  ismb_element_append (root, child);
  assert_xml (root, "<a xmlns='urn:a'><b><c xmlns='urn:c'><d/></c></b>"
                    "<b><c xmlns='urn:c'><d/></c></b></a>");
}

/* What is around it goes into it, or it into itself: as it was before. */
static void
test_append_to_itself (void)
{
  g_autoptr (IsmbElement) root = ismb_element_new ("a", "jabber:client");
  g_autoptr (IsmbElement) child = ismb_element_add_child (root, "b", NULL);

  ismb_element_append (root, root);
  ismb_element_append (child, root);
  assert_xml (root, "<a><b><a><b/><a><b/></a></a></b><a><b/></a></a>");
}

static void
test_views (void)
{
  IsmbMessage *message = ismb_message_new (NULL, "hello");
  g_autoptr (IsmbElement) root = ismb_stanza_get_element (ISMB_STANZA (message));
  g_autoptr (IsmbElement) body = ismb_element_find (root, "body", NULL);

  ismb_element_set_text (body, "a & b");
  g_assert_cmpstr (ismb_message_get_body (message), ==, "a & b");
  ismb_message_set_body (message, "another"); /* one in the place of the other */
  assert_text (g_object_ref (body), "a & b");
  g_object_unref (message);
  assert_xml (root, "<message><body>another</body></message>");
}

static void
test_addresses (void)
{
  g_autoptr (IsmbJid) alice = ismb_jid_new ("alice@leaf1", NULL);
  g_autoptr (IsmbMessage) message = ismb_message_new (alice, NULL);
  g_autoptr (IsmbElement) root = ismb_stanza_get_element (ISMB_STANZA (message));

  ismb_element_set_attribute (root, "to", "Bob@leaf2");
  g_assert_cmpstr (ismb_jid_get_full (ismb_stanza_get_to_jid (ISMB_STANZA (message))), ==,
                   "bob@leaf2");
  ismb_stanza_set_to_jid (ISMB_STANZA (message), alice);
  assert_xml (root, "<message to='alice@leaf1'/>");
  ismb_element_set_attribute (root, "to", "@");
  g_assert_null (ismb_stanza_get_to_jid (ISMB_STANZA (message)));
  ismb_stanza_set_to_jid (ISMB_STANZA (message), NULL);
  assert_xml (root, "<message to='@'/>");
  ismb_element_set_attribute (root, "to", NULL);
  g_assert_null (ismb_stanza_get_to_jid (ISMB_STANZA (message)));
}

static void
test_names (void)
{
  static const char *const bad[] = { "", "a b", "1a", "a:b", "a>", "xmlns", "xml:", "xmlns:a" };
  g_autoptr (IsmbElement) root = ismb_element_new ("a", "jabber:client");

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_test_expect_message ("ismb.core.element", G_LOG_LEVEL_CRITICAL, "*is_attribute_name*");
      ismb_element_set_attribute (root, bad[i], "1");
      g_test_assert_expected_messages ();
    }
  g_test_expect_message ("ismb.core.element", G_LOG_LEVEL_CRITICAL, "*is_name*");
  g_assert_null (ismb_element_add_child (root, "b c='d'", NULL));
  g_test_expect_message ("ismb.core.element", G_LOG_LEVEL_CRITICAL, "*is_namespace*");
  g_assert_null (ismb_element_new ("a", "http://www.w3.org/XML/1998/namespace"));
  g_test_assert_expected_messages ();
  assert_xml (root, "<a/>");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/element/built", test_built);
  g_test_add_func ("/element/read", test_read);
  g_test_add_func ("/element/find", test_find);
  g_test_add_func ("/element/children", test_children);
  g_test_add_func ("/element/append", test_append);
  g_test_add_func ("/element/append-to-itself", test_append_to_itself);
  g_test_add_func ("/element/views", test_views);
  g_test_add_func ("/element/addresses", test_addresses);
  g_test_add_func ("/element/names", test_names);
  return g_test_run ();
}
