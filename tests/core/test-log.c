/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-log.h"

/* What the process's writer writes, it writes to stderr; so who looks at it has a child write. */
static void
run_in_child (void)
{
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
}

static void
test_longest_name_wins (void)
{
  static const struct
  {
    const char *module;
    IsmbLogLevel level;
  } cases[] = {
    { "ismb", ISMB_LOG_LEVEL_INFO },
    { "ismb.listener", ISMB_LOG_LEVEL_DEBUG },
    { "ismb.listener.session", ISMB_LOG_LEVEL_WARNING },
    { "ismb.listener.session.deep", ISMB_LOG_LEVEL_WARNING },
    { "ismb.listener.sessions", ISMB_LOG_LEVEL_DEBUG },
    { "ismb.listeners", ISMB_LOG_LEVEL_INFO },
    { "switchctld.vr", ISMB_LOG_LEVEL_INFO },
    { "GLib-GIO", ISMB_LOG_LEVEL_MESSAGE },
    { "Gtk", ISMB_LOG_LEVEL_ERROR },
  };
  g_autoptr (GError) error = NULL;

  if (!g_test_subprocess ())
    {
      run_in_child ();
      return;
    }
  ismb_log_install ();
  g_assert_true (ismb_log_set_levels (
    "ismb.listener.session=warning; info ;ismb.listener = debug;;Gtk=error", &error));
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpint (ismb_log_get_level (cases[i].module), ==, cases[i].level);
}

static void
test_bad_levels (void)
{
  static const char *const cases[]
    = { "loud", "ismb=", "=debug", "info;ismb..client=debug", "a b=debug", "ismb.=info" };

  g_assert_true (ismb_log_set_levels ("warning;ismb.client=info", NULL));
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *held = NULL;
      g_autoptr (GError) error = NULL;

      g_assert_false (ismb_log_check_levels (cases[i], NULL));
      g_assert_false (ismb_log_set_levels (cases[i], &error));
      g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG);
      held = ismb_log_get_levels ();
      g_assert_cmpstr (held, ==, "warning;ismb.client=info");
    }
}

static void
test_levels_are_read_back (void)
{
  g_autofree char *written = NULL;
  g_autofree char *again = NULL;

  g_assert_true (ismb_log_set_levels ("ismb.a=debug;error;ismb.b=info", NULL));
  ismb_log_set_level ("ismb.a", ISMB_LOG_LEVEL_WARNING);
  ismb_log_set_level ("ismb.c", ISMB_LOG_LEVEL_CRITICAL);
  written = ismb_log_get_levels ();
  g_assert_cmpstr (written, ==, "error;ismb.a=warning;ismb.b=info;ismb.c=critical");
  ismb_log_reset ();
  g_assert_true (ismb_log_set_levels (written, NULL));
  again = ismb_log_get_levels ();
  g_assert_cmpstr (again, ==, written);
}

static void
say (const char *module, const char *text)
{
  g_log_structured (module, G_LOG_LEVEL_DEBUG, "MESSAGE", "%s", text);
}

static void
test_changes_at_run_time (void)
{
  if (!g_test_subprocess ())
    {
      run_in_child ();
      g_test_trap_assert_stderr ("*debug ismb.client.roster: second\n*");
      g_test_trap_assert_stderr ("*debug ismb.client.roster: fourth\n*");
      g_test_trap_assert_stderr_unmatched ("*first*");
      g_test_trap_assert_stderr_unmatched ("*third*");
      g_test_trap_assert_stderr_unmatched ("*fifth*");
      return;
    }
  ismb_log_install ();
  say ("ismb.client.roster", "first");
  ismb_log_set_level ("ismb.client", ISMB_LOG_LEVEL_DEBUG);
  say ("ismb.client.roster", "second");
  ismb_log_set_level ("ismb.client.roster", ISMB_LOG_LEVEL_INFO);
  say ("ismb.client.roster", "third");
  ismb_log_set_level ("ismb.client.roster", ISMB_LOG_LEVEL_DEBUG);
  say ("ismb.client.roster", "fourth");
  ismb_log_reset ();
  say ("ismb.client.roster", "fifth");
}

/* What comes from outside must not be able to forge a second line. */
static void
test_one_line_each (void)
{
  if (!g_test_subprocess ())
    {
      run_in_child ();
      g_test_trap_assert_stderr ("*message ismb.x on blue: one  warning ismb.y: two\n");
      return;
    }
  ismb_log_install ();
  g_log_structured ("ismb.x", G_LOG_LEVEL_MESSAGE, "ISMB_VIRTUAL_ROUTER", "blue", "MESSAGE",
                    "one\r\nwarning ismb.y: two");
}

static void
test_wants (void)
{
  if (!g_test_subprocess ())
    {
      run_in_child ();
      return;
    }
  ismb_log_install ();
  g_assert_true (ismb_log_wants ("ismb.client", ISMB_LOG_LEVEL_MESSAGE));
  g_assert_false (ismb_log_wants ("ismb.client", ISMB_LOG_LEVEL_INFO));
  ismb_log_set_level ("ismb.client.stanza", ISMB_LOG_LEVEL_DEBUG);
  g_assert_true (ismb_log_wants ("ismb.client.stanza", ISMB_LOG_LEVEL_DEBUG));
  g_assert_false (ismb_log_wants ("ismb.client", ISMB_LOG_LEVEL_DEBUG));
  ismb_log_set_level (NULL, ISMB_LOG_LEVEL_WARNING);
  g_assert_false (ismb_log_wants ("ismb.client", ISMB_LOG_LEVEL_MESSAGE));
  g_assert_true (ismb_log_wants ("ismb.client.stanza", ISMB_LOG_LEVEL_DEBUG));
}

/* A program with a writer of its own that knows nothing of ours: GLib's word counts. */
static void
test_wants_without_our_writer (void)
{
  if (!g_test_subprocess ())
    {
      run_in_child ();
      return;
    }
  ismb_log_set_level ("ismb.client", ISMB_LOG_LEVEL_DEBUG);
  g_assert_false (ismb_log_wants ("ismb.client", ISMB_LOG_LEVEL_DEBUG));
  g_assert_true (ismb_log_wants ("ismb.client", ISMB_LOG_LEVEL_MESSAGE));
}

static GLogWriterOutput
write_own (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  (*(guint *) user_data)++;
  return ismb_log_writer (level, fields, n_fields, NULL);
}

static void
test_from_another_writer (void)
{
  static guint lines;

  if (!g_test_subprocess ())
    {
      run_in_child ();
      g_test_trap_assert_stderr ("*debug ismb.client: shown\n*");
      g_test_trap_assert_stderr_unmatched ("*hidden*");
      return;
    }
  g_log_set_writer_func (write_own, &lines, NULL);
  ismb_log_set_level ("ismb.client", ISMB_LOG_LEVEL_DEBUG);
  say ("ismb.client", "shown");
  say ("ismb.listener", "hidden");
  g_assert_cmpuint (lines, ==, 2);
}

int
main (int argc, char **argv)
{
  g_unsetenv ("G_MESSAGES_DEBUG");
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/log/longest-name-wins", test_longest_name_wins);
  g_test_add_func ("/log/bad-levels", test_bad_levels);
  g_test_add_func ("/log/levels-are-read-back", test_levels_are_read_back);
  g_test_add_func ("/log/changes-at-run-time", test_changes_at_run_time);
  g_test_add_func ("/log/one-line-each", test_one_line_each);
  g_test_add_func ("/log/wants", test_wants);
  g_test_add_func ("/log/wants-without-our-writer", test_wants_without_our_writer);
  g_test_add_func ("/log/from-another-writer", test_from_another_writer);
  return g_test_run ();
}
