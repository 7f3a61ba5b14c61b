/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/core/ismb-arena.h"

#include <string.h>

static void
test_clear_empty (void)
{
  IsmbArena arena = { NULL };

  ismb_arena_clear (&arena);
  g_assert_null (arena.newest);
}

/* Whatever text was taken before, what follows is zeroed and may hold a pointer. */
static void
test_aligned_and_zeroed (void)
{
  IsmbArena arena = { NULL };

  for (gsize length = 0; length < 3000; length += 7)
    {
      g_autofree char *text = g_strnfill (length, 'x');
      gpointer *pointers;

      g_assert_cmpstr (ismb_arena_take_bytes (&arena, text, length), ==, text);
      pointers = ismb_arena_take (&arena, 3 * sizeof *pointers);
      g_assert_cmpuint ((guintptr) pointers % G_ALIGNOF (gpointer), ==, 0);
      for (guint i = 0; i < 3; i++)
        {
          g_assert_null (pointers[i]);
          pointers[i] = &arena;
        }
    }
  ismb_arena_clear (&arena);
}

static void
test_keeps_what_it_gave (void)
{
  IsmbArena arena = { NULL };
  g_autoptr (GPtrArray) taken = g_ptr_array_new ();

  for (guint i = 0; i < 5000; i++)
    {
      g_autofree char *text = g_strdup_printf ("text %u", i);

      g_ptr_array_add (taken, ismb_arena_take_bytes (&arena, text, strlen (text)));
    }
  for (guint i = 0; i < 5000; i++)
    {
      g_autofree char *text = g_strdup_printf ("text %u", i);

      g_assert_cmpstr (g_ptr_array_index (taken, i), ==, text);
    }
  ismb_arena_clear (&arena);
}

static void
test_extend (void)
{
  IsmbArena arena = { NULL };
  g_autofree char *more = g_strnfill (600, 'x');
  char *text = ismb_arena_take_bytes (&arena, "one", 3);

  g_assert_true (ismb_arena_extend (&arena, text, 3, ", two", 5));
  g_assert_cmpstr (text, ==, "one, two");
  g_assert_false (ismb_arena_extend (&arena, text, 8, more, 600)); /* no room */
  ismb_arena_take_bytes (&arena, "three", 5);
  g_assert_false (ismb_arena_extend (&arena, text, 8, "four", 4)); /* not the last */
  g_assert_cmpstr (text, ==, "one, two");
  ismb_arena_clear (&arena);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/arena/clear-empty", test_clear_empty);
  g_test_add_func ("/arena/aligned-and-zeroed", test_aligned_and_zeroed);
  g_test_add_func ("/arena/keeps-what-it-gave", test_keeps_what_it_gave);
  g_test_add_func ("/arena/extend", test_extend);
  return g_test_run ();
}
