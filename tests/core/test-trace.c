/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-log.h"
#include "ismb/core/ismb-stanza-trace.h"
#include "ismb/core/ismb-trace.h"

static IsmbTrace *
make (const char *name, IsmbTraceFlags flags, gsize bytes)
{
  g_autoptr (GError) error = NULL;
  IsmbTrace *trace = ismb_trace_create (name, flags, bytes, &error);

  g_assert_no_error (error);
  return trace;
}

/* All that it has, a line each. */
static char *
dump (IsmbTrace *trace, guint64 after, guint most)
{
  g_autoptr (GListModel) entries = ismb_trace_read (trace, after, most);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < g_list_model_get_n_items (entries); i++)
    {
      g_autoptr (IsmbTraceEntry) entry = g_list_model_get_item (entries, i);

      g_string_append_printf (text, "%" G_GUINT64_FORMAT " %s %s %s\n",
                              ismb_trace_entry_get_sequence (entry),
                              ismb_log_level_to_string (ismb_trace_entry_get_level (entry)),
                              ismb_trace_entry_get_module (entry),
                              ismb_trace_entry_get_text (entry));
    }
  return g_string_free (text, FALSE);
}

static void
assert_has (IsmbTrace *trace, const char *expected)
{
  g_autofree char *text = dump (trace, 0, 0);

  g_assert_cmpstr (text, ==, expected);
}

static void
say (const char *module, const char *text)
{
  g_log_structured (module, G_LOG_LEVEL_DEBUG, "MESSAGE", "%s", text);
}

static void
test_catches_what_is_below (void)
{
  g_autoptr (IsmbTrace) trace = make ("ismb.client", ISMB_TRACE_DEFAULT, 0);

  say ("ismb.client", "one");
  say ("ismb.clients", "not this");
  say ("ismb.client.roster", "two");
  say ("ismb", "nor this");
  g_log_structured ("ismb.client", G_LOG_LEVEL_INFO, "ISMB_VIRTUAL_ROUTER", "blue", "MESSAGE",
                    "three");
  assert_has (trace, "1 debug ismb.client one\n2 debug ismb.client.roster two\n"
                     "3 info ismb.client on blue: three\n");
  g_assert_true (ismb_trace_remove ("ismb.client"));
  say ("ismb.client", "four");
  g_assert_cmpuint (ismb_trace_count (trace), ==, 3);
  g_assert_false (ismb_trace_remove ("ismb.client"));
}

static void
test_sleekxmpp (void)
{
  g_autoptr (IsmbTrace) trace = make ("sleekxmpp", ISMB_TRACE_DEFAULT, 0);

  say ("ismb.client.roster", "one");
  say ("ismb.plugins.xep-0030", "two");
  say ("ismb.listener", "not this");
  say ("sleekxmpp.clientxmpp", "three");
  assert_has (trace, "1 debug ismb.client.roster one\n2 debug ismb.plugins.xep-0030 two\n"
                     "3 debug sleekxmpp.clientxmpp three\n");
  ismb_trace_remove ("sleekxmpp");
}

static void
test_wanted_while_it_is_there (void)
{
  g_autoptr (IsmbTrace) trace = NULL;

  g_assert_false (ismb_log_wants ("ismb.client.roster", ISMB_LOG_LEVEL_DEBUG));
  trace = make ("ismb.client", ISMB_TRACE_DEFAULT, 0);
  g_assert_true (ismb_log_wants ("ismb.client.roster", ISMB_LOG_LEVEL_DEBUG));
  g_assert_false (ismb_log_wants ("ismb.listener", ISMB_LOG_LEVEL_DEBUG));
  ismb_trace_remove ("ismb.client");
  g_assert_false (ismb_log_wants ("ismb.client.roster", ISMB_LOG_LEVEL_DEBUG));
}

static void
test_bounds (void)
{
  g_autoptr (IsmbTrace) trace = make ("bounds", ISMB_TRACE_DEFAULT, 4096);
  g_autofree char *last = NULL;
  g_autofree char *long_one = g_strnfill (100000, 'x');
  g_autofree char *shown = NULL;

  for (guint i = 1; i <= 1000; i++)
    {
      g_autofree char *text = g_strdup_printf ("line %u", i);

      say ("bounds", text);
      g_assert_cmpuint (ismb_trace_get_used (trace), <=, 4096);
    }
  g_assert_cmpuint (ismb_trace_count (trace), >, 10);
  g_assert_cmpuint (ismb_trace_get_last (trace), ==, 1000);
  last = dump (trace, 998, 0);
  g_assert_cmpstr (last, ==, "999 debug bounds line 999\n1000 debug bounds line 1000\n");
  say ("bounds", long_one);
  shown = dump (trace, 1000, 0);
  g_assert_nonnull (strstr (shown, "bytes more"));
  g_assert_cmpuint (strlen (shown), <, 1200);
  g_assert_cmpuint (ismb_trace_get_used (trace), <=, 4096);
  ismb_trace_remove ("bounds");
}

static void
test_reads_on (void)
{
  g_autoptr (IsmbTrace) trace = make ("pages", ISMB_TRACE_DEFAULT, 0);
  g_autofree char *first = NULL;
  g_autofree char *rest = NULL;

  for (guint i = 0; i < 3; i++)
    say ("pages", "x");
  first = dump (trace, 0, 2);
  g_assert_cmpstr (first, ==, "1 debug pages x\n2 debug pages x\n");
  rest = dump (trace, 2, 2);
  g_assert_cmpstr (rest, ==, "3 debug pages x\n");
  ismb_trace_clear (trace);
  assert_has (trace, "");
  say ("pages", "y");
  assert_has (trace, "4 debug pages y\n");
  ismb_trace_remove ("pages");
}

static void
test_no_utf8 (void)
{
  g_autoptr (IsmbTrace) trace = make ("bytes", ISMB_TRACE_DEFAULT, 0);
  g_autofree char *text = NULL;

  g_log_structured ("bytes", G_LOG_LEVEL_DEBUG, "MESSAGE", "%s", "a\xff" "b");
  text = dump (trace, 0, 0);
  g_assert_true (g_utf8_validate (text, -1, NULL));
  ismb_trace_remove ("bytes");
}

static void
test_made_twice (void)
{
  g_autoptr (IsmbTrace) trace = make ("twice", ISMB_TRACE_DEFAULT, 8192);
  g_autoptr (IsmbTrace) again = make ("twice", ISMB_TRACE_DEFAULT, 0);
  g_autoptr (IsmbTrace) found = ismb_trace_find ("twice");
  g_autoptr (IsmbTrace) other = NULL;
  g_autoptr (GListModel) list = ismb_trace_list ();
  g_autoptr (GError) error = NULL;

  g_assert_true (again == trace);
  g_assert_true (found == trace);
  g_assert_cmpuint (g_list_model_get_n_items (list), ==, 1);
  g_assert_null (ismb_trace_create ("twice", ISMB_TRACE_BODIES, 0, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_EXISTS);
  g_clear_error (&error);
  g_assert_null (ismb_trace_create ("twice", ISMB_TRACE_DEFAULT, 4096, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_EXISTS);
  ismb_trace_remove ("twice");
  other = ismb_trace_find ("twice");
  g_assert_null (other);
}

static void
test_refused (void)
{
  static const struct
  {
    const char *name;
    gsize bytes;
  } refused[] = { { "", 0 },         { ".", 0 },   { "a..b", 0 },     { "a b", 0 },
                  { "a.", 0 },       { "ü", 0 },   { "ismb", 1000 },  { "ismb", G_MAXSIZE },
                  { "0123456789012345678901234567890123456789012345678901234567890123x", 0 } };
  guint made = 0;
  g_autoptr (GError) full = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (ismb_trace_create (refused[i].name, ISMB_TRACE_DEFAULT, refused[i].bytes,
                                        &error));
      g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG);
    }
  for (; full == NULL; made++)
    {
      g_autofree char *name = g_strdup_printf ("many.%u", made);
      g_autoptr (IsmbTrace) trace = ismb_trace_create (name, ISMB_TRACE_DEFAULT, 0, &full);
    }
  g_assert_error (full, ISMB_ERROR, ISMB_ERROR_FAILED);
  for (guint i = 0; i < made; i++)
    {
      g_autofree char *name = g_strdup_printf ("many.%u", i);

      ismb_trace_remove (name);
    }
}

static void
count (IsmbTrace *trace, gpointer user_data)
{
  (*(guint *) user_data)++;
}

/* Whoever follows is told by the main loop, once for all that a turn brought, and may log. */
static void
test_follows (void)
{
  g_autoptr (IsmbTrace) trace = make ("follow", ISMB_TRACE_DEFAULT, 0);
  guint told = 0, removed = 0;

  g_signal_connect (trace, "appended", G_CALLBACK (count), &told);
  g_signal_connect (trace, "removed", G_CALLBACK (count), &removed);
  say ("follow", "one");
  say ("follow", "two");
  g_assert_cmpuint (told, ==, 0);
  while (told == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (told, ==, 1);
  g_assert_false (g_main_context_iteration (NULL, FALSE));
  say ("follow", "three");
  while (told == 1)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (ismb_trace_get_last (trace), ==, 3);
  ismb_trace_remove ("follow");
  g_assert_cmpuint (removed, ==, 1);
}

static gpointer
say_much (gpointer user_data)
{
  for (guint i = 0; i < 10000; i++)
    say ("threads.other", "x");
  return NULL;
}

static void
test_threads (void)
{
  g_autoptr (IsmbTrace) trace = make ("threads", ISMB_TRACE_DEFAULT, 0);
  guint told = 0;
  GThread *threads[4];

  g_signal_connect (trace, "appended", G_CALLBACK (count), &told);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new (NULL, say_much, NULL);
  for (guint i = 0; i < 100; i++)
    {
      g_autoptr (IsmbTrace) other = make ("threads.other", ISMB_TRACE_BODIES, 0);

      ismb_log_set_level ("threads", i % 2 == 0 ? ISMB_LOG_LEVEL_INFO : ISMB_LOG_LEVEL_WARNING);
      ismb_trace_remove ("threads.other");
    }
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  g_assert_cmpuint (ismb_trace_get_last (trace), ==, 40000);
  while (told == 0)
    g_main_context_iteration (NULL, TRUE);
  ismb_log_reset ();
  ismb_trace_remove ("threads");
}

static void
send (const char *xml)
{
  ismb_stanza_trace_sent (&_ismb_client_stanzas, "juliet@sw1", xml, strlen (xml));
}

static void
test_stanzas (void)
{
  g_autoptr (IsmbTree) tree = ismb_tree_new ("message", "jabber:client");
  g_autoptr (IsmbTrace) masked = NULL;
  g_autoptr (IsmbTrace) open = NULL;

  send ("<message><body>too early</body></message>");
  masked = make ("ismb.client", ISMB_TRACE_DEFAULT, 0);
  open = make ("ismb.client.stanza", ISMB_TRACE_BODIES, 0);
  send ("<message><body>hi</body><password>x</password></message>");
  ismb_tree_add_leaf (tree, ismb_tree_root (tree), "body", "jabber:client", "hello");
  ismb_stanza_trace_received (&_ismb_client_stanzas, NULL, tree);
  assert_has (masked, "1 debug ismb.client.stanza SEND juliet@sw1: <message><body>… 2 characters"
                      "</body><password>…</password></message>\n"
                      "2 debug ismb.client.stanza RECV: <message><body>… 5 characters</body>"
                      "</message>\n");
  assert_has (open, "1 debug ismb.client.stanza SEND juliet@sw1: <message><body>hi</body>"
                    "<password>…</password></message>\n"
                    "2 debug ismb.client.stanza RECV: <message><body>hello</body></message>\n");
  ismb_trace_remove ("ismb.client");
  ismb_trace_remove ("ismb.client.stanza");
  send ("<message><body>too late</body></message>");
  g_assert_cmpuint (ismb_trace_count (masked), ==, 2);
}

/* They are lines of the log, too, and then a trace has each once. */
static void
test_stanzas_in_the_log (void)
{
  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, 0, 0);
      g_test_trap_assert_passed ();
      g_test_trap_assert_stderr ("*debug ismb.client.stanza: SEND juliet@sw1: <message><body>… 2 "
                                 "characters</body></message>\n*");
      return;
    }
  ismb_log_set_level ("ismb.client.stanza", ISMB_LOG_LEVEL_DEBUG);
  {
    g_autoptr (IsmbTrace) trace = make ("ismb", ISMB_TRACE_BODIES, 0);

    send ("<message><body>hi</body></message>");
    g_assert_cmpuint (ismb_trace_count (trace), ==, 1);
  }
}

int
main (int argc, char **argv)
{
  g_unsetenv ("G_MESSAGES_DEBUG");
  g_test_init (&argc, &argv, NULL);
  ismb_log_install ();
  g_test_add_func ("/trace/catches-what-is-below", test_catches_what_is_below);
  g_test_add_func ("/trace/sleekxmpp", test_sleekxmpp);
  g_test_add_func ("/trace/wanted-while-it-is-there", test_wanted_while_it_is_there);
  g_test_add_func ("/trace/bounds", test_bounds);
  g_test_add_func ("/trace/reads-on", test_reads_on);
  g_test_add_func ("/trace/no-utf8", test_no_utf8);
  g_test_add_func ("/trace/made-twice", test_made_twice);
  g_test_add_func ("/trace/refused", test_refused);
  g_test_add_func ("/trace/follows", test_follows);
  g_test_add_func ("/trace/threads", test_threads);
  g_test_add_func ("/trace/stanzas", test_stanzas);
  g_test_add_func ("/trace/stanzas-in-the-log", test_stanzas_in_the_log);
  return g_test_run ();
}
