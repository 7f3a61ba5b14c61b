/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/store/ismb-profiles.h"

#include <string.h>

#include "tests/store/scratch.h"

typedef struct
{
  char *folder;
  IsmbStore *store;
  IsmbAccounts *accounts;
  IsmbProfiles *profiles;
} Fixture;

static void
create (Fixture *fixture, const char *account, gboolean transient)
{
  g_autoptr (GError) error = NULL;

  ismb_accounts_create (fixture->accounts, account, "secret", ISMB_ROLE_CLIENT, transient, &error);
  g_assert_no_error (error);
}

static void
open_profiles (Fixture *fixture)
{
  g_autofree char *path = g_build_filename (fixture->folder, "blue.db", NULL);
  g_autoptr (GError) error = NULL;

  fixture->store = ismb_store_open (path, &error);
  g_assert_no_error (error);
  fixture->accounts = ismb_accounts_load (fixture->store, &error);
  g_assert_no_error (error);
  fixture->profiles = ismb_profiles_load (fixture->store, fixture->accounts, &error);
  g_assert_no_error (error);
}

static void
close_profiles (Fixture *fixture)
{
  g_assert_finalize_object (g_steal_pointer (&fixture->profiles));
  g_assert_finalize_object (g_steal_pointer (&fixture->accounts));
  g_assert_finalize_object (g_steal_pointer (&fixture->store));
}

static void
reopen (Fixture *fixture)
{
  close_profiles (fixture);
  open_profiles (fixture);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = scratch_new ();
  open_profiles (fixture);
  create (fixture, "a", FALSE);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  close_profiles (fixture);
  scratch_remove (fixture->folder);
}

static void
test_survive_reopening (Fixture *fixture, gconstpointer data)
{
  g_assert_null (ismb_profiles_get_card (fixture->profiles, "a"));
  g_assert_null (ismb_profiles_get_departure (fixture->profiles, "a"));
  g_assert_true (ismb_profiles_set_card (fixture->profiles, "a", "<vCard/>"));
  ismb_profiles_depart (fixture->profiles, "a", 5, "to lunch");
  for (guint i = 0; i < 2; i++)
    {
      g_assert_cmpstr (ismb_profiles_get_card (fixture->profiles, "a"), ==, "<vCard/>");
      g_assert_cmpint (ismb_profiles_get_departure (fixture->profiles, "a")->time, ==, 5);
      g_assert_cmpstr (ismb_profiles_get_departure (fixture->profiles, "a")->status, ==,
                       "to lunch");
      reopen (fixture);
    }
  g_assert_true (ismb_profiles_set_card (fixture->profiles, "a", NULL));
  ismb_profiles_depart (fixture->profiles, "a", 6, NULL);
  reopen (fixture);
  g_assert_null (ismb_profiles_get_card (fixture->profiles, "a"));
  g_assert_cmpint (ismb_profiles_get_departure (fixture->profiles, "a")->time, ==, 6);
  g_assert_null (ismb_profiles_get_departure (fixture->profiles, "a")->status);
}

static void
test_go_with_the_account (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  create (fixture, "agent", TRUE);
  ismb_profiles_set_card (fixture->profiles, "agent", "<vCard/>");
  ismb_profiles_set_card (fixture->profiles, "a", "<vCard/>");
  ismb_profiles_depart (fixture->profiles, "a", 5, NULL);
  g_assert_true (ismb_accounts_remove (fixture->accounts, "a", &error));
  ismb_profiles_depart (fixture->profiles, "a", 5, NULL); /* its sessions leave when it is gone */
  create (fixture, "a", FALSE);
  for (guint i = 0; i < 2; i++)
    {
      g_assert_null (ismb_profiles_get_card (fixture->profiles, "a"));
      g_assert_null (ismb_profiles_get_departure (fixture->profiles, "a"));
      reopen (fixture);
    }
  g_assert_null (ismb_profiles_get_card (fixture->profiles, "agent"));
}

static void
test_are_kept_with_the_account (Fixture *fixture, gconstpointer data)
{
  create (fixture, "agent", TRUE);
  ismb_profiles_set_card (fixture->profiles, "agent", "<vCard/>");
  ismb_profiles_depart (fixture->profiles, "agent", 5, NULL);
  create (fixture, "agent", FALSE);
  reopen (fixture);
  g_assert_nonnull (ismb_profiles_get_card (fixture->profiles, "agent"));
  g_assert_nonnull (ismb_profiles_get_departure (fixture->profiles, "agent"));
}

static void
test_are_bounded (Fixture *fixture, gconstpointer data)
{
  g_autofree char *fits = g_strnfill (ISMB_PROFILES_CARD_MAX, 'c');
  g_autofree char *long_card = g_strnfill (ISMB_PROFILES_CARD_MAX + 1, 'c');
  g_autofree char *a = g_strnfill (254, 'a');
  g_autofree char *status = g_strconcat (a, "é", NULL);

  g_assert_true (ismb_profiles_set_card (fixture->profiles, "a", fits));
  g_assert_false (ismb_profiles_set_card (fixture->profiles, "a", long_card));
  g_assert_cmpstr (ismb_profiles_get_card (fixture->profiles, "a"), ==, fits);
  g_assert_false (ismb_profiles_set_card (fixture->profiles, "nobody", fits));
  ismb_profiles_depart (fixture->profiles, "a", 5, status);
  g_assert_cmpstr (ismb_profiles_get_departure (fixture->profiles, "a")->status, ==, a);
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
      g_assert_true (ismb_profiles_set_card (fixture->profiles, name, card));
    }
  g_assert_false (ismb_profiles_set_card (fixture->profiles, "a", "<vCard/>"));
  g_assert_true (ismb_profiles_set_card (fixture->profiles, "t9", card));
  g_assert_true (ismb_profiles_set_card (fixture->profiles, "t9", NULL));
  g_assert_true (ismb_profiles_set_card (fixture->profiles, "a", card));
}

static void
test_cards_are_taken_back (Fixture *fixture, gconstpointer data)
{
  g_assert_true (ismb_profiles_set_card (fixture->profiles, "a", "<vCard/>"));
  scratch_refuse (fixture->store, "vcard", TRUE);
  g_assert_true (ismb_profiles_set_card (fixture->profiles, "a", "<vCard>new</vCard>"));
  scratch_settle (fixture->store);
  g_assert_cmpstr (ismb_profiles_get_card (fixture->profiles, "a"), ==, "<vCard/>");
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
