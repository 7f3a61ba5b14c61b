/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who of the handlers is called for a stanza, in which order, and how often. */
#include "config.h"
#include "ismb/client/ismb-handlers.h"

#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-factory.h"
#include "ismb/core/ismb-tree-reader.h"

typedef struct
{
  IsmbHandlers *handlers;
  GString *called;
  guint freed;
} Fixture;

/* What a handler is given. */
typedef struct
{
  Fixture *fixture;
  const char *name;
  guint removes; /* the handler that it removes */
} Part;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->handlers = ismb_handlers_new ();
  fixture->called = g_string_new (NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_pointer (&fixture->handlers, ismb_handlers_free);
  g_string_free (fixture->called, TRUE);
}

static gboolean
on_stanza (gpointer client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  Part *part = user_data;

  g_string_append (part->fixture->called, part->name);
  if (part->removes != 0)
    g_assert_true (ismb_handlers_remove (part->fixture->handlers, part->removes));
  return FALSE;
}

static void
part_free (gpointer data)
{
  Part *part = data;

  part->fixture->freed++;
  g_free (part);
}

static guint
add (Fixture *fixture, const char *name, IsmbMatcher *matcher, IsmbHandlerWay way, guint removes)
{
  Part *part = g_new0 (Part, 1);
  guint id;

  part->fixture = fixture;
  part->name = name;
  part->removes = removes;
  id = ismb_handlers_add (fixture->handlers, name, matcher, way, on_stanza, part, part_free);
  g_assert_cmpuint (id, !=, 0);
  g_object_unref (matcher);
  return id;
}

static IsmbMatcher *
path (const char *text)
{
  IsmbMatcher *matcher = ismb_matcher_new_path (text, NULL);

  g_assert_nonnull (matcher);
  return matcher;
}

static IsmbStanza *
read_stanza (const char *xml)
{
  IsmbStanza *stanza = _ismb_stanza_new_from_tree (ismb_tree_read (xml, -1, ISMB_NS_CLIENT, NULL),
                                                   NULL);

  g_assert_nonnull (stanza);
  return stanza;
}

/* Who is called for it, by first letters. */
static const char *
offer (Fixture *fixture, const char *xml)
{
  g_autoptr (IsmbStanza) stanza = read_stanza (xml);
  g_autoptr (GPtrArray) found = ismb_handlers_find (fixture->handlers, stanza);

  g_string_truncate (fixture->called, 0);
  for (guint i = 0; found != NULL && i < found->len; i++)
    ismb_handlers_call (fixture->handlers, found->pdata[i], fixture, stanza, NULL);
  return fixture->called->str;
}

static void
test_order (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    const char *stanza;
    const char *called;
  } cases[] = {
    { "<message id='7'><body>hi</body></message>", "wacimxy" },
    { "<message><body/><body/></message>", "wcmxy" },
    { "<message/>", "wx" },
    { "<message type='chat'/>", "wtx" },
    { "<presence id='7'/>", "wix" },
    { "<iq type='set'><query xmlns='jabber:iq:roster'/></iq>", "wqrx" },
    { "<iq type='set'><query xmlns='urn:x'/></iq>", "wqx" },
    { "<iq type='get'><query xmlns='jabber:iq:roster'/></iq>", "wqx" },
    { "<iq type='get'><ping xmlns='urn:xmpp:ping'/></iq>", "wx" },
  };
  IsmbMatcher *both[] = { path ("message/body"), ismb_matcher_new_id ("7") };

  add (fixture, "a", ismb_matcher_new_mask ("<message id='7'><body>hi</body></message>", NULL),
       ISMB_HANDLER_WAY_STAYS, 0);
  add (fixture, "c", ismb_matcher_new_xpath ("message/body", NULL), ISMB_HANDLER_WAY_STAYS, 0);
  add (fixture, "i", ismb_matcher_new_id ("7"), ISMB_HANDLER_WAY_STAYS, 0);
  add (fixture, "m", ismb_matcher_new_any (both, 1), ISMB_HANDLER_WAY_STAYS, 0);
  add (fixture, "q", path ("iq/query"), ISMB_HANDLER_WAY_STAYS, 0);
  add (fixture, "r", path ("iq@type=set/{jabber:iq:roster}query"), ISMB_HANDLER_WAY_STAYS, 0);
  add (fixture, "t", path ("message@type=chat"), ISMB_HANDLER_WAY_STAYS, 0);
  add (fixture, "x", path ("*"), ISMB_HANDLER_WAY_STAYS, 0);
  add (fixture, "y", ismb_matcher_new_any (both, 1), ISMB_HANDLER_WAY_STAYS, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      /* who waits comes first, and anew for each, since it waits for one */
      add (fixture, "w", path ("*"), ISMB_HANDLER_WAY_WAITS, 0);
      g_assert_cmpstr (offer (fixture, cases[i].stanza), ==, cases[i].called);
    }
  g_assert_cmpuint (fixture->freed, ==, G_N_ELEMENTS (cases));
  g_clear_pointer (&fixture->handlers, ismb_handlers_free);
  g_assert_cmpuint (fixture->freed, ==, G_N_ELEMENTS (cases) + 9);
  g_object_unref (both[0]);
  g_object_unref (both[1]);
}

static void
test_several_keys (Fixture *fixture, gconstpointer data)
{
  IsmbMatcher *both[] = { path ("message/body"), ismb_matcher_new_id ("7") };

  add (fixture, "a", ismb_matcher_new_any (both, 2), ISMB_HANDLER_WAY_STAYS, 0);
  g_assert_cmpstr (offer (fixture, "<message id='7'><body/><body/></message>"), ==, "a");
  g_assert_cmpstr (offer (fixture, "<presence id='7'/>"), ==, "a");
  g_assert_cmpstr (offer (fixture, "<message><body/></message>"), ==, "a");
  g_assert_cmpstr (offer (fixture, "<presence/>"), ==, "");
  g_object_unref (both[0]);
  g_object_unref (both[1]);
}

static void
test_once (Fixture *fixture, gconstpointer data)
{
  add (fixture, "a", path ("message"), ISMB_HANDLER_WAY_ONCE, 0);
  add (fixture, "b", path ("message"), ISMB_HANDLER_WAY_STAYS, 0);
  g_assert_cmpstr (offer (fixture, "<presence/>"), ==, "");
  g_assert_cmpstr (offer (fixture, "<message/>"), ==, "ab");
  g_assert_cmpuint (fixture->freed, ==, 1);
  g_assert_cmpstr (offer (fixture, "<message/>"), ==, "b");
}

static void
test_removing (Fixture *fixture, gconstpointer data)
{
  guint first = add (fixture, "a", path ("message/body"), ISMB_HANDLER_WAY_STAYS, 0);

  add (fixture, "a", path ("message/body"), ISMB_HANDLER_WAY_STAYS, 0);
  add (fixture, "b", ismb_matcher_new_id ("7"), ISMB_HANDLER_WAY_STAYS, 0);
  add (fixture, "c", path ("message"), ISMB_HANDLER_WAY_STAYS, 0);
  add (fixture, "d", path ("*"), ISMB_HANDLER_WAY_STAYS, 0);
  g_assert_true (ismb_handlers_remove (fixture->handlers, first));
  g_assert_false (ismb_handlers_remove (fixture->handlers, first));
  g_assert_cmpstr (offer (fixture, "<message id='7'><body/></message>"), ==, "abcd");
  g_assert_true (ismb_handlers_remove_named (fixture->handlers, "a"));
  g_assert_false (ismb_handlers_remove_named (fixture->handlers, "a"));
  for (const char *name = "b\0c\0d\0"; *name != '\0'; name += 2)
    g_assert_true (ismb_handlers_remove_named (fixture->handlers, name));
  g_assert_cmpstr (offer (fixture, "<message id='7'><body/></message>"), ==, "");
  g_assert_cmpuint (fixture->freed, ==, 5);
}

/* Who is removed by one called before is not called any more. */
static void
test_removing_while_called (Fixture *fixture, gconstpointer data)
{
  guint second = add (fixture, "b", path ("message"), ISMB_HANDLER_WAY_STAYS, 0);

  add (fixture, "a", path ("message"), ISMB_HANDLER_WAY_WAITS, second);
  add (fixture, "c", path ("message"), ISMB_HANDLER_WAY_STAYS, 0);
  g_assert_cmpstr (offer (fixture, "<message/>"), ==, "ac");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  ADD ("/handlers/order", test_order);
  ADD ("/handlers/several-keys", test_several_keys);
  ADD ("/handlers/once", test_once);
  ADD ("/handlers/removing", test_removing);
  ADD ("/handlers/removing-while-called", test_removing_while_called);
#undef ADD
  return g_test_run ();
}
