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

/* A copy under another address, and the error that answers it, are the same stanza to its sender. */
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

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tally/in-order", test_in_order);
  g_test_add_func ("/tally/others-count-at-once", test_others_count_at_once);
  g_test_add_func ("/tally/descendants", test_descendants);
  g_test_add_func ("/tally/owner-goes-first", test_owner_goes_first);
  return g_test_run ();
}
