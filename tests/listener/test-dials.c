/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-candidate.h"
#include "ismb/listener/ismb-dials.h"

static void
test_bounds (void)
{
  IsmbDials dials = { 0 };
  guint begun = 0;

  for (guint i = 0; i < 1000; i++)
    begun += ismb_dials_begin (&dials, ISMB_DIAL_CURIOUS);
  g_assert_cmpuint (begun, >=, 20); /* a second's worth */
  g_assert_cmpuint (begun, <=, 32);
  /* Kin does not wait for them, and who has something to say for nobody. */
  g_assert_true (ismb_dials_begin (&dials, ISMB_DIAL_KIN));
  begun++;
  for (guint i = 0; i < 1000; i++)
    begun += ismb_dials_begin (&dials, ISMB_DIAL_KIN);
  g_assert_cmpuint (begun, <=, 48);
  g_assert_true (ismb_dials_begin (&dials, ISMB_DIAL_URGENT));
  begun++;
  for (guint i = 0; i < 1000; i++)
    begun += ismb_dials_begin (&dials, ISMB_DIAL_URGENT);
  g_assert_cmpuint (begun, <=, 64);
  while (begun-- > 0)
    ismb_dials_end (&dials);
  g_assert_cmpuint (dials.running, ==, 0);
}

/* However often something is announced, the pauses go on. */
static void
test_news_keep_the_pause (void)
{
  static const char *const addresses[] = { "192.0.2.1", NULL };
  IsmbCandidate candidate = { 0 };

  ismb_candidate_set (&candidate, addresses, 1, NULL);
  for (guint i = 0; i < 7; i++)
    {
      ismb_candidate_note_dial (&candidate);
      ismb_candidate_set (&candidate, addresses, 2 + i, NULL);
    }
  g_assert_cmpuint (ismb_candidate_get_pause (&candidate, 0), >, 10000);
  ismb_candidate_clear (&candidate);
}

static void
test_no_port (void)
{
  static const char *const addresses[] = { "192.0.2.1", NULL };
  IsmbCandidate candidate = { 0 };

  ismb_candidate_set (&candidate, addresses, 0, NULL);
  g_assert_false (ismb_candidate_is_somewhere (&candidate));
  ismb_candidate_clear (&candidate);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/dials/bounds", test_bounds);
  g_test_add_func ("/dials/news-keep-the-pause", test_news_keep_the_pause);
  g_test_add_func ("/dials/no-port", test_no_port);
  return g_test_run ();
}
