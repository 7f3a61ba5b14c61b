/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/core/ismb-tree-reader.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"

static void
assert_read (const char *xml, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbTree) tree = ismb_tree_read (xml, -1, ISMB_NS_CLIENT, &error);
  g_autoptr (GString) out = g_string_new (NULL);

  g_assert_no_error (error);
  ismb_node_write (ismb_tree_root (tree), ISMB_NS_CLIENT, out);
  g_assert_cmpstr (out->str, ==, expected);
}

static void
assert_refused_bytes (const char *xml, gssize length, const char *why)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (ismb_tree_read (xml, length, ISMB_NS_CLIENT, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_STANZA);
  g_assert_nonnull (strstr (error->message, why));
}

static void
assert_refused (const char *xml, const char *why)
{
  assert_refused_bytes (xml, -1, why);
}

static void
test_element (void)
{
  assert_read (" <message id=\"7\">\n<body>a &lt; <![CDATA[<b>]]> &#x20ac;</body></message>\n",
               "<message id='7'>\n<body>a &lt; &lt;b&gt; \342\202\254</body></message>");
  assert_read ("<a><b xmlns='urn:b'><c/><d xmlns=''><e/></d></b><f/></a>",
               "<a><b xmlns='urn:b'><c/><d xmlns=''><e/></d></b><f/></a>");
}

/* What comes of it is what the listener makes of the same on a stream. */
static void
test_prefixes (void)
{
  assert_read ("<p:a xmlns:p='urn:p' xmlns:q='urn:q'><b/>"
               "<p:c q:x='1' p:y='2' q:z='3' n='4'/></p:a>",
               "<a xmlns='urn:p'><b xmlns='jabber:client'/>"
               "<c xmlns:ns1='urn:q' ns1:x='1' xmlns:ns2='urn:p' ns2:y='2' ns1:z='3' n='4'/></a>");
  assert_read ("<a xml:lang='cs' xml:space='preserve'/>",
               "<a xml:lang='cs' xml:space='preserve'/>");
  assert_refused ("<p:a/>", "unbound prefix");
  assert_read ("<a><xml:b><xml:c/><d/><e xmlns='urn:e'/></xml:b><f/></a>",
               "<a><xml:b><xml:c/><d xmlns='jabber:client'/><e xmlns='urn:e'/></xml:b><f/></a>");
}

static void
test_length (void)
{
  g_autoptr (IsmbTree) tree = ismb_tree_read ("<a/>junk", 4, "urn:a", NULL);

  g_assert_true (ismb_node_is (ismb_tree_root (tree), "a", "urn:a"));
  assert_refused_bytes ("<a\0/>", 5, "well-formed");
}

static void
test_not_one_element (void)
{
  assert_refused ("", "there is none");
  assert_refused (" \n", "there is none");
  assert_refused ("hello", "text beside");
  assert_refused ("<a/>x", "text beside");
  assert_refused ("<a/><b/>", "more than one");
  assert_refused ("<a>", "mismatched");
  assert_refused ("<a><b></a>", "mismatched");
  assert_refused ("<a", "well-formed");
  assert_refused ("<a>&lt", "well-formed");
  assert_refused ("<a b='1' b='2'/>", "duplicate");
  assert_refused ("<a>\xff</a>", "well-formed");
  assert_refused ("<a>\001</a>", "well-formed");
}

/* The element that is put around it cannot be left. */
static void
test_no_way_out (void)
{
  assert_refused ("<a/></x><x>", "");
  assert_refused ("<a/></x>", "");
  assert_refused ("</x><x><a/>", "");
  assert_refused ("<a/></x><!--", "");
  assert_refused ("<a/></x><?p ", "");
  assert_refused ("<a/><![CDATA[", "");
}

static void
test_what_no_stream_has (void)
{
  assert_refused ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "well-formed");
  assert_refused ("<a><!DOCTYPE a SYSTEM 'file:///etc/passwd'></a>", "well-formed");
  assert_refused ("<a>&nbsp;</a>", "undefined entity");
  assert_refused ("<?xml version='1.0'?><a/>", "");
  assert_refused ("<a><?do it?></a>", "a processing instruction");
  assert_refused ("<a><!-- b --></a>", "a comment");
  assert_refused ("<!-- b --><a/>", "a comment");
}

static char *
repeat (const char *before, const char *piece, guint times, const char *after)
{
  GString *text = g_string_new (before);

  for (guint i = 0; i < times; i++)
    g_string_append (text, piece);
  return g_string_free (g_string_append (text, after), FALSE);
}

static void
assert_bounded (const char *before, const char *piece, guint most, const char *after,
                const char *why)
{
  g_autofree char *good = repeat (before, piece, most, after);
  g_autofree char *bad = repeat (before, piece, most + 1, after);
  g_autoptr (IsmbTree) tree = ismb_tree_read (good, -1, "urn:a", NULL);

  g_assert_nonnull (tree);
  assert_refused (bad, why);
}

static void
test_bounds (void)
{
  g_autofree char *deep = repeat ("", "<a>", 64, "");
  g_autofree char *deep_good = repeat (deep, "</a>", 64, "");
  g_autofree char *deeper = repeat ("<a>", deep_good, 1, "</a>");
  g_autoptr (IsmbTree) deep_tree = ismb_tree_read (deep_good, -1, "urn:a", NULL);

  g_assert_nonnull (deep_tree);
  assert_refused (deeper, "64 levels");
  assert_bounded ("<a>", "<b/>", 9999, "</a>", "10000 elements");
  assert_bounded ("<a>", "x", (1 << 20) - 7, "</a>", "1 MiB");
}

static void
test_bounded_attributes (void)
{
  g_autoptr (GString) xml = g_string_new ("<a");
  g_autoptr (IsmbTree) tree = NULL;

  for (guint i = 0; i < 64; i++)
    g_string_append_printf (xml, " a%u=''", i);
  g_string_append (xml, "/>");
  tree = ismb_tree_read (xml->str, xml->len, "urn:a", NULL);
  g_assert_nonnull (tree);
  g_string_replace (xml, "/>", " b=''/>", 1);
  assert_refused (xml->str, "64 attributes");
}

/* Few bytes that would become many: a prefix repeats its namespace wherever it stands. */
static void
test_bounded_growth (void)
{
  g_autofree char *ns = g_strnfill (100000, 'n');
  g_autofree char *elements = g_strdup_printf ("<a xmlns:p='%s'>", ns);
  g_autofree char *attributes = g_strdup_printf ("<a xmlns:p='%s'>", ns);
  g_autofree char *many = repeat (elements, "<p:b/>", 11, "</a>");
  g_autofree char *few = repeat (elements, "<p:b/>", 5, "</a>");
  g_autofree char *prefixed = repeat (attributes, "<b p:c='1'/>", 11, "</a>");
  g_autoptr (IsmbTree) tree = ismb_tree_read (few, -1, "urn:a", NULL);

  g_assert_nonnull (tree);
  assert_refused (many, "1 MiB");
  assert_refused (prefixed, "1 MiB");
}

/* A reader of many */

static const IsmbTreeLimits limits = { 1 << 20, 16, 1000, 100 };

static void
assert_next (IsmbTreeReader *reader, const char *xml, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbTree) tree = ismb_tree_reader_read (reader, xml, strlen (xml), &error);
  g_autoptr (GString) out = g_string_new (NULL);

  g_assert_no_error (error);
  ismb_node_write (ismb_tree_root (tree), ISMB_NS_CLIENT, out);
  g_assert_cmpstr (out->str, ==, expected);
}

static void
assert_next_refused (IsmbTreeReader *reader, const char *xml)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (ismb_tree_reader_read (reader, xml, strlen (xml), &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_STANZA);
}

/* What a stream's header declares holds for each, and what one declares for none that follows. */
static void
test_one_after_another (void)
{
  g_autoptr (IsmbTreeReader) reader = ismb_tree_reader_new (
      "<s:stream xmlns='jabber:client' xmlns:s='urn:s' xmlns:p='urn:p' version='1.0'>",
      ISMB_NS_CLIENT, &limits);

  assert_next (reader, "<message id='1'><body>a</body></message>",
               "<message id='1'><body>a</body></message>");
  assert_next (reader, "\n <s:error><p:b p:c='1' xmlns:q='urn:q'/></s:error>",
               "<error xmlns='urn:s'><b xmlns='urn:p' xmlns:ns1='urn:p' ns1:c='1'/></error>");
  assert_next_refused (reader, "<q:message/>");
  assert_next (reader, "<message/>", "<message/>");
}

/* One that is no whole element is refused, and leaves nothing behind. */
static void
test_ends_elsewhere (void)
{
  static const char *const bad[] = { "<a>", "<a><b></b>", "<a/></s>", "</s>", "", "<a/><b/>",
                                     "<a/>x", "<a></b>" };
  g_autoptr (IsmbTreeReader) reader
      = ismb_tree_reader_new ("<s xmlns='jabber:client'>", ISMB_NS_CLIENT, &limits);

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      assert_next_refused (reader, bad[i]);
      assert_next (reader, "<a b='1'/>", "<a b='1'/>");
    }
}

/* It forgets the names it saw now and then: nobody notices, and it does not grow. */
static void
test_many (void)
{
  g_autoptr (IsmbTreeReader) reader
      = ismb_tree_reader_new ("<s xmlns='jabber:client' xmlns:p='urn:p'>", ISMB_NS_CLIENT, &limits);

  for (guint i = 0; i < 20000; i++)
    {
      g_autofree char *xml = g_strdup_printf ("<a><p:b%u c%u='%u'/></a>", i, i, i);
      g_autofree char *same = g_strdup_printf ("<a><b%u xmlns='urn:p' c%u='%u'/></a>", i, i, i);

      assert_next (reader, xml, same);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tree-reader/element", test_element);
  g_test_add_func ("/tree-reader/prefixes", test_prefixes);
  g_test_add_func ("/tree-reader/length", test_length);
  g_test_add_func ("/tree-reader/not-one-element", test_not_one_element);
  g_test_add_func ("/tree-reader/no-way-out", test_no_way_out);
  g_test_add_func ("/tree-reader/what-no-stream-has", test_what_no_stream_has);
  g_test_add_func ("/tree-reader/bounds", test_bounds);
  g_test_add_func ("/tree-reader/bounded-attributes", test_bounded_attributes);
  g_test_add_func ("/tree-reader/bounded-growth", test_bounded_growth);
  g_test_add_func ("/tree-reader/one-after-another", test_one_after_another);
  g_test_add_func ("/tree-reader/ends-elsewhere", test_ends_elsewhere);
  g_test_add_func ("/tree-reader/many", test_many);
  return g_test_run ();
}
