/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-candidate.h"

#define PORT 5269

static void
announce (IsmbCandidate *candidate, const char *addresses)
{
  g_auto (GStrv) list = g_strsplit (addresses, " ", -1);

  ismb_candidate_set (candidate, (const char *const *) list, PORT, NULL);
}

static void
assert_ways (IsmbCandidate *candidate, const char *expected)
{
  g_autofree char *ways
      = g_strjoinv (" ", (char **) ismb_candidate_get_addresses (candidate));

  g_assert_cmpstr (ways, ==, expected);
}

static int
place_of (IsmbCandidate *candidate, const char *address)
{
  const char *const *ways = ismb_candidate_get_addresses (candidate);

  for (int i = 0; ways[i] != NULL; i++)
    if (g_str_equal (ways[i], address))
      return i;
  return -1;
}

/* As a dial does that has patience for three addresses that do not answer. TRUE: the true one was
 * among them. */
static gboolean
dial (IsmbCandidate *candidate)
{
  g_auto (GStrv) ways = g_strdupv ((char **) ismb_candidate_get_addresses (candidate));

  for (guint i = 0; i < 3 && ways[i] != NULL; i++)
    {
      if (g_str_equal (ways[i], "true"))
        return TRUE;
      ismb_candidate_note_vain (candidate, ways[i], PORT, FALSE);
    }
  ismb_candidate_note_failure (candidate);
  return FALSE;
}

static void
announce_forged (IsmbCandidate *candidate)
{
  static guint n;
  GString *all = g_string_new (NULL);

  for (guint i = 0; i < ISMB_CANDIDATE_WAYS_MAX; i++)
    g_string_append_printf (all, "%sforged%u", i > 0 ? " " : "", n++);
  announce (candidate, all->str);
  g_string_free (all, TRUE);
}

static void
test_what_worked_stays_first (void)
{
  IsmbCandidate candidate = { 0 };

  announce (&candidate, "a b c");
  assert_ways (&candidate, "a b c");
  ismb_candidate_note_success (&candidate, "b", PORT);
  assert_ways (&candidate, "b a c");
  announce (&candidate, "x y");
  assert_ways (&candidate, "b x a y c");
  for (guint i = 0; i < 100; i++)
    announce_forged (&candidate);
  g_assert_cmpint (place_of (&candidate, "b"), ==, 0);
  g_assert_cmpuint (g_strv_length (candidate.addresses), ==, ISMB_CANDIDATE_WAYS_MAX);
  ismb_candidate_clear (&candidate);
}

static void
test_same_address_at_another_port (void)
{
  static const char *const addresses[] = { "a", "b", NULL };
  IsmbCandidate candidate = { 0 };
  g_auto (GStrv) at_port = NULL;

  announce (&candidate, "a");
  ismb_candidate_note_success (&candidate, "a", PORT);
  ismb_candidate_set (&candidate, addresses, 9, NULL);
  assert_ways (&candidate, "a a b");
  g_assert_cmpuint (candidate.ports[0], ==, PORT);
  g_assert_cmpuint (candidate.ports[1], ==, 9);
  at_port = ismb_candidate_dup_addresses_at_port (&candidate);
  g_assert_cmpuint (g_strv_length (at_port), ==, 1);
  ismb_candidate_clear (&candidate);
}

/* A forged record in a name that was never reached hides the true one no more. */
static void
test_forged_record_beside_true_one (void)
{
  IsmbCandidate candidate = { 0 };

  announce (&candidate, "true");
  for (guint i = 0; i < 100; i++)
    announce_forged (&candidate);
  g_assert_cmpint (place_of (&candidate, "true"), ==, 1);
  ismb_candidate_clear (&candidate);
}

/* A forger who changes his record to and fro with the true one, whose addresses never answer. */
static void
test_to_and_fro (void)
{
  IsmbCandidate candidate = { 0 };

  for (guint i = 0; i < 20; i++)
    announce_forged (&candidate);
  g_assert_false (dial (&candidate));
  announce (&candidate, "true");
  for (guint i = 0; i < 20; i++)
    announce_forged (&candidate);
  g_assert_true (dial (&candidate));
  ismb_candidate_clear (&candidate);
}

/* The true one was tried while it was down, and the forger says the same all the time. */
static void
test_forger_repeats_himself (void)
{
  IsmbCandidate candidate = { 0 };

  announce (&candidate, "true");
  ismb_candidate_note_vain (&candidate, "true", PORT, FALSE);
  announce (&candidate, "f1 f2 f3 f4 f5 f6 f7");
  for (guint i = 0; i < 3; i++)
    {
      g_assert_cmpint (place_of (&candidate, "true"), >=, 0);
      if (dial (&candidate))
        break;
      announce (&candidate, "f1 f2 f3 f4 f5 f6 f7");
      g_assert_cmpuint (i, <, 2);
    }
  ismb_candidate_clear (&candidate);
}

/* Where somebody else answered is tried last, however often it is announced. */
static void
test_strangers_come_last (void)
{
  IsmbCandidate candidate = { 0 };

  announce (&candidate, "a b c");
  ismb_candidate_note_vain (&candidate, "a", PORT, TRUE);
  assert_ways (&candidate, "b c a");
  ismb_candidate_note_vain (&candidate, "b", PORT, FALSE);
  assert_ways (&candidate, "c b a");
  announce (&candidate, "a d");
  assert_ways (&candidate, "d c b a");
  ismb_candidate_note_success (&candidate, "a", PORT);
  assert_ways (&candidate, "a d c b");
  ismb_candidate_note_vain (&candidate, "a", PORT, FALSE);
  g_assert_cmpint (place_of (&candidate, "a"), ==, 0);
  ismb_candidate_note_vain (&candidate, "a", PORT, TRUE);
  g_assert_cmpint (place_of (&candidate, "a"), ==, 3);
  ismb_candidate_clear (&candidate);
}

/* Who is announced to be of the fabric is asked first, and among equals who was not asked in
 * vain. */
static void
test_whom_to_ask_first (void)
{
  static const char fabric[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
  IsmbCandidate ours = { 0 }, other = { 0 };

  announce (&ours, "a");
  announce (&other, "b");
  g_assert_cmpint (ismb_candidate_compare (&ours, &other, fabric), ==, 0);
  ismb_candidate_note_vain (&ours, "a", PORT, FALSE);
  g_assert_cmpint (ismb_candidate_compare (&ours, &other, fabric), >, 0);
  ismb_candidate_set_fabric (&ours, "0123456789abcdef");
  ismb_candidate_set_fabric (&other, "0123456789abcde0");
  g_assert_cmpint (ismb_candidate_compare (&ours, &other, fabric), <, 0);
  g_assert_cmpint (ismb_candidate_compare (&other, &ours, fabric), >, 0);
  ismb_candidate_set_fabric (&ours, "");
  g_assert_cmpint (ismb_candidate_compare (&ours, &other, fabric), >, 0);
  ismb_candidate_clear (&ours);
  ismb_candidate_clear (&other);
}

/* From about 1 s to 30 s, and not the same for everybody. */
static void
test_pauses (void)
{
  guint least = G_MAXUINT, most = 0;

  for (guint switches = 0; switches < 50; switches++)
    {
      IsmbCandidate candidate = { 0 };
      guint last = 0;

      announce (&candidate, "a");
      g_assert_cmpuint (ismb_candidate_get_pause (&candidate, 0), ==, 1);
      for (guint dials = 0; dials < 40; dials++)
        {
          guint pause;

          ismb_candidate_note_dial (&candidate);
          ismb_candidate_note_failure (&candidate);
          pause = ismb_candidate_get_pause (&candidate, 0);
          g_assert_cmpuint (pause, >=, dials < 5 ? 600u << dials : 12000);
          g_assert_cmpuint (pause, <=, MIN (1500u << MIN (dials, 10), 30000));
          last = pause;
        }
      least = MIN (least, last);
      most = MAX (most, last);
      ismb_candidate_note_steady (&candidate);
      g_assert_cmpuint (ismb_candidate_get_pause (&candidate, 0), <=, 250);
      ismb_candidate_clear (&candidate);
    }
  g_assert_cmpuint (most - least, >, 8000);
}

/* Who had waited for it does not come with everybody else; who never tried comes at once. */
static void
test_news_are_not_acted_on_together (void)
{
  guint least = G_MAXUINT, most = 0;

  for (guint switches = 0; switches < 50; switches++)
    {
      IsmbCandidate candidate = { .dialled = g_get_monotonic_time () - 10 * G_USEC_PER_SEC,
                                  .dials = 7 };
      guint pause;

      announce (&candidate, "a");
      pause = ismb_candidate_get_pause (&candidate, 0);
      least = MIN (least, pause);
      most = MAX (most, pause);
      ismb_candidate_clear (&candidate);
    }
  g_assert_cmpuint (most, <=, 500);
  g_assert_cmpuint (most - least, >, 200);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/candidate/what-worked-stays-first", test_what_worked_stays_first);
  g_test_add_func ("/candidate/same-address-at-another-port", test_same_address_at_another_port);
  g_test_add_func ("/candidate/forged-record-beside-true-one", test_forged_record_beside_true_one);
  g_test_add_func ("/candidate/to-and-fro", test_to_and_fro);
  g_test_add_func ("/candidate/forger-repeats-himself", test_forger_repeats_himself);
  g_test_add_func ("/candidate/strangers-come-last", test_strangers_come_last);
  g_test_add_func ("/candidate/whom-to-ask-first", test_whom_to_ask_first);
  g_test_add_func ("/candidate/pauses", test_pauses);
  g_test_add_func ("/candidate/news-are-not-acted-on-together",
                   test_news_are_not_acted_on_together);
  return g_test_run ();
}
