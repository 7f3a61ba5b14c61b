/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In which order filters are asked, and what one of them may do meanwhile. */
#include "config.h"
#include "ismb/client/ismb-filters.h"

#include "ismb/core/ismb-message.h"

typedef struct
{
  IsmbFilters *filters;
  IsmbMessage *message;
  GString *asked;
  guint victim;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->filters = ismb_filters_new ();
  fixture->message = ismb_message_new (NULL, "hi");
  fixture->asked = g_string_new (NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_pointer (&fixture->filters, ismb_filters_free);
  g_assert_finalize_object (fixture->message);
  g_string_free (fixture->asked, TRUE);
}

static gboolean
pass (gpointer client, IsmbStanza *stanza, gpointer name)
{
  g_string_append (((Fixture *) client)->asked, name);
  return TRUE;
}

static gboolean
drop (gpointer client, IsmbStanza *stanza, gpointer name)
{
  return !pass (client, stanza, name);
}

static gboolean
remove_other (gpointer client, IsmbStanza *stanza, gpointer name)
{
  ismb_filters_remove (((Fixture *) client)->filters, ((Fixture *) client)->victim);
  return pass (client, stanza, name);
}

static gboolean
free_all (gpointer client, IsmbStanza *stanza, gpointer name)
{
  g_clear_pointer (&((Fixture *) client)->filters, ismb_filters_free);
  return pass (client, stanza, name);
}

static guint
add (Fixture *fixture, gboolean outgoing, int order, IsmbFiltersFunc func, const char *name)
{
  return ismb_filters_add (fixture->filters, outgoing, order, func, (gpointer) name, NULL);
}

static gboolean
run (Fixture *fixture, gboolean outgoing)
{
  g_string_truncate (fixture->asked, 0);
  return ismb_filters_run (fixture->filters, outgoing, fixture, ISMB_STANZA (fixture->message));
}

static void
test_order (Fixture *fixture, gconstpointer data)
{
  guint b;

  g_assert_true (run (fixture, FALSE));
  add (fixture, FALSE, 0, pass, "c");
  b = add (fixture, FALSE, -5, pass, "b");
  add (fixture, FALSE, 0, pass, "d");
  add (fixture, FALSE, -10, pass, "a");
  add (fixture, TRUE, 0, pass, "o");
  g_assert_true (run (fixture, FALSE));
  g_assert_cmpstr (fixture->asked->str, ==, "abcd");
  g_assert_true (ismb_filters_remove (fixture->filters, b));
  g_assert_false (ismb_filters_remove (fixture->filters, b));
  g_assert_true (run (fixture, FALSE));
  g_assert_cmpstr (fixture->asked->str, ==, "acd");
  g_assert_true (run (fixture, TRUE));
  g_assert_cmpstr (fixture->asked->str, ==, "o");
}

static void
test_drops (Fixture *fixture, gconstpointer data)
{
  add (fixture, TRUE, 0, pass, "a");
  add (fixture, TRUE, 0, drop, "b");
  add (fixture, TRUE, 0, pass, "c");
  g_assert_false (run (fixture, TRUE));
  g_assert_cmpstr (fixture->asked->str, ==, "ab");
  g_assert_true (run (fixture, FALSE));
}

static void
test_changes_within (Fixture *fixture, gconstpointer data)
{
  add (fixture, FALSE, 0, remove_other, "a");
  fixture->victim = add (fixture, FALSE, 1, pass, "b");
  add (fixture, FALSE, 2, free_all, "c");
  add (fixture, FALSE, 3, pass, "d");
  g_assert_true (run (fixture, FALSE));
  g_assert_cmpstr (fixture->asked->str, ==, "ac");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  ADD ("/filters/order", test_order);
  ADD ("/filters/drops", test_drops);
  ADD ("/filters/changes-within", test_changes_within);
#undef ADD
  return g_test_run ();
}
