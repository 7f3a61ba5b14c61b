/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/store/ismb-profiles.h"

#include <string.h>

#include "tests/store/beside-accounts.h"

static gpointer
load (IsmbStore *store, IsmbAccounts *accounts, GError **error)
{
  return ismb_profiles_load (store, accounts, error);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  begin (fixture, load);
}

static void
test_survive_reopening (Fixture *fixture, gconstpointer data)
{
  g_assert_null (ismb_profiles_get_card (fixture->noun, "a"));
  g_assert_null (ismb_profiles_get_departure (fixture->noun, "a"));
  g_assert_true (ismb_profiles_set_card (fixture->noun, "a", "<vCard/>"));
  ismb_profiles_depart (fixture->noun, "a", 5, "to lunch");
  for (guint i = 0; i < 2; i++)
    {
      g_assert_cmpstr (ismb_profiles_get_card (fixture->noun, "a"), ==, "<vCard/>");
      g_assert_cmpint (ismb_profiles_get_departure (fixture->noun, "a")->time, ==, 5);
      g_assert_cmpstr (ismb_profiles_get_departure (fixture->noun, "a")->status, ==,
                       "to lunch");
      reopen (fixture);
    }
  g_assert_true (ismb_profiles_set_card (fixture->noun, "a", NULL));
  ismb_profiles_depart (fixture->noun, "a", 6, NULL);
  reopen (fixture);
  g_assert_null (ismb_profiles_get_card (fixture->noun, "a"));
  g_assert_cmpint (ismb_profiles_get_departure (fixture->noun, "a")->time, ==, 6);
  g_assert_null (ismb_profiles_get_departure (fixture->noun, "a")->status);
}

static void
test_go_with_the_account (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  create (fixture, "agent", TRUE);
  ismb_profiles_set_card (fixture->noun, "agent", "<vCard/>");
  ismb_profiles_set_card (fixture->noun, "a", "<vCard/>");
  ismb_profiles_depart (fixture->noun, "a", 5, NULL);
  g_assert_true (ismb_accounts_remove (fixture->accounts, "a", &error));
  ismb_profiles_depart (fixture->noun, "a", 5, NULL); /* its sessions leave when it is gone */
  create (fixture, "a", FALSE);
  for (guint i = 0; i < 2; i++)
    {
      g_assert_null (ismb_profiles_get_card (fixture->noun, "a"));
      g_assert_null (ismb_profiles_get_departure (fixture->noun, "a"));
      reopen (fixture);
    }
  g_assert_null (ismb_profiles_get_card (fixture->noun, "agent"));
}

static void
test_are_kept_with_the_account (Fixture *fixture, gconstpointer data)
{
  create (fixture, "agent", TRUE);
  ismb_profiles_set_card (fixture->noun, "agent", "<vCard/>");
  ismb_profiles_depart (fixture->noun, "agent", 5, NULL);
  create (fixture, "agent", FALSE);
  reopen (fixture);
  g_assert_nonnull (ismb_profiles_get_card (fixture->noun, "agent"));
  g_assert_nonnull (ismb_profiles_get_departure (fixture->noun, "agent"));
}

static void
test_are_bounded (Fixture *fixture, gconstpointer data)
{
  g_autofree char *fits = g_strnfill (ISMB_PROFILES_CARD_MAX, 'c');
  g_autofree char *long_card = g_strnfill (ISMB_PROFILES_CARD_MAX + 1, 'c');
  g_autofree char *a = g_strnfill (254, 'a');
  g_autofree char *status = g_strconcat (a, "é", NULL);

  g_assert_true (ismb_profiles_set_card (fixture->noun, "a", fits));
  g_assert_false (ismb_profiles_set_card (fixture->noun, "a", long_card));
  g_assert_cmpstr (ismb_profiles_get_card (fixture->noun, "a"), ==, fits);
  g_assert_false (ismb_profiles_set_card (fixture->noun, "nobody", fits));
  ismb_profiles_depart (fixture->noun, "a", 5, status);
  g_assert_cmpstr (ismb_profiles_get_departure (fixture->noun, "a")->status, ==, a);
}

/* With cards as long as can be: so many fit, and one that goes makes room. */
static void
test_all_cards_are_bounded (Fixture *fixture, gconstpointer data)
{
  g_autofree char *card = g_strnfill (ISMB_PROFILES_CARD_MAX, 'c');

  for (guint i = 0; i < 1024; i++)
    {
      g_autofree char *name = g_strdup_printf ("t%u", i);

      create (fixture, name, TRUE);
      g_assert_true (ismb_profiles_set_card (fixture->noun, name, card));
    }
  g_assert_false (ismb_profiles_set_card (fixture->noun, "a", "<vCard/>"));
  g_assert_true (ismb_profiles_set_card (fixture->noun, "t9", card));
  g_assert_true (ismb_profiles_set_card (fixture->noun, "t9", NULL));
  g_assert_true (ismb_profiles_set_card (fixture->noun, "a", card));
}

static void
test_cards_are_taken_back (Fixture *fixture, gconstpointer data)
{
  g_assert_true (ismb_profiles_set_card (fixture->noun, "a", "<vCard/>"));
  scratch_refuse (fixture->store, "vcard", TRUE);
  g_assert_true (ismb_profiles_set_card (fixture->noun, "a", "<vCard>new</vCard>"));
  scratch_settle (fixture->store);
  g_assert_cmpstr (ismb_profiles_get_card (fixture->noun, "a"), ==, "<vCard/>");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  ADD ("/profiles/survive-reopening", test_survive_reopening);
  ADD ("/profiles/go-with-the-account", test_go_with_the_account);
  ADD ("/profiles/are-kept-with-the-account", test_are_kept_with_the_account);
  ADD ("/profiles/are-bounded", test_are_bounded);
  ADD ("/profiles/all-cards-are-bounded", test_all_cards_are_bounded);
  ADD ("/profiles/cards-are-taken-back", test_cards_are_taken_back);
#undef ADD
  return g_test_run ();
}
