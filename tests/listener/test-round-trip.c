/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-round-trip.h"

#define SECOND G_USEC_PER_SEC

static gboolean
measure (IsmbRoundTrip *round_trip, gint64 when, guint microseconds)
{
  ismb_round_trip_ask (round_trip, when);
  return ismb_round_trip_answer (round_trip, when + microseconds);
}

static void
test_is_smoothed (void)
{
  IsmbRoundTrip round_trip = { 0 };

  measure (&round_trip, 1, 400);
  g_assert_cmpuint (round_trip.last, ==, 400);
  measure (&round_trip, SECOND, 800);
  g_assert_cmpuint (round_trip.last, ==, 500);
  ismb_round_trip_forget (&round_trip);
  g_assert_cmpuint (round_trip.last, ==, 0);
}

/* What comes unasked says nothing, and a question has one answer. */
static void
test_unasked (void)
{
  IsmbRoundTrip round_trip = { 0 };

  g_assert_false (ismb_round_trip_answer (&round_trip, 1000));
  g_assert_cmpuint (round_trip.last, ==, 0);
  measure (&round_trip, 1, 400);
  g_assert_false (ismb_round_trip_answer (&round_trip, SECOND));
  g_assert_cmpuint (round_trip.last, ==, 400);
}

/* At once, and for no clock at all, is not unknown. */
static void
test_at_once (void)
{
  IsmbRoundTrip round_trip = { 0 };

  measure (&round_trip, 1, 0);
  g_assert_cmpuint (round_trip.last, ==, 1);
}

static void
test_what_is_told (void)
{
  IsmbRoundTrip round_trip = { 0 };

  g_assert_true (measure (&round_trip, 1, 4000));
  for (guint second = 4; second < 60; second += 4)
    g_assert_false (measure (&round_trip, second * SECOND, 400000));
  g_assert_true (measure (&round_trip, 61 * SECOND, 400000));
  g_assert_false (measure (&round_trip, 125 * SECOND, 420000));
}

/* Microseconds come and go. */
static void
test_slight_changes (void)
{
  IsmbRoundTrip round_trip = { 0 };

  g_assert_true (measure (&round_trip, 1, 100));
  for (guint minute = 2; minute < 100; minute += 2)
    g_assert_false (measure (&round_trip, minute * 60 * SECOND, minute % 4 == 0 ? 50 : 1000));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/round-trip/is-smoothed", test_is_smoothed);
  g_test_add_func ("/round-trip/unasked", test_unasked);
  g_test_add_func ("/round-trip/at-once", test_at_once);
  g_test_add_func ("/round-trip/what-is-told", test_what_is_told);
  g_test_add_func ("/round-trip/slight-changes", test_slight_changes);
  return g_test_run ();
}
