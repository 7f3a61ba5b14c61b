/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/core/ismb-xml.h"

static char *
escape (const char *text, gssize length, gboolean in_attribute)
{
  GString *out = g_string_new (NULL);

  ismb_xml_escape (out, text, length, in_attribute);
  return g_string_free (out, FALSE);
}

static const struct
{
  const char *text, *in_text, *in_attribute;
} escapes[] = {
  { "", "", "" },
  { "plain", "plain", "plain" },
  { "a<b>c&d", "a&lt;b&gt;c&amp;d", "a&lt;b&gt;c&amp;d" },
  { "it's \"it\"", "it's \"it\"", "it&apos;s &quot;it&quot;" },
  { "a\tb\nc\rd", "a\tb\nc&#13;d", "a&#9;b&#10;c&#13;d" },
  { "]]>", "]]&gt;", "]]&gt;" },
  { "\303\251\342\202\254\360\237\230\200", "\303\251\342\202\254\360\237\230\200",
    "\303\251\342\202\254\360\237\230\200" },
  { "\001a\033", "\357\277\275a\357\277\275", "\357\277\275a\357\277\275" },
  { "a\357\277\276b\357\277\277", "a\357\277\275b\357\277\275", "a\357\277\275b\357\277\275" },
  { "\357\274\240\357\277\275", "\357\274\240\357\277\275", "\357\274\240\357\277\275" },
  { "a\377<", "a\357\277\275&lt;", "a\357\277\275&lt;" },
  { "\355\240\200", "\357\277\275\357\277\275\357\277\275",
    "\357\277\275\357\277\275\357\277\275" },
};

static void
test_escape (void)
{
  g_autofree char *part = escape ("<a>", 2, FALSE);
  g_autofree char *nul = escape ("a\0b", 3, FALSE);

  for (guint i = 0; i < G_N_ELEMENTS (escapes); i++)
    {
      g_autofree char *in_text = escape (escapes[i].text, -1, FALSE);
      g_autofree char *in_attribute = escape (escapes[i].text, -1, TRUE);

      g_assert_cmpstr (in_text, ==, escapes[i].in_text);
      g_assert_cmpstr (in_attribute, ==, escapes[i].in_attribute);
    }
  g_assert_cmpstr (part, ==, "&lt;a");
  g_assert_cmpstr (nul, ==, "a\357\277\275b");
}

static void
test_names (void)
{
  static const char *const bad[] = {
    "", "1a", "-a", ".a", "a b", "a>", "a/", "a:b", "a\n", "\303\251",
  };

  g_assert_true (ismb_xml_is_name ("a"));
  g_assert_true (ismb_xml_is_name ("_a-b.c1"));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (ismb_xml_is_name (bad[i]));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/xml/escape", test_escape);
  g_test_add_func ("/xml/names", test_names);
  return g_test_run ();
}
