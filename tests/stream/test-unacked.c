/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/stream/ismb-unacked.h"

static void
push (IsmbUnacked *unacked, guint count)
{
  for (guint i = 0; i < count; i++)
    {
      g_autoptr (IsmbFrame) frame = ismb_frame_new_text ("<message/>", -1);

      ismb_unacked_push (unacked, frame);
    }
}

static void
test_ack (void)
{
  IsmbUnacked unacked = { .acked = 0 };

  push (&unacked, 3);
  g_assert_cmpuint (unacked.bytes, ==, 30);
  g_assert_true (ismb_unacked_ack (&unacked, 0));
  g_assert_cmpuint (ismb_unacked_count (&unacked), ==, 3);
  g_assert_true (ismb_unacked_ack (&unacked, 2));
  g_assert_cmpuint (ismb_unacked_count (&unacked), ==, 1);
  g_assert_cmpuint (ismb_unacked_get_sent (&unacked), ==, 3);
  g_assert_cmpuint (unacked.bytes, ==, 10);

  /* More than was sent, and fewer than it has said before. */
  g_assert_false (ismb_unacked_ack (&unacked, 4));
  g_assert_false (ismb_unacked_ack (&unacked, 1));
  g_assert_cmpuint (ismb_unacked_count (&unacked), ==, 1);
  ismb_unacked_clear (&unacked);
}

/* XEP-0198, 4: the count begins anew behind 2^32 - 1. */
static void
test_wraps (void)
{
  IsmbUnacked unacked = { .acked = G_MAXUINT32 - 1 };

  push (&unacked, 4);
  g_assert_cmpuint (ismb_unacked_get_sent (&unacked), ==, 2);
  g_assert_true (ismb_unacked_ack (&unacked, G_MAXUINT32));
  g_assert_true (ismb_unacked_ack (&unacked, 1));
  g_assert_cmpuint (ismb_unacked_count (&unacked), ==, 1);
  g_assert_false (ismb_unacked_ack (&unacked, G_MAXUINT32));
  ismb_unacked_clear (&unacked);
}

static void
test_pop (void)
{
  IsmbUnacked unacked = { .acked = 7 };
  g_autoptr (IsmbFrame) first = NULL;

  push (&unacked, 2);
  first = ismb_unacked_pop (&unacked);
  g_assert_nonnull (first);
  g_assert_cmpuint (unacked.bytes, ==, 10);
  ismb_unacked_clear (&unacked);
  g_assert_null (ismb_unacked_pop (&unacked));
  g_assert_cmpuint (unacked.bytes, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/unacked/ack", test_ack);
  g_test_add_func ("/unacked/wraps", test_wraps);
  g_test_add_func ("/unacked/pop", test_pop);
  return g_test_run ();
}
