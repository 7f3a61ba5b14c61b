/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/client/ismb-backoff.h"

static void
test_doubles (void)
{
  IsmbBackoff backoff = { 0 };

  for (guint i = 0; i < 10; i++)
    {
      guint milliseconds = ismb_backoff_next (&backoff, 1000, 600000);

      g_assert_cmpuint (milliseconds, >=, MIN (1000u << i, 600000) / 2);
      g_assert_cmpuint (milliseconds, <=, MIN (1000u << i, 600000));
    }
}

static void
test_stays_within (void)
{
  IsmbBackoff backoff = { 0 };

  for (guint i = 0; i < 100; i++)
    g_assert_cmpuint (ismb_backoff_next (&backoff, 1000, 5000), <=, 5000);
  g_assert_cmpuint (ismb_backoff_next (&backoff, 1000, 5000), >=, 2500);
  g_assert_cmpuint (ismb_backoff_next (&backoff, G_MAXUINT, G_MAXUINT), >=, G_MAXUINT / 2);
  g_assert_cmpuint (ismb_backoff_next (&backoff, 0, 5000), ==, 0);
}

static void
test_begins_anew (void)
{
  IsmbBackoff backoff = { 0 };

  for (guint i = 0; i < 8; i++)
    ismb_backoff_next (&backoff, 1000, 600000);
  ismb_backoff_reset (&backoff);
  g_assert_cmpuint (ismb_backoff_next (&backoff, 1000, 600000), <=, 1000);
  ismb_backoff_next (&backoff, 1000, 600000);
  g_assert_cmpuint (ismb_backoff_soon (&backoff, 1000), <=, 500);
  g_assert_cmpuint (ismb_backoff_next (&backoff, 1000, 600000), <=, 1000);
}

/* In each tenth of the time about a hundred, and nowhere a crowd. */
static void
test_a_thousand_do_not_meet (void)
{
  guint tenths[10] = { 0 };

  for (guint i = 0; i < 1000; i++)
    {
      IsmbBackoff backoff = { 3 };
      guint milliseconds = ismb_backoff_next (&backoff, 1000, 600000);

      tenths[MIN ((milliseconds - 4000) / 400, 9)]++;
    }
  for (guint i = 0; i < 10; i++)
    {
      g_assert_cmpuint (tenths[i], >, 40);
      g_assert_cmpuint (tenths[i], <, 200);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/backoff/doubles", test_doubles);
  g_test_add_func ("/backoff/stays-within", test_stays_within);
  g_test_add_func ("/backoff/begins-anew", test_begins_anew);
  g_test_add_func ("/backoff/a-thousand-do-not-meet", test_a_thousand_do_not_meet);
  return g_test_run ();
}
