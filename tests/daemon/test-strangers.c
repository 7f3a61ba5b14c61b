/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "switchctl/daemon/strangers.h"

#include <string.h>

#define MINUTE (60 * (gint64) G_USEC_PER_SEC)

static gint64 the_time;

static gint64
now (void)
{
  return the_time;
}

typedef struct
{
  IsmbStore *store;
  IsmbAudit *audit;
  SwitchStrangers *strangers;
  GVariant *rows;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  the_time = 1000 * MINUTE;
  fixture->store = ismb_store_open (NULL, &error);
  g_assert_no_error (error);
  fixture->audit = ismb_audit_load (fixture->store, 100000, &error);
  g_assert_no_error (error);
  fixture->strangers = switch_strangers_new ();
  switch_strangers_set_clock (fixture->strangers, now);
  switch_strangers_set_audit (fixture->strangers, fixture->audit);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_pointer (&fixture->strangers, switch_strangers_free);
  g_clear_pointer (&fixture->rows, g_variant_unref);
  ismb_store_sync (fixture->store, NULL);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_clear_object (&fixture->audit);
  g_clear_object (&fixture->store);
}

static void
report (Fixture *fixture, const char *what, const char *source, const char *who, gboolean allowed)
{
  const IsmbReport told = {
    .what = what,
    .who = who,
    .source = source,
    .allowed = allowed,
    .rule = "certificate",
    .outcome = "is no member",
  };

  switch_strangers_report (&told, fixture->strangers);
}

static void
on_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *fixture = user_data;
  g_autoptr (GError) error = NULL;

  fixture->rows = ismb_audit_list_finish (ISMB_AUDIT (source), result, &error);
  g_assert_no_error (error);
}

static gsize
count_rows (Fixture *fixture)
{
  g_clear_pointer (&fixture->rows, g_variant_unref);
  ismb_audit_list_async (fixture->audit, 0, 0, 1000, on_listed, fixture);
  while (fixture->rows == NULL)
    g_main_context_iteration (NULL, TRUE);
  return g_variant_n_children (fixture->rows);
}

/* Of the rows that were counted last; from the end if negative. */
static const char *
text_of (Fixture *fixture, int number, const char *name)
{
  gsize count = g_variant_n_children (fixture->rows);
  g_autoptr (GVariant) row
    = g_variant_get_child_value (fixture->rows, number < 0 ? count + number : (gsize) number);
  const char *text = "";

  g_variant_lookup (row, name, "&s", &text);
  return text; /* lives as long as the rows */
}

static void
wait_minutes (Fixture *fixture, int minutes)
{
  for (int i = 0; i < minutes; i++)
    {
      the_time += MINUTE;
      switch_strangers_settle (fixture->strangers);
    }
}

static void
test_the_first_is_told (Fixture *fixture, gconstpointer data)
{
  report (fixture, "stream", "192.0.2.9", "eve.001122", FALSE);
  g_assert_cmpuint (count_rows (fixture), ==, 1);
  g_assert_cmpstr (text_of (fixture, 0, "kind"), ==, "stranger");
  g_assert_cmpstr (text_of (fixture, 0, "what"), ==, "stream");
  g_assert_cmpstr (text_of (fixture, 0, "who"), ==, "eve.001122");
  g_assert_cmpstr (text_of (fixture, 0, "origin"), ==, "192.0.2.9");
  g_assert_cmpstr (text_of (fixture, 0, "verdict"), ==, "refused");
  g_assert_cmpstr (text_of (fixture, 0, "rule"), ==, "certificate");
  g_assert_cmpstr (text_of (fixture, 0, "outcome"), ==, "is no member");
}

static void
test_repeats_are_counted (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 5000; i++)
    report (fixture, "stream", "192.0.2.9", "eve.001122", FALSE);
  g_assert_cmpuint (count_rows (fixture), ==, 1);
  wait_minutes (fixture, 1);
  g_assert_cmpuint (count_rows (fixture), ==, 2);
  g_assert_true (g_str_has_prefix (text_of (fixture, 1, "outcome"), "again 4999 times since "));
  g_assert_true (g_str_has_suffix (text_of (fixture, 1, "outcome"), "UTC: is no member"));
}

/* After 1, 2, 4, 8, 16, 32 and then each 60 minutes; the first of them are quiet. */
static void
test_goes_on_for_a_day (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 24 * 60; i++)
    {
      report (fixture, "stream", "192.0.2.9", "eve.001122", FALSE);
      wait_minutes (fixture, 1);
    }
  g_assert_cmpuint (count_rows (fixture), ==, 1 + 5 + (24 * 60 - 63) / 60);
}

static void
test_quiet_ones_are_new_again (Fixture *fixture, gconstpointer data)
{
  report (fixture, "stream", "192.0.2.9", "eve.001122", FALSE);
  wait_minutes (fixture, 125);
  g_assert_cmpuint (count_rows (fixture), ==, 1);
  report (fixture, "stream", "192.0.2.9", "eve.001122", FALSE);
  g_assert_cmpuint (count_rows (fixture), ==, 2);
  g_assert_cmpstr (text_of (fixture, 1, "outcome"), ==, "is no member");
}

static void
crowd (Fixture *fixture, guint from, guint count)
{
  for (guint i = from; i < from + count; i++)
    {
      g_autofree char *who = g_strdup_printf ("eve%u.001122", i);

      report (fixture, "stream", "192.0.2.9", who, FALSE);
    }
}

static void
test_a_crowd_is_left_out (Fixture *fixture, gconstpointer data)
{
  crowd (fixture, 0, 1000);
  report (fixture, "connections", "192.0.2.9", "", FALSE);
  g_assert_cmpuint (count_rows (fixture), ==, SWITCH_STRANGERS_ROWS_A_MINUTE);
  wait_minutes (fixture, 1);
  g_assert_cmpuint (count_rows (fixture), ==, SWITCH_STRANGERS_ROWS_A_MINUTE + 1);
  g_assert_nonnull (strstr (text_of (fixture, -1, "outcome"), "940 of stream"));
  g_assert_nonnull (strstr (text_of (fixture, -1, "outcome"), "1 of connections"));
}

static void
test_an_hour_of_crowds (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 59; i++)
    {
      crowd (fixture, i * 200, 200);
      wait_minutes (fixture, 1);
    }
  g_assert_cmpuint (count_rows (fixture), ==, SWITCH_STRANGERS_ROWS_AN_HOUR);
  wait_minutes (fixture, 2);
  g_assert_cmpuint (count_rows (fixture), ==, SWITCH_STRANGERS_ROWS_AN_HOUR + 1);
  g_assert_nonnull (strstr (text_of (fixture, -1, "outcome"), "left out of this table: "));
}

/* No crowd hides who was let in. */
static void
test_who_joins_is_told (Fixture *fixture, gconstpointer data)
{
  crowd (fixture, 0, 1000);
  report (fixture, "join", "192.0.2.2", "sw2.001122", TRUE);
  g_assert_cmpuint (count_rows (fixture), ==, SWITCH_STRANGERS_ROWS_A_MINUTE + 1);
  g_assert_cmpstr (text_of (fixture, -1, "kind"), ==, "fabric");
  g_assert_cmpstr (text_of (fixture, -1, "verdict"), ==, "allowed");
  g_assert_cmpstr (text_of (fixture, -1, "who"), ==, "sw2.001122");
}

static void
test_the_rest_is_told_at_the_end (Fixture *fixture, gconstpointer data)
{
  report (fixture, "stream", "192.0.2.9", "eve.001122", FALSE);
  report (fixture, "stream", "192.0.2.9", "eve.001122", FALSE);
  switch_strangers_set_audit (fixture->strangers, NULL);
  report (fixture, "stream", "192.0.2.9", "eve.001122", FALSE);
  g_assert_cmpuint (count_rows (fixture), ==, 2);
  g_assert_true (g_str_has_prefix (text_of (fixture, 1, "outcome"), "again 1 time since "));
}

/* Names that are long, or no text, stay apart from each other as far as they are looked at. */
static void
test_hostile_names (Fixture *fixture, gconstpointer data)
{
  g_autofree char *endless = g_strnfill (100000, 'x');

  report (fixture, "stream", "192.0.2.9", endless, FALSE);
  report (fixture, "stream", "192.0.2.9", "\xff\xfe", FALSE);
  report (fixture, "stream", NULL, NULL, FALSE);
  g_assert_cmpuint (count_rows (fixture), ==, 3);
  g_assert_cmpuint (strlen (text_of (fixture, 0, "who")), ==, 255);
  g_assert_true (g_utf8_validate (text_of (fixture, 1, "who"), -1, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) \
  g_test_add ("/daemon/strangers/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("the-first-is-told", test_the_first_is_told);
  ADD ("repeats-are-counted", test_repeats_are_counted);
  ADD ("goes-on-for-a-day", test_goes_on_for_a_day);
  ADD ("quiet-ones-are-new-again", test_quiet_ones_are_new_again);
  ADD ("a-crowd-is-left-out", test_a_crowd_is_left_out);
  ADD ("an-hour-of-crowds", test_an_hour_of_crowds);
  ADD ("who-joins-is-told", test_who_joins_is_told);
  ADD ("the-rest-is-told-at-the-end", test_the_rest_is_told_at_the_end);
  ADD ("hostile-names", test_hostile_names);
#undef ADD
  return g_test_run ();
}
