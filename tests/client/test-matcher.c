/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which stanzas an expression matches, and which texts are none. */
#include "config.h"
#include "ismb/client/ismb-matcher.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-payload.h"
#include "ismb/core/ismb-stanza-factory.h"
#include "ismb/core/ismb-tree-reader.h"

typedef IsmbMatcher *(*Maker) (const char *text, GError **error);

typedef struct
{
  const char *expression;
  const char *stanza; /* NULL: the one before */
  gboolean matches;
} Case;

static IsmbStanza *
read_stanza (const char *xml)
{
  g_autoptr (GError) error = NULL;
  IsmbTree *tree = ismb_tree_read (xml, -1, ISMB_NS_CLIENT, &error);
  IsmbStanza *stanza;

  g_assert_no_error (error);
  stanza = _ismb_stanza_new_from_tree (tree, &error);
  g_assert_no_error (error);
  return stanza;
}

static void
check (Maker make, const Case *cases, gsize count)
{
  g_autoptr (IsmbStanza) stanza = NULL;

  for (gsize i = 0; i < count; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (IsmbMatcher) matcher = make (cases[i].expression, &error);

      g_assert_no_error (error);
      if (cases[i].stanza != NULL)
        g_clear_object (&stanza);
      if (stanza == NULL)
        stanza = read_stanza (cases[i].stanza);
      if (ismb_matcher_match (matcher, stanza) != cases[i].matches)
        g_error ("%s %s %s", cases[i].expression,
                 cases[i].matches ? "should match" : "should not match", cases[i].stanza);
    }
}

static void
check_bad (Maker make, const char *const *expressions)
{
  for (gsize i = 0; expressions[i] != NULL; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (IsmbMatcher) matcher = make (expressions[i], &error);

      if (matcher != NULL)
        g_error ("%s should be an error", expressions[i]);
      g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_EXPRESSION);
      g_assert_nonnull (strstr (error->message, expressions[i]));
    }
}

#define ROSTER_SET                                                                                 \
  "<iq type='set' id='7' from='ada@sw1.001122/here'>"                                              \
  "<query xmlns='jabber:iq:roster'><item jid='bob@sw1.001122' name='Bob'>"                         \
  "<group>ops</group></item><item jid='eve@sw1.001122'/></query></iq>"

static void
test_path (void)
{
  static const Case cases[] = {
    { "iq", ROSTER_SET, TRUE },
    { "message", NULL, FALSE },
    { "*", NULL, TRUE },
    { "{jabber:client}iq", NULL, TRUE },
    { "{jabber:server}iq", NULL, FALSE },
    { "iq@type=set", NULL, TRUE },
    { "iq@type=get", NULL, FALSE },
    { "iq@type=set@id=7", NULL, TRUE },
    { "iq@type=set@id=8", NULL, FALSE },
    { "iq@from='ada@sw1.001122/here'", NULL, TRUE },
    { "iq@from=\"ada@sw1.001122\"", NULL, FALSE },
    { "iq@to=", NULL, TRUE },
    { "iq/query", NULL, TRUE },
    { "iq/item", NULL, FALSE },
    { "iq@type=set/{jabber:iq:roster}query", NULL, TRUE },
    { "iq@type=set/{jabber:iq:private}query", NULL, FALSE },
    { "iq/{jabber:iq:roster}query/item", NULL, TRUE },
    { "iq/{jabber:iq:roster}query/{urn:x}item", NULL, FALSE },
    { "iq/{jabber:iq:roster}*/*", NULL, TRUE },
    { "{jabber:client}iq/query", NULL, FALSE },
    { "iq/query/item@name=Bob/group", NULL, TRUE },
    { "iq/query/item@name=/group", NULL, FALSE },
    { "iq/query/item@name=", NULL, TRUE },
    { "iq/query/item@group=ops", NULL, TRUE },
    { "iq/query/item@group=dev", NULL, FALSE },
    { "iq/query/item@jid='eve@sw1.001122'@name=", NULL, TRUE },
    { "message@type=normal", "<message><body>hi</body></message>", TRUE },
    { "message@body=hi", NULL, TRUE },
    { "message/body", NULL, TRUE },
    { "message/subject", NULL, FALSE },
    { "message@lang=en", "<message xml:lang='en'/>", TRUE },
    { "presence@type=away", "<presence><show>away</show></presence>", TRUE },
    { "presence@type=available", NULL, FALSE },
  };

  check (ismb_matcher_new_path, cases, G_N_ELEMENTS (cases));
}

#define TYPE_ROSTER (roster_get_type ())
G_DECLARE_FINAL_TYPE (Roster, roster, , ROSTER, IsmbPayload)
struct _Roster
{
  IsmbPayload parent_instance;
};
G_DEFINE_FINAL_TYPE (Roster, roster, ISMB_TYPE_PAYLOAD)

static void
roster_class_init (RosterClass *klass)
{
  ismb_payload_class_set_element (ISMB_PAYLOAD_CLASS (klass), "query", "jabber:iq:roster");
}

static void
roster_init (Roster *self)
{
}

/* SleekXMPP's `roster`, and a bare name that is both a payload's and an element's. */
static void
test_path_of_payloads (void)
{
  static const Case cases[] = {
    { "iq@type=set/our_roster", ROSTER_SET, TRUE },
    { "iq@type=get/our_roster", NULL, FALSE },
    { "iq/our_roster/item@name=Bob", NULL, TRUE },
    { "{jabber:client}iq/our_roster", NULL, TRUE },
    { "iq/query", NULL, TRUE },
    { "iq/our_roster", "<iq type='set'><query xmlns='urn:x'/></iq>", FALSE },
    { "iq/our_roster", "<iq type='set'><our_roster xmlns='urn:x'/></iq>", FALSE },
    { "iq/{urn:x}our_roster", NULL, TRUE },
  };
  g_autoptr (IsmbMatcher) before = ismb_matcher_new_path ("iq/our_roster", NULL);
  g_autoptr (IsmbStanza) stanza = read_stanza (ROSTER_SET);

  ismb_payload_register (TYPE_ROSTER, "our_roster");
  check (ismb_matcher_new_path, cases, G_N_ELEMENTS (cases));
  g_assert_false (ismb_matcher_match (before, stanza));
}

static void
test_bad_paths (void)
{
  static const char *const expressions[]
      = { "",          "/iq",      "iq/",       "iq//query",  "query",        "iq@",
          "iq@type",   "iq@=set",  "iq@*=set",  "iq/{}query", "iq/{urn:x",    "iq query",
          "iq@id='7",  "iq[1]",    "iq/a b",    "iq@id='7'x", "{urn:x}",      NULL };

  check_bad (ismb_matcher_new_path, expressions);
}

static void
test_xpath (void)
{
  static const Case cases[] = {
    { "{jabber:client}iq", ROSTER_SET, TRUE },
    { "iq", NULL, TRUE },
    { "{jabber:client}message", NULL, FALSE },
    { "{jabber:client}iq/{jabber:iq:roster}query", NULL, TRUE },
    { "{jabber:client}iq/query", NULL, FALSE },
    { "iq/{jabber:iq:roster}query/item/group", NULL, TRUE },
    { "iq/{*}query/{*}item", NULL, TRUE },
    { "iq/{*}query/item", NULL, FALSE },
    { "./iq", NULL, TRUE },
    { "*/*/*", NULL, TRUE },
    { "*/*/*/*/*", NULL, FALSE },
    { ".//{jabber:iq:roster}group", NULL, TRUE },
    { ".//{jabber:iq:roster}grouping", NULL, FALSE },
    { "iq//{jabber:iq:roster}item/group", NULL, TRUE },
    { ".//{jabber:iq:roster}group/..", NULL, TRUE },
    { ".//{jabber:iq:roster}group/../../../iq", NULL, FALSE },
    { ".//{jabber:iq:roster}group/../../item", NULL, TRUE },
    { "iq/..", NULL, FALSE },
    { "*[@type]", NULL, TRUE },
    { "*[@to]", NULL, FALSE },
    { "*[@type='set']", NULL, TRUE },
    { "*[@type!='set']", NULL, FALSE },
    { "*[@to!='set']", NULL, FALSE },
    { "*[ @type = \"set\" ][@id='7']", NULL, TRUE },
    { "iq/{jabber:iq:roster}query/item[group]", NULL, TRUE },
    { "iq/{jabber:iq:roster}query[group]", NULL, FALSE },
    { "iq/{jabber:iq:roster}query/item[group='ops']/group", NULL, TRUE },
    { "iq/{jabber:iq:roster}query/item[group='op']", NULL, FALSE },
    { "iq/{jabber:iq:roster}query/item[group='opsy']", NULL, FALSE },
    { "iq/{jabber:iq:roster}query/item[group!='dev']", NULL, TRUE },
    { "iq/{jabber:iq:roster}query[.='ops']", NULL, TRUE },
    { "iq/{jabber:iq:roster}query[.!='ops']", NULL, FALSE },
    { "iq/{jabber:iq:roster}query/item[1][@name='Bob']", NULL, TRUE },
    { "iq/{jabber:iq:roster}query/item[2][@name='Bob']", NULL, FALSE },
    { "iq/{jabber:iq:roster}query/item[2]", NULL, TRUE },
    { "iq/{jabber:iq:roster}query/item[3]", NULL, FALSE },
    { "iq/{jabber:iq:roster}query/item[last()][@name]", NULL, FALSE },
    { "iq/{jabber:iq:roster}query/item[last()-1][@name]", NULL, TRUE },
    { "iq/{jabber:iq:roster}query/item[last()-2]", NULL, FALSE },
    { "iq[1]", NULL, TRUE },
    { "iq[last()]", NULL, TRUE },
    { "iq[2]", NULL, FALSE },
    { "message[body='one two']",
      "<message xml:lang='en'><body>one <b>two</b></body></message>", TRUE },
    { "message[body='one ']", NULL, FALSE },
    { "message[@{" ISMB_NS_XML "}lang='en']", NULL, TRUE },
    { "message[{urn:x}body]", NULL, FALSE },
  };

  check (ismb_matcher_new_xpath, cases, G_N_ELEMENTS (cases));
}

static void
test_bad_xpaths (void)
{
  static const char *const expressions[]
      = { "",         ".",         "/iq",       "//iq",     "iq/",      "iq///a",    "iq[",
          "iq[]",     "iq[0]",     "iq[@]",     "iq[@a='",  "iq[@a=b]", "iq[.]",     "iq[last()-]",
          "iq[1",     "iq[@a!]",   "iq|iq",     "{}iq",     "iq@a=b",   "iq//..",    NULL };

  check_bad (ismb_matcher_new_xpath, expressions);
}

/* Costly to refuse: each step may begin anywhere. */
static void
test_xpath_gives_up (void)
{
  g_autoptr (IsmbMatcher) matcher
      = ismb_matcher_new_xpath (".//a//a//a//a//a//a//a//a//b", NULL);
  IsmbTree *tree = ismb_tree_new ("message", ISMB_NS_CLIENT);
  IsmbNode *node = ismb_tree_root (tree);
  g_autoptr (IsmbStanza) stanza = NULL;

  for (guint depth = 0; depth < 60; depth++)
    {
      node = ismb_tree_add (tree, node, "a", ISMB_NS_CLIENT);
      for (guint i = 0; i < 100; i++)
        ismb_tree_add (tree, node, "a", ISMB_NS_CLIENT);
    }
  stanza = _ismb_stanza_new_from_tree (tree, NULL);
  g_assert_false (ismb_matcher_match (matcher, stanza));
}

static void
test_mask (void)
{
  static const Case cases[] = {
    { "<iq/>", ROSTER_SET, TRUE },
    { "<message/>", NULL, FALSE },
    { "<iq xmlns='jabber:server'/>", NULL, FALSE },
    { "<iq type='set'/>", NULL, TRUE },
    { "<iq type='set' to=''/>", NULL, FALSE },
    { "<iq type='get'/>", NULL, FALSE },
    { "<iq><query xmlns='jabber:iq:roster'/></iq>", NULL, TRUE },
    { "<iq><query/></iq>", NULL, FALSE },
    { "<iq><query xmlns='jabber:iq:roster'>\n<item name='Bob'/></query></iq>", NULL, TRUE },
    { "<iq><query xmlns='jabber:iq:roster'><item jid='eve@sw1.001122'/></query></iq>", NULL, TRUE },
    { "<iq><query xmlns='jabber:iq:roster'>"
      "<item jid='eve@sw1.001122'><group/></item></query></iq>", NULL, FALSE },
    { "<iq><query xmlns='jabber:iq:roster'><item><group> ops\n</group></item></query></iq>", NULL,
      TRUE },
    { "<iq><query xmlns='jabber:iq:roster'><item><group>op</group></item></query></iq>", NULL,
      FALSE },
    { "<message><body>one</body></message>", "<message><body> one </body></message>", TRUE },
    { "<message><body>two</body></message>", NULL, FALSE },
  };

  check (ismb_matcher_new_mask, cases, G_N_ELEMENTS (cases));
}

static void
test_bad_masks (void)
{
  static const char *const expressions[]
      = { "", "iq", "<iq>", "<iq/><iq/>", "<!DOCTYPE iq><iq/>", "<a:iq/>", NULL };

  check_bad (ismb_matcher_new_mask, expressions);
}

static void
test_id (void)
{
  static const Case cases[] = {
    { "7", ROSTER_SET, TRUE },
    { "77", NULL, FALSE },
    { "", "<message/>", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (IsmbMatcher) matcher = ismb_matcher_new_id (cases[i].expression);
      g_autoptr (IsmbStanza) stanza
          = read_stanza (cases[i].stanza != NULL ? cases[i].stanza : cases[i - 1].stanza);

      g_assert_cmpint (ismb_matcher_match (matcher, stanza), ==, cases[i].matches);
    }
}

static void
test_any (void)
{
  g_autoptr (IsmbMatcher) id = ismb_matcher_new_id ("7");
  g_autoptr (IsmbMatcher) body = ismb_matcher_new_path ("message/body", NULL);
  IsmbMatcher *two[] = { id, body };
  g_autoptr (IsmbMatcher) any = ismb_matcher_new_any (two, G_N_ELEMENTS (two));
  g_autoptr (IsmbMatcher) none = ismb_matcher_new_any (NULL, 0);
  g_autoptr (IsmbStanza) first = read_stanza ("<presence id='7'/>");
  g_autoptr (IsmbStanza) second = read_stanza ("<message><body/></message>");
  g_autoptr (IsmbStanza) third = read_stanza ("<message><subject/></message>");

  g_assert_true (ismb_matcher_match (any, first));
  g_assert_true (ismb_matcher_match (any, second));
  g_assert_false (ismb_matcher_match (any, third));
  g_assert_false (ismb_matcher_match (none, first));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/matcher/path", test_path);
  g_test_add_func ("/matcher/path-of-payloads", test_path_of_payloads);
  g_test_add_func ("/matcher/bad-paths", test_bad_paths);
  g_test_add_func ("/matcher/xpath", test_xpath);
  g_test_add_func ("/matcher/bad-xpaths", test_bad_xpaths);
  g_test_add_func ("/matcher/xpath-gives-up", test_xpath_gives_up);
  g_test_add_func ("/matcher/mask", test_mask);
  g_test_add_func ("/matcher/bad-masks", test_bad_masks);
  g_test_add_func ("/matcher/id", test_id);
  g_test_add_func ("/matcher/any", test_any);
  return g_test_run ();
}
