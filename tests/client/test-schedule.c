/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is scheduled is done, as often as it should be, and only until it is taken off. */
#include "config.h"
#include "ismb/client/ismb-schedule.h"

#include <string.h>

#include "ismb/core/ismb-error.h"

typedef struct
{
  GObject *client;
  IsmbSchedule *schedule;
  GString *done;
  guint freed;
} Fixture;

static Fixture *current;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->client = g_object_new (G_TYPE_OBJECT, NULL);
  fixture->schedule = ismb_schedule_new (fixture->client);
  fixture->done = g_string_new (NULL);
  current = fixture;
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_pointer (&fixture->schedule, ismb_schedule_free);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_finalize_object (fixture->client);
  g_string_free (fixture->done, TRUE);
}

static void
on_freed (gpointer name)
{
  current->freed++;
}

static void
note (gpointer client, gpointer name)
{
  g_assert_true (client == current->client);
  g_string_append (current->done, name);
}

static void
take_off (gpointer client, gpointer name)
{
  note (client, name);
  g_assert_true (ismb_schedule_remove (current->schedule, name));
  g_assert_cmpuint (current->freed, ==, 0); /* it runs */
}

static void
again (gpointer client, gpointer name)
{
  note (client, name);
  g_assert_true (ismb_schedule_add (current->schedule, name, 1, FALSE, note, (gpointer) "n",
                                    on_freed, NULL));
}

static void
end (gpointer client, gpointer name)
{
  note (client, name);
  g_clear_pointer (&current->schedule, ismb_schedule_free);
}

static void
add (Fixture *fixture, const char *name, gboolean repeat, IsmbScheduleCallback callback)
{
  g_autoptr (GError) error = NULL;

  ismb_schedule_add (fixture->schedule, name, 1, repeat, callback, (gpointer) name, on_freed,
                     &error);
  g_assert_no_error (error);
}

static void
run_until (Fixture *fixture, const char *done)
{
  while (fixture->done->len < strlen (done))
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (fixture->done->str, ==, done);
}

static void
test_once (Fixture *fixture, gconstpointer data)
{
  add (fixture, "a", FALSE, note);
  run_until (fixture, "a");
  g_assert_cmpuint (fixture->freed, ==, 1);
  g_assert_false (ismb_schedule_remove (fixture->schedule, "a"));
}

static void
test_repeats (Fixture *fixture, gconstpointer data)
{
  add (fixture, "r", TRUE, note);
  run_until (fixture, "rrr");
  g_assert_true (ismb_schedule_remove (fixture->schedule, "r"));
  g_assert_cmpuint (fixture->freed, ==, 1);
  add (fixture, "a", FALSE, note);
  run_until (fixture, "rrra");
}

static void
test_names_are_unique (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  add (fixture, "a", FALSE, again);
  g_assert_false (ismb_schedule_add (fixture->schedule, "a", 1, FALSE, note, NULL, on_freed,
                                     &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_EXISTS);
  g_assert_cmpuint (fixture->freed, ==, 1);
  run_until (fixture, "an"); /* as it is done its name is free */
  g_assert_cmpuint (fixture->freed, ==, 3);
}

static void
test_takes_itself_off (Fixture *fixture, gconstpointer data)
{
  add (fixture, "t", TRUE, take_off);
  run_until (fixture, "t");
  g_assert_cmpuint (fixture->freed, ==, 1);
  add (fixture, "a", FALSE, note);
  run_until (fixture, "ta");
}

static void
test_ends_within (Fixture *fixture, gconstpointer data)
{
  add (fixture, "e", TRUE, end);
  add (fixture, "never", TRUE, note);
  ismb_schedule_remove (fixture->schedule, "never");
  run_until (fixture, "e");
  g_assert_cmpuint (fixture->freed, ==, 2);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  ADD ("/schedule/once", test_once);
  ADD ("/schedule/repeats", test_repeats);
  ADD ("/schedule/names-are-unique", test_names_are_unique);
  ADD ("/schedule/takes-itself-off", test_takes_itself_off);
  ADD ("/schedule/ends-within", test_ends_within);
#undef ADD
  return g_test_run ();
}
