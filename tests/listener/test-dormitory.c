/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-dormitory.h"

static const IsmbDormitoryBounds bounds = {
  .sleepers = 4, .account_sleepers = 2, .bytes = 1000, .account_bytes = 400
};

typedef struct
{
  IsmbBed bed;
  const char *name;
} Sleeper;

static GString *evicted; /* names, in order */

static void
note_evicted (gpointer session)
{
  g_string_append (evicted, ((Sleeper *) session)->name);
}

static IsmbDormitory *
open_dormitory (void)
{
  evicted = g_string_new (NULL);
  return ismb_dormitory_new (&bounds, note_evicted);
}

static void
close_dormitory (IsmbDormitory *self, Sleeper *sleepers, guint count)
{
  for (guint i = 0; i < count; i++)
    ismb_dormitory_leave (&sleepers[i].bed, 0);
  g_assert_cmpuint (ismb_dormitory_count (self), ==, 0);
  ismb_dormitory_free (self);
  g_string_free (evicted, TRUE);
}

static void
enter (IsmbDormitory *self, Sleeper *sleeper, const char *name, const char *account)
{
  sleeper->name = name;
  ismb_dormitory_enter (self, &sleeper->bed, sleeper, account);
}

static void
test_found_by_owner_only (void)
{
  IsmbDormitory *self = open_dormitory ();
  Sleeper sleepers[2] = { 0 };
  g_autofree char *id = NULL;
  guint32 h = 0;

  enter (self, &sleepers[0], "a", "ada");
  enter (self, &sleepers[1], "b", "bob");
  id = g_strdup (sleepers[0].bed.id);
  g_assert_cmpstr (id, !=, sleepers[1].bed.id);
  g_assert_true (ismb_dormitory_find (self, "ada", id) == &sleepers[0]);
  g_assert_null (ismb_dormitory_find (self, "bob", id));
  g_assert_false (ismb_dormitory_recall (self, "ada", id, &h));
  ismb_dormitory_leave (&sleepers[0].bed, 7);
  g_assert_null (ismb_dormitory_find (self, "ada", id));
  g_assert_false (ismb_dormitory_recall (self, "bob", id, &h));
  g_assert_true (ismb_dormitory_recall (self, "ada", id, &h));
  g_assert_cmpuint (h, ==, 7);
  close_dormitory (self, sleepers, 2);
}

/* The one that slept longest of the account that has too many; else of all. */
static void
test_too_many (void)
{
  IsmbDormitory *self = open_dormitory ();
  Sleeper sleepers[6] = { 0 };
  static const char *const accounts[] = { "eve", "ada", "ada", "ada", "bob", "bob" };
  static const char *const names[] = { "1", "2", "3", "4", "5", "6" };

  for (guint i = 0; i < 6; i++)
    {
      enter (self, &sleepers[i], names[i], accounts[i]);
      ismb_dormitory_sleep (&sleepers[i].bed, 0);
    }
  g_assert_cmpstr (evicted->str, ==, "21");
  g_assert_cmpuint (ismb_dormitory_count (self), ==, 4);
  ismb_dormitory_wake (&sleepers[2].bed);
  g_assert_cmpuint (ismb_dormitory_count (self), ==, 3);
  close_dormitory (self, sleepers, 6);
}

static void
test_too_much (void)
{
  IsmbDormitory *self = open_dormitory ();
  Sleeper sleepers[4] = { 0 };

  enter (self, &sleepers[0], "1", "ada");
  enter (self, &sleepers[1], "2", "bob");
  enter (self, &sleepers[2], "3", "ada");
  enter (self, &sleepers[3], "4", "eve");
  for (guint i = 0; i < 4; i++)
    ismb_dormitory_sleep (&sleepers[i].bed, 150);
  g_assert_cmpstr (evicted->str, ==, "");
  ismb_dormitory_add (&sleepers[2].bed, 101);
  g_assert_cmpstr (evicted->str, ==, "1");
  ismb_dormitory_add (&sleepers[1].bed, 250);
  ismb_dormitory_add (&sleepers[3].bed, 250);
  g_assert_cmpstr (evicted->str, ==, "12"); /* 251 + 400 + 400 are too much, 251 + 400 are not */
  ismb_dormitory_wake (&sleepers[3].bed);
  ismb_dormitory_sleep (&sleepers[3].bed, 10); /* what it had is not counted twice */
  ismb_dormitory_add (&sleepers[3].bed, 390);
  g_assert_cmpstr (evicted->str, ==, "12");
  close_dormitory (self, sleepers, 4);
}

/* One by one a long time: what has ended is not remembered forever. */
static void
test_forgets (void)
{
  IsmbDormitory *self = open_dormitory ();
  g_autofree char *first = NULL, *last = NULL;
  Sleeper sleeper = { 0 };
  guint32 h;

  for (guint i = 0; i < 5000; i++)
    {
      enter (self, &sleeper, "s", "ada");
      ismb_dormitory_sleep (&sleeper.bed, 100);
      g_free (last);
      last = g_strdup (sleeper.bed.id);
      if (first == NULL)
        first = g_strdup (last);
      ismb_dormitory_leave (&sleeper.bed, i);
    }
  g_assert_false (ismb_dormitory_recall (self, "ada", first, &h));
  g_assert_true (ismb_dormitory_recall (self, "ada", last, &h));
  close_dormitory (self, &sleeper, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/dormitory/found-by-owner-only", test_found_by_owner_only);
  g_test_add_func ("/dormitory/too-many", test_too_many);
  g_test_add_func ("/dormitory/too-much", test_too_much);
  g_test_add_func ("/dormitory/forgets", test_forgets);
  return g_test_run ();
}
