/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "build-time.h"
#include "ismb/trust/ismb-clock.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "tests/store/scratch.h"

#define DAY (24 * 60 * 60)
#define BUILT ((gint64) ISMB_BUILD_TIME)

static gint64 host_time;

typedef struct
{
  char *folder;
  char *path;
  IsmbClock *clock;
} Fixture;

static gint64
tell_host_time (void)
{
  return host_time;
}

/* Starts the daemon, so to speak, on a host whose clock stands there. */
static void
start (Fixture *fixture, gint64 time)
{
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&fixture->clock, ismb_clock_free);
  fixture->clock = ismb_clock_load (fixture->path, &error);
  g_assert_no_error (error);
  host_time = time;
  ismb_clock_set_host (fixture->clock, tell_host_time);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = scratch_new ();
  fixture->path = g_build_filename (fixture->folder, "clock", NULL);
  start (fixture, BUILT + DAY);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  ismb_clock_free (fixture->clock);
  g_free (fixture->path);
  scratch_remove (fixture->folder);
}

static void
keep (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (ismb_clock_keep (fixture->clock, &error));
  g_assert_no_error (error);
}

static void
assert_right (Fixture *fixture)
{
  g_assert_false (ismb_clock_is_behind (fixture->clock));
  g_assert_cmpint (ismb_clock_now (fixture->clock), ==, host_time);
  g_assert_cmpint (ismb_clock_get_host (fixture->clock), ==, host_time);
}

static void
assert_behind (Fixture *fixture, gint64 floor)
{
  g_assert_true (ismb_clock_is_behind (fixture->clock));
  g_assert_cmpint (ismb_clock_get_floor (fixture->clock), ==, floor);
  g_assert_cmpint (ismb_clock_now (fixture->clock), ==, floor);
  g_assert_cmpint (ismb_clock_get_host (fixture->clock), ==, host_time);
}

/* The machine that builds has a clock that is right, and a source that is not from the future. */
static void
test_was_built_lately (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbClock) real = ismb_clock_load (fixture->path, NULL);

  g_assert_cmpint (BUILT, >, 1700000000);
  g_assert_false (ismb_clock_is_behind (real));
  g_assert_cmpint (ismb_clock_now (real), >=, g_get_real_time () / G_USEC_PER_SEC - 10);
}

static void
test_is_not_before_it_was_built (Fixture *fixture, gconstpointer data)
{
  assert_right (fixture);
  start (fixture, BUILT);
  assert_right (fixture);
  start (fixture, BUILT - 1);
  assert_behind (fixture, BUILT);
  start (fixture, 0);
  assert_behind (fixture, BUILT);
  start (fixture, -DAY);
  assert_behind (fixture, BUILT);
}

static void
test_is_not_before_it_was_seen (Fixture *fixture, gconstpointer data)
{
  keep (fixture);
  start (fixture, 0);
  assert_behind (fixture, BUILT + DAY);
  host_time = BUILT + 2 * DAY;
  assert_right (fixture);
  g_assert_cmpuint (scratch_mode (fixture->folder, "clock"), ==, 0600);
}

static char *
dup_kept (Fixture *fixture)
{
  char *text = NULL;

  g_assert_true (g_file_get_contents (fixture->path, &text, NULL, NULL));
  return text;
}

static void
assert_kept (Fixture *fixture, gint64 time)
{
  g_autofree char *text = dup_kept (fixture);
  g_autofree char *expected = g_strdup_printf ("%" G_GINT64_FORMAT "\n", time);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_keeps_what_is_worth_it (Fixture *fixture, gconstpointer data)
{
  keep (fixture);
  host_time += 59;
  keep (fixture);
  assert_kept (fixture, BUILT + DAY);
  host_time += 1;
  keep (fixture);
  assert_kept (fixture, BUILT + DAY + 60);
  host_time = 0;
  keep (fixture);
  assert_kept (fixture, BUILT + DAY + 60);
}

/* It was wrong once, in 2099, and nobody can tell that from a host that is wrong now. */
static void
test_kept_from_the_future (Fixture *fixture, gconstpointer data)
{
  start (fixture, BUILT + 30000LL * DAY);
  keep (fixture);
  start (fixture, BUILT + DAY);
  assert_behind (fixture, BUILT + 30000LL * DAY);
  g_assert_cmpint (g_unlink (fixture->path), ==, 0);
  start (fixture, BUILT + DAY);
  assert_right (fixture);
}

static void
test_learns_while_it_is_behind (Fixture *fixture, gconstpointer data)
{
  start (fixture, 0);
  ismb_clock_learn (fixture->clock, BUILT + 3 * DAY);
  ismb_clock_learn (fixture->clock, BUILT + 2 * DAY);
  ismb_clock_learn (fixture->clock, 5);
  assert_behind (fixture, BUILT + 3 * DAY);
  keep (fixture);
  start (fixture, 0);
  assert_behind (fixture, BUILT + 3 * DAY);
}

/* One registrar with a wrong clock must not end everybody's certificates. */
static void
test_learns_nothing_while_it_may_be_right (Fixture *fixture, gconstpointer data)
{
  ismb_clock_learn (fixture->clock, BUILT + 9000 * DAY);
  assert_right (fixture);
  host_time = 0;
  assert_behind (fixture, BUILT);
}

/* The time came from the net at last, and counts again. */
static void
test_believes_a_host_that_was_set (Fixture *fixture, gconstpointer data)
{
  start (fixture, 0);
  ismb_clock_learn (fixture->clock, BUILT + 9000 * DAY);
  host_time = BUILT + DAY;
  assert_right (fixture);
}

static void
test_floor_must_not_fall (Fixture *fixture, gconstpointer data)
{
  static const char *const texts[] = { "soon\n", "-5\n", "1 2\n", "99999999999999999999\n" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;
      g_assert_true (g_file_set_contents (fixture->path, texts[i], -1, NULL));
      g_assert_null (ismb_clock_load (fixture->path, &error));
      g_assert_error (error, ISMB_ERROR, ISMB_ERROR_FAILED);
      g_assert_nonnull (strstr (error->message, fixture->path));
      g_assert_nonnull (strstr (error->message, "remove the file"));
    }
}

static void
test_failed_write_is_told (Fixture *fixture, gconstpointer data)
{
  char *inner = g_build_filename (fixture->folder, "inner", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir (inner, 0700), ==, 0);
  g_free (fixture->path);
  fixture->path = g_build_filename (inner, "clock", NULL);
  start (fixture, BUILT + DAY);
  g_assert_cmpint (g_rmdir (inner), ==, 0);
  g_assert_false (ismb_clock_keep (fixture->clock, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
  g_assert_cmpint (g_mkdir (inner, 0700), ==, 0);
  keep (fixture);
  assert_kept (fixture, BUILT + DAY);
  scratch_remove (inner);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, test) g_test_add ("/clock/" name, Fixture, NULL, set_up, test, tear_down)
  ADD ("was-built-lately", test_was_built_lately);
  ADD ("is-not-before-it-was-built", test_is_not_before_it_was_built);
  ADD ("is-not-before-it-was-seen", test_is_not_before_it_was_seen);
  ADD ("keeps-what-is-worth-it", test_keeps_what_is_worth_it);
  ADD ("kept-from-the-future", test_kept_from_the_future);
  ADD ("learns-while-it-is-behind", test_learns_while_it_is_behind);
  ADD ("learns-nothing-while-it-may-be-right", test_learns_nothing_while_it_may_be_right);
  ADD ("believes-a-host-that-was-set", test_believes_a_host_that_was_set);
  ADD ("floor-must-not-fall", test_floor_must_not_fall);
  ADD ("failed-write-is-told", test_failed_write_is_told);
#undef ADD
  return g_test_run ();
}
