/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-penalties.h"

#define SECOND G_USEC_PER_SEC

static void
test_burst_and_pace (void)
{
  g_autoptr (IsmbPenalties) penalties = ismb_penalties_new ();
  gint64 now = 1000 * SECOND;

  for (guint i = 0; i < 5; i++)
    {
      g_assert_true (ismb_penalties_allows (penalties, "192.0.2.1", now));
      ismb_penalties_add (penalties, "192.0.2.1", now);
    }
  g_assert_false (ismb_penalties_allows (penalties, "192.0.2.1", now));
  g_assert_true (ismb_penalties_allows (penalties, "192.0.2.2", now));
  g_assert_false (ismb_penalties_allows (penalties, "192.0.2.1", now + 10 * SECOND - 1));
  g_assert_true (ismb_penalties_allows (penalties, "192.0.2.1", now + 10 * SECOND));
  ismb_penalties_add (penalties, "192.0.2.1", now + 10 * SECOND);
  g_assert_false (ismb_penalties_allows (penalties, "192.0.2.1", now + 10 * SECOND));
  g_assert_true (ismb_penalties_allows (penalties, "192.0.2.1", now + 20 * SECOND));
}

/* Who has been quiet for long has its burst again. */
static void
test_forgiven (void)
{
  g_autoptr (IsmbPenalties) penalties = ismb_penalties_new ();
  gint64 now = 0;

  for (guint round = 0; round < 3; round++, now += 60 * SECOND)
    for (guint i = 0; i < 5; i++)
      {
        g_assert_true (ismb_penalties_allows (penalties, "192.0.2.1", now));
        ismb_penalties_add (penalties, "192.0.2.1", now);
      }
}

/* What is owed has an end: whoever has stopped is soon forgiven. */
static void
test_wait (void)
{
  g_autoptr (IsmbPenalties) penalties = ismb_penalties_new_paced (SECOND, 10);
  gint64 now = 1000 * SECOND;

  for (guint i = 0; i < 10; i++)
    {
      g_assert_cmpint (ismb_penalties_get_wait (penalties, "192.0.2.1", now), ==, 0);
      ismb_penalties_add (penalties, "192.0.2.1", now);
    }
  g_assert_cmpint (ismb_penalties_get_wait (penalties, "192.0.2.1", now), ==, SECOND);
  for (guint i = 0; i < 1000; i++)
    ismb_penalties_add (penalties, "192.0.2.1", now);
  g_assert_cmpint (ismb_penalties_get_wait (penalties, "192.0.2.1", now), ==, 6 * SECOND);
  g_assert_cmpint (ismb_penalties_get_wait (penalties, "192.0.2.1", now + 6 * SECOND), ==, 0);
  g_assert_cmpint (ismb_penalties_get_wait (penalties, "192.0.2.2", now), ==, 0);
}

static void
test_oldest_is_forgotten (void)
{
  g_autoptr (IsmbPenalties) penalties = ismb_penalties_new ();

  for (guint i = 0; i < 6; i++)
    {
      ismb_penalties_add (penalties, "old", 0);
      ismb_penalties_add (penalties, "busy", 0);
    }
  for (guint i = 0; i < ISMB_PENALTIES_MAX - 2; i++)
    {
      g_autofree char *source = g_strdup_printf ("2001:db8:%x::", i);

      ismb_penalties_add (penalties, source, 1);
    }
  ismb_penalties_add (penalties, "busy", 2);
  g_assert_false (ismb_penalties_allows (penalties, "old", 2));
  ismb_penalties_add (penalties, "one too many", 3);
  g_assert_cmpuint (ismb_penalties_get_count (penalties), ==, ISMB_PENALTIES_MAX);
  g_assert_true (ismb_penalties_allows (penalties, "old", 3));
  g_assert_false (ismb_penalties_allows (penalties, "busy", 3));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/penalties/burst-and-pace", test_burst_and_pace);
  g_test_add_func ("/penalties/forgiven", test_forgiven);
  g_test_add_func ("/penalties/wait", test_wait);
  g_test_add_func ("/penalties/oldest-is-forgotten", test_oldest_is_forgotten);
  return g_test_run ();
}
