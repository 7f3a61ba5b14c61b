/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/stream/ismb-tally.h"

#include "ismb/core/ismb-namespaces.h"

static IsmbFrame *
make (const char *name)
{
  g_autoptr (IsmbTree) tree = ismb_tree_new (name, ISMB_NS_CLIENT);

  ismb_tree_set (tree, ismb_tree_root (tree), "from", "a@b/c");
  return ismb_frame_new_from_tree (tree);
}

static void
note_advance (gpointer owner)
{
  (*(guint *) owner)++;
}

static void
test_in_order (void)
{
  guint advances = 0;
  g_autoptr (IsmbTally) tally = ismb_tally_new (note_advance, &advances);
  g_autoptr (IsmbFrame) first = make ("message");
  g_autoptr (IsmbFrame) second = make ("message");

  ismb_tally_count (tally, first);
  ismb_tally_count (tally, second);
  g_assert_cmpuint (ismb_tally_get_handled (tally), ==, 0);
  g_assert_cmpuint (ismb_tally_get_pending (tally), ==, 2);

  /* The second has arrived; the first, which came before it, has not. */
  g_clear_pointer (&second, ismb_frame_unref);
  g_assert_cmpuint (ismb_tally_get_handled (tally), ==, 0);
  g_assert_cmpuint (advances, ==, 0);

  g_clear_pointer (&first, ismb_frame_unref);
  g_assert_cmpuint (ismb_tally_get_handled (tally), ==, 2);
  g_assert_cmpuint (advances, ==, 1);
}

static void
test_others_count_at_once (void)
{
  guint advances = 0;
  g_autoptr (IsmbTally) tally = ismb_tally_new (note_advance, &advances);
  g_autoptr (IsmbFrame) iq = make ("iq");
  g_autoptr (IsmbFrame) message = make ("message");
  g_autoptr (IsmbFrame) presence = make ("presence");

  ismb_tally_count (tally, iq);
  g_assert_cmpuint (ismb_tally_get_handled (tally), ==, 1);
  ismb_tally_count (tally, message);
  ismb_tally_count (tally, presence);
  g_assert_cmpuint (ismb_tally_get_handled (tally), ==, 1);
  g_clear_pointer (&message, ismb_frame_unref);
  g_assert_cmpuint (ismb_tally_get_handled (tally), ==, 3);
}

/* A copy under another address, and the error that answers it, are the same stanza to its
 * sender. */
static void
test_descendants (void)
{
  guint advances = 0;
  g_autoptr (IsmbTally) tally = ismb_tally_new (note_advance, &advances);
  g_autoptr (IsmbFrame) message = make ("message");
  g_autoptr (IsmbFrame) copy = NULL;
  g_autoptr (IsmbFrame) error = NULL;

  ismb_tally_count (tally, message);
  copy = ismb_frame_readdress (message, "a@b/c", "d@e");
  g_clear_pointer (&message, ismb_frame_unref);
  error = ismb_frame_make_error (copy, "service-unavailable", NULL);
  g_clear_pointer (&copy, ismb_frame_unref);
  g_assert_cmpuint (ismb_tally_get_handled (tally), ==, 0);
  g_clear_pointer (&error, ismb_frame_unref);
  g_assert_cmpuint (ismb_tally_get_handled (tally), ==, 1);
  g_assert_cmpuint (advances, ==, 1);
}

static void
test_owner_goes_first (void)
{
  guint advances = 0;
  IsmbTally *tally = ismb_tally_new (note_advance, &advances);
  g_autoptr (IsmbFrame) message = make ("message");
  g_autoptr (IsmbFrame) other = make ("message");

  ismb_tally_count (tally, message);
  ismb_tally_count (tally, other);
  ismb_tally_free (tally);
  g_clear_pointer (&other, ismb_frame_unref);
  g_clear_pointer (&message, ismb_frame_unref);
  g_assert_cmpuint (advances, ==, 0);
}

static IsmbFrame *
make_text (const char *name, const char *text)
{
  g_autoptr (IsmbTree) tree = ismb_tree_new (name, ISMB_NS_CLIENT);

  ismb_tree_add_leaf (tree, ismb_tree_root (tree), "body", ISMB_NS_CLIENT, text);
  return ismb_frame_new_from_tree (tree);
}

/* Whether it is new. */
static gboolean
count (IsmbTally *tally, const char *name, const char *text, IsmbFrame **held)
{
  g_autoptr (IsmbFrame) frame = make_text (name, text);
  gboolean new = ismb_tally_count (tally, frame);

  if (held != NULL)
    *held = g_steal_pointer (&frame);
  return new;
}

/* What we have already is known when it is repeated, and its sender waits for the first of it. */
static void
test_repeats (void)
{
  guint advances = 0;
  g_autoptr (IsmbTally) tally = ismb_tally_new (note_advance, &advances);
  g_autoptr (IsmbFrame) first = NULL, second = NULL;

  g_assert_true (count (tally, "message", "gone", NULL));
  g_assert_true (count (tally, "message", "first", &first));
  g_assert_true (count (tally, "iq", "asked", NULL));
  g_assert_true (count (tally, "message", "second", &second));
  g_assert_cmpuint (ismb_tally_get_handled (tally), ==, 1);
  ismb_tally_resume (tally);
  g_assert_cmpuint (ismb_tally_get_handled (tally), ==, 1);
  g_clear_pointer (&second, ismb_frame_unref);
  g_assert_cmpuint (ismb_tally_get_handled (tally), ==, 1);

  g_assert_false (count (tally, "message", "first", NULL));
  g_assert_false (count (tally, "iq", "asked", NULL));
  g_assert_false (count (tally, "message", "second", NULL));
  g_assert_true (count (tally, "message", "third", NULL));
  g_assert_cmpuint (ismb_tally_get_handled (tally), ==, 1);
  g_clear_pointer (&first, ismb_frame_unref);
  g_assert_cmpuint (ismb_tally_get_handled (tally), ==, 5);
}

/* The stream may be cut again before all is repeated. */
static void
test_repeats_twice (void)
{
  guint advances = 0;
  g_autoptr (IsmbTally) tally = ismb_tally_new (note_advance, &advances);
  g_autoptr (IsmbFrame) first = NULL, second = NULL, third = NULL;

  count (tally, "message", "first", &first);
  count (tally, "message", "second", &second);
  count (tally, "message", "third", &third);
  ismb_tally_resume (tally);
  g_assert_false (count (tally, "message", "first", NULL));
  ismb_tally_resume (tally);
  g_assert_false (count (tally, "message", "first", NULL));
  g_assert_false (count (tally, "message", "second", NULL));
  g_clear_pointer (&first, ismb_frame_unref);
  g_assert_cmpuint (ismb_tally_get_handled (tally), ==, 1);
  g_clear_pointer (&second, ismb_frame_unref);
  g_assert_cmpuint (ismb_tally_get_handled (tally), ==, 2);
  ismb_tally_resume (tally);
  g_assert_false (count (tally, "message", "third", NULL));
}

/* A client that repeats nothing is believed: what it sends then is new, whatever it looks like. */
static void
test_no_repeats (void)
{
  guint advances = 0;
  g_autoptr (IsmbTally) tally = ismb_tally_new (note_advance, &advances);
  g_autoptr (IsmbFrame) first = NULL, second = NULL;

  count (tally, "message", "first", &first);
  count (tally, "message", "second", &second);
  ismb_tally_resume (tally);
  g_assert_true (count (tally, "message", "one", NULL));
  g_assert_false (count (tally, "message", "second", NULL)); /* the first was left out */
  g_assert_true (count (tally, "message", "first", NULL));
  g_clear_pointer (&second, ismb_frame_unref);
  g_assert_cmpuint (ismb_tally_get_handled (tally), ==, 3);

  g_clear_pointer (&first, ismb_frame_unref);
  count (tally, "message", "third", &first);
  ismb_tally_resume (tally);
  g_assert_true (count (tally, "message", "something else", NULL));
  g_assert_true (count (tally, "message", "third", NULL));
  g_assert_cmpuint (ismb_tally_get_handled (tally), ==, 5);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tally/in-order", test_in_order);
  g_test_add_func ("/tally/others-count-at-once", test_others_count_at_once);
  g_test_add_func ("/tally/descendants", test_descendants);
  g_test_add_func ("/tally/owner-goes-first", test_owner_goes_first);
  g_test_add_func ("/tally/repeats", test_repeats);
  g_test_add_func ("/tally/repeats-twice", test_repeats_twice);
  g_test_add_func ("/tally/no-repeats", test_no_repeats);
  return g_test_run ();
}
