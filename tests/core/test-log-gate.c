/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/core/ismb-log-gate.h"

static void
count (const char *domain, GLogLevelFlags level, const char *message, gpointer user_data)
{
  guint *lines = user_data;

  (*lines)++;
}

static guint
count_lines (void (*say) (void))
{
  guint lines = 0;
  guint handler = g_log_set_handler ("gate", G_LOG_LEVEL_MASK, count, &lines);

  say ();
  g_log_remove_handler ("gate", handler);
  return lines;
}

static void
say_it_again (void)
{
  for (guint i = 0; i < 100; i++)
    ismb_log_gate_say ("gate", G_LOG_LEVEL_MESSAGE, "sw1", "silent", "%u", i);
}

static void
test_each_once (void)
{
  g_assert_cmpuint (count_lines (say_it_again), ==, 1);
}

static void
say_other_things (void)
{
  ismb_log_gate_say ("gate", G_LOG_LEVEL_MESSAGE, "sw2", "silent", "another subject");
  ismb_log_gate_say ("gate", G_LOG_LEVEL_MESSAGE, "sw1", "refused", "another reason");
}

static void
test_others_too (void)
{
  g_assert_cmpuint (count_lines (say_other_things), ==, 2);
}

static void
say_made_up_names (void)
{
  for (guint i = 0; i < 10000; i++)
    {
      g_autofree char *name = g_strdup_printf ("made-up-%u", i);

      ismb_log_gate_say ("gate", G_LOG_LEVEL_MESSAGE, name, "refused", "%s", name);
    }
}

static void
test_made_up_names (void)
{
  g_assert_cmpuint (count_lines (say_made_up_names), <, 200);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/log-gate/each-once", test_each_once);
  g_test_add_func ("/log-gate/others-too", test_others_too);
  g_test_add_func ("/log-gate/made-up-names", test_made_up_names);
  return g_test_run ();
}
