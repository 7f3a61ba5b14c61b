/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/core/ismb-tree.h"

#include <string.h>

#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-tree-reader.h"

static char *
to_xml (const IsmbNode *node, const char *parent_ns)
{
  GString *out = g_string_new (NULL);

  ismb_node_write (node, parent_ns, out);
  return g_string_free (out, FALSE);
}

static void
assert_written (IsmbTree *tree, const char *expected)
{
  g_autofree char *xml = to_xml (ismb_tree_root (tree), ISMB_NS_CLIENT);

  g_assert_cmpstr (xml, ==, expected);
}

static void
test_build_and_write (void)
{
  g_autoptr (IsmbTree) tree = ismb_tree_new ("iq", ISMB_NS_CLIENT);
  IsmbNode *root = ismb_tree_root (tree);
  IsmbNode *query = ismb_tree_add (tree, root, "query", ISMB_NS_ROSTER);
  IsmbNode *item = ismb_tree_add (tree, query, "item", ISMB_NS_ROSTER);
  g_autofree char *alone = NULL;

  ismb_tree_set (tree, root, "type", "result");
  ismb_tree_set (tree, root, "id", "7");
  ismb_tree_set (tree, item, "jid", "cli@leaf1");
  ismb_tree_add_leaf (tree, item, "group", ISMB_NS_ROSTER, "leafs");
  ismb_tree_add_leaf (tree, root, "body", ISMB_NS_CLIENT, NULL);
  ismb_tree_add (tree, query, "bare", "");
  assert_written (tree, "<iq type='result' id='7'><query xmlns='jabber:iq:roster'>"
                        "<item jid='cli@leaf1'><group>leafs</group></item><bare xmlns=''/></query>"
                        "<body/></iq>");
  alone = to_xml (item, NULL);
  g_assert_cmpstr (alone, ==,
                   "<item xmlns='jabber:iq:roster' jid='cli@leaf1'><group>leafs</group></item>");
}

static void
test_attributes (void)
{
  g_autoptr (IsmbTree) tree = ismb_tree_new ("message", ISMB_NS_CLIENT);
  IsmbNode *root = ismb_tree_root (tree);

  ismb_tree_set (tree, root, "a", "1");
  ismb_tree_set (tree, root, "b", "2");
  ismb_tree_set (tree, root, "c", "3");
  ismb_tree_set (tree, root, "xml:lang", "en");
  ismb_tree_set (tree, root, "b", "another, longer than before");
  ismb_tree_set (tree, root, "a", NULL);
  ismb_tree_set (tree, root, "absent", NULL);
  g_assert_null (ismb_node_get (root, "a"));
  g_assert_cmpstr (ismb_node_get (root, "b"), ==, "another, longer than before");
  g_assert_cmpstr (ismb_node_get (root, "xml:lang"), ==, "en");
  assert_written (tree, "<message b='another, longer than before' c='3' xml:lang='en'/>");
}

static void
append_pair (const char *name, const char *value, gpointer data)
{
  g_string_append_printf (data, "%s=%s;", name, value);
}

static void
test_foreach_attribute (void)
{
  g_autoptr (IsmbTree) tree = ismb_tree_new ("message", ISMB_NS_CLIENT);
  g_autoptr (GString) pairs = g_string_new (NULL);

  ismb_tree_set (tree, ismb_tree_root (tree), "z", "1");
  ismb_tree_set (tree, ismb_tree_root (tree), "a", "2");
  ismb_node_foreach_attribute (ismb_tree_root (tree), append_pair, pairs);
  g_assert_cmpstr (pairs->str, ==, "z=1;a=2;");
}

static void
test_find (void)
{
  g_autoptr (IsmbTree) tree = ismb_tree_new ("message", ISMB_NS_CLIENT);
  IsmbNode *root = ismb_tree_root (tree);
  IsmbNode *first, *second;

  ismb_tree_add_text (tree, root, "text", -1);
  first = ismb_tree_add_leaf (tree, root, "x", "urn:a", "one");
  ismb_tree_add (tree, root, "y", "urn:a");
  second = ismb_tree_add_leaf (tree, root, "x", "urn:b", "two");
  g_assert_true (ismb_node_find (root, "x", "urn:a") == first);
  g_assert_true (ismb_node_find (root, "x", "urn:b") == second);
  g_assert_true (ismb_node_find (root, NULL, NULL) == first);
  g_assert_true (ismb_node_find (root, NULL, "urn:b") == second);
  g_assert_true (ismb_node_find_next (first, "x", NULL) == second);
  g_assert_null (ismb_node_find_next (second, NULL, NULL));
  g_assert_null (ismb_node_find (root, "x", ISMB_NS_CLIENT));
  g_assert_null (ismb_node_name (ismb_node_first_child (root)));
  g_assert_null (ismb_node_ns (ismb_node_first_child (root)));
  g_assert_true (ismb_node_next (ismb_node_first_child (root)) == first);
}

static void
test_text (void)
{
  g_autoptr (IsmbTree) tree = ismb_tree_new ("message", ISMB_NS_CLIENT);
  IsmbNode *root = ismb_tree_root (tree);
  IsmbNode *body = ismb_tree_add (tree, root, "body", ISMB_NS_CLIENT);
  g_autofree char *text = NULL;
  g_autofree char *empty = NULL;

  ismb_tree_add_text (tree, body, "one, ", -1);
  ismb_tree_add_text (tree, body, "two, and more", 5);
  ismb_tree_add (tree, body, "br", ISMB_NS_CLIENT);
  ismb_tree_add_text (tree, body, "", -1);
  ismb_tree_add_text (tree, body, "three", -1);
  text = ismb_node_dup_text (body);
  g_assert_cmpstr (text, ==, "one, two, three");
  assert_written (tree, "<message><body>one, two, <br/>three</body></message>");
  g_assert_cmpstr (ismb_tree_peek_text (tree, body), ==, "one, two, three");
  g_assert_nonnull (ismb_node_find (body, "br", NULL));
  empty = ismb_node_dup_child_text (body, "br", ISMB_NS_CLIENT);
  g_assert_cmpstr (empty, ==, "");
  g_assert_null (ismb_node_dup_child_text (body, "br", "urn:other"));
}

/* A parser hands over a long text in shreds; it is one text all the same, across all blocks. */
static void
test_text_in_shreds (void)
{
  g_autoptr (IsmbTree) tree = ismb_tree_new ("body", ISMB_NS_CLIENT);
  IsmbNode *root = ismb_tree_root (tree);
  g_autoptr (GString) expected = g_string_new (NULL);
  g_autofree char *text = NULL;

  for (guint i = 0; i < 20000; i++)
    {
      g_autofree char *shred = g_strdup_printf ("%u ", i);

      ismb_tree_add_text (tree, root, shred, -1);
      g_string_append (expected, shred);
    }
  text = ismb_node_dup_text (root);
  g_assert_cmpstr (text, ==, expected->str);
  g_assert_cmpstr (ismb_tree_peek_text (tree, root), ==, expected->str);
}

static void
test_remove_and_clear (void)
{
  g_autoptr (IsmbTree) tree = ismb_tree_new ("a", ISMB_NS_CLIENT);
  IsmbNode *root = ismb_tree_root (tree);
  IsmbNode *first = ismb_tree_add (tree, root, "first", ISMB_NS_CLIENT);
  IsmbNode *middle = ismb_tree_add (tree, root, "middle", ISMB_NS_CLIENT);
  IsmbNode *last = ismb_tree_add (tree, root, "last", ISMB_NS_CLIENT);

  ismb_tree_remove (tree, middle);
  assert_written (tree, "<a><first/><last/></a>");
  ismb_tree_remove (tree, last);
  ismb_tree_add (tree, root, "new", ISMB_NS_CLIENT);
  assert_written (tree, "<a><first/><new/></a>");
  ismb_tree_remove (tree, first);
  assert_written (tree, "<a><new/></a>");
  ismb_tree_set (tree, root, "kept", "1");
  ismb_tree_clear (tree, root);
  assert_written (tree, "<a kept='1'/>");
  ismb_tree_add_text (tree, root, "again", -1);
  assert_written (tree, "<a kept='1'>again</a>");
}

static void
test_copy (void)
{
  g_autoptr (IsmbTree) tree = ismb_tree_new ("a", ISMB_NS_CLIENT);
  IsmbNode *root = ismb_tree_root (tree);
  IsmbNode *b = ismb_tree_add (tree, root, "b", "urn:b");
  g_autoptr (IsmbTree) copy = NULL;
  g_autoptr (IsmbTree) other = ismb_tree_new ("forwarded", "urn:f");

  ismb_tree_add_leaf (tree, b, "c", "urn:b", "text");
  ismb_tree_add_text (tree, b, "tail", -1);
  ismb_tree_set (tree, b, "x", "1");
  ismb_tree_add (tree, root, "d", ISMB_NS_CLIENT);
  copy = ismb_tree_copy (tree);
  ismb_tree_add_copy (other, ismb_tree_root (other), b);
  ismb_tree_set (tree, b, "x", "2");
  g_clear_pointer (&tree, ismb_tree_free);
  assert_written (copy, "<a><b xmlns='urn:b' x='1'><c>text</c>tail</b><d/></a>");
  assert_written (other, "<forwarded xmlns='urn:f'><b xmlns='urn:b' x='1'><c>text</c>tail</b>"
                         "</forwarded>");
}

static void
test_references (void)
{
  g_autoptr (IsmbTree) tree = ismb_tree_new ("a", ISMB_NS_CLIENT);
  IsmbTree *held = ismb_tree_ref (tree);
  IsmbNode *child = ismb_tree_add (tree, ismb_tree_root (tree), "b", ISMB_NS_CLIENT);

  g_clear_pointer (&tree, ismb_tree_unref);
  assert_written (held, "<a><b/></a>");
  g_assert_true (ismb_node_parent (child) == ismb_tree_root (held));
  g_assert_null (ismb_node_parent (ismb_tree_root (held)));
  ismb_tree_remove (held, child);
  g_assert_null (ismb_node_parent (child));
  ismb_tree_unref (held);
}

static char *
random_text (void)
{
  static const gunichar choices[] = {
    '<', '>', '&', '\'', '"', '\t', '\n', '\r', ' ', 'a', 0xe9, 0x20ac, 0x1f600, 0xd7ff, 0xfffd,
  };
  GString *text = g_string_new (NULL);

  for (int n = g_test_rand_int_range (0, 9); n > 0; n--)
    g_string_append_unichar (text, choices[g_test_rand_int_range (0, G_N_ELEMENTS (choices))]);
  return g_string_free (text, FALSE);
}

static IsmbTree *
random_tree (void)
{
  static const char *const namespaces[] = { ISMB_NS_CLIENT, "urn:a", "urn:b'&<", "" };
  IsmbTree *tree = ismb_tree_new ("root", ISMB_NS_CLIENT);
  GPtrArray *nodes = g_ptr_array_new ();

  g_ptr_array_add (nodes, ismb_tree_root (tree));
  for (int n = g_test_rand_int_range (0, 30); n > 0; n--)
    {
      IsmbNode *parent = g_ptr_array_index (nodes, g_test_rand_int_range (0, nodes->len));
      g_autofree char *text = random_text ();

      if (g_test_rand_bit ())
        ismb_tree_add_text (tree, parent, text, -1);
      else if (g_test_rand_bit ())
        ismb_tree_set (tree, parent, "a", text);
      else
        g_ptr_array_add (nodes, ismb_tree_add (tree, parent, "n",
                                               namespaces[g_test_rand_int_range (0, 4)]));
    }
  g_ptr_array_unref (nodes);
  return tree;
}

/* Another program reads what we meant: written, parsed and written again it is the same. */
static void
test_round_trip (void)
{
  for (guint i = 0; i < 2000; i++)
    {
      g_autoptr (IsmbTree) tree = random_tree ();
      g_autoptr (IsmbTree) copy = ismb_tree_copy (tree);
      g_autofree char *xml = to_xml (ismb_tree_root (tree), NULL);
      g_autofree char *copied = to_xml (ismb_tree_root (copy), NULL);
      g_autoptr (IsmbTree) parsed = ismb_tree_read (xml, -1, "", NULL);
      g_autofree char *again = to_xml (ismb_tree_root (parsed), NULL);
      g_autofree char *text = ismb_node_dup_text (ismb_tree_root (tree));
      g_autofree char *text_again = ismb_node_dup_text (ismb_tree_root (parsed));

      g_assert_cmpstr (copied, ==, xml);
      g_assert_cmpstr (again, ==, xml);
      g_assert_cmpstr (text_again, ==, text);
      g_assert_cmpstr (ismb_node_get (ismb_tree_root (parsed), "a"), ==,
                       ismb_node_get (ismb_tree_root (tree), "a"));
    }
}

static void
test_deep (void)
{
  g_autoptr (IsmbTree) tree = ismb_tree_new ("a", "urn:a");
  g_autoptr (IsmbTree) copy = NULL;
  IsmbNode *node = ismb_tree_root (tree);
  g_autofree char *xml = NULL;
  g_autofree char *copied = NULL;

  for (guint i = 1; i < 10000; i++)
    node = ismb_tree_add (tree, node, "a", "urn:a");
  copy = ismb_tree_copy (tree);
  xml = to_xml (ismb_tree_root (tree), "urn:a");
  copied = to_xml (ismb_tree_root (copy), "urn:a");
  g_assert_cmpstr (copied, ==, xml);
  g_assert_cmpuint (strlen (xml), ==, 9999 * strlen ("<a></a>") + strlen ("<a/>"));
}

static void
test_large (void)
{
  g_autoptr (IsmbTree) tree = ismb_tree_new ("a", "urn:a");
  g_autofree char *large = g_strnfill (1 << 20, 'x');
  g_autofree char *text = NULL;

  for (guint i = 0; i < 3; i++)
    ismb_tree_add_leaf (tree, ismb_tree_root (tree), "b", "urn:a", large);
  ismb_tree_set (tree, ismb_tree_root (tree), "x", large);
  text = ismb_node_dup_child_text (ismb_tree_root (tree), "b", "urn:a");
  g_assert_cmpstr (text, ==, large);
  g_assert_cmpstr (ismb_node_get (ismb_tree_root (tree), "x"), ==, large);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tree/build-and-write", test_build_and_write);
  g_test_add_func ("/tree/attributes", test_attributes);
  g_test_add_func ("/tree/foreach-attribute", test_foreach_attribute);
  g_test_add_func ("/tree/find", test_find);
  g_test_add_func ("/tree/text", test_text);
  g_test_add_func ("/tree/text-in-shreds", test_text_in_shreds);
  g_test_add_func ("/tree/remove-and-clear", test_remove_and_clear);
  g_test_add_func ("/tree/copy", test_copy);
  g_test_add_func ("/tree/references", test_references);
  g_test_add_func ("/tree/round-trip", test_round_trip);
  g_test_add_func ("/tree/deep", test_deep);
  g_test_add_func ("/tree/large", test_large);
  return g_test_run ();
}
