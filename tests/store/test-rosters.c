/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/store/ismb-rosters.h"

#include <string.h>

#include "tests/store/beside-accounts.h"

static gpointer
load (IsmbStore *store, IsmbAccounts *accounts, GError **error)
{
  return ismb_rosters_load (store, accounts, error);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  begin (fixture, load);
}

static void
test_survives_reopening (Fixture *fixture, gconstpointer data)
{
  static const char *const groups[] = { "core", "edge, east", NULL };
  const IsmbRosterEntry *entry = NULL;

  g_assert_true (
    ismb_rosters_put (fixture->noun, "a", "b@sw2", "Bob", groups, ISMB_SUBSCRIPTION_TO));
  g_assert_true (
    ismb_rosters_put (fixture->noun, "a", "c@sw2", NULL, NULL, ISMB_SUBSCRIPTION_FROM));
  g_assert_true (
    ismb_rosters_set_subscription (fixture->noun, "a", "d@sw3", ISMB_SUBSCRIPTION_PENDING_IN));
  reopen (fixture);

  entry = ismb_rosters_lookup (fixture->noun, "a", "b@sw2");
  g_assert_cmpstr (entry->contact, ==, "b@sw2");
  g_assert_cmpstr (entry->name, ==, "Bob");
  g_assert_cmpstrv (entry->groups, groups);
  g_assert_cmpint (entry->subscription, ==, ISMB_SUBSCRIPTION_TO);
  entry = ismb_rosters_lookup (fixture->noun, "a", "c@sw2");
  g_assert_null (entry->name);
  g_assert_null (entry->groups);
  entry = ismb_rosters_lookup (fixture->noun, "a", "d@sw3");
  g_assert_cmpint (entry->subscription, ==, ISMB_SUBSCRIPTION_PENDING_IN);
  g_assert_null (ismb_rosters_lookup (fixture->noun, "b", "b@sw2"));
}

/* A subscription's change must not lose the name the user gave, nor the other way round. */
static void
test_changes_one_thing (Fixture *fixture, gconstpointer data)
{
  const IsmbRosterEntry *entry = NULL;

  ismb_rosters_put (fixture->noun, "a", "b@sw2", "Bob", NULL, ISMB_SUBSCRIPTION_TO);
  ismb_rosters_set_subscription (fixture->noun, "a", "b@sw2",
                                 ISMB_SUBSCRIPTION_TO | ISMB_SUBSCRIPTION_FROM);
  entry = ismb_rosters_lookup (fixture->noun, "a", "b@sw2");
  g_assert_cmpstr (entry->name, ==, "Bob");
  /* with what was looked up, as a service does that keeps what the client left out */
  ismb_rosters_put (fixture->noun, "a", "b@sw2", entry->name, NULL, entry->subscription);
  reopen (fixture);
  entry = ismb_rosters_lookup (fixture->noun, "a", "b@sw2");
  g_assert_cmpstr (entry->name, ==, "Bob");
  g_assert_cmpint (entry->subscription, ==, ISMB_SUBSCRIPTION_TO | ISMB_SUBSCRIPTION_FROM);
}

static void
count (const IsmbRosterEntry *entry, gpointer data)
{
  ++*(guint *) data;
}

static guint
count_contacts (Fixture *fixture, const char *account)
{
  guint contacts = 0;

  ismb_rosters_foreach (fixture->noun, account, count, &contacts);
  return contacts;
}

static void
test_is_removed (Fixture *fixture, gconstpointer data)
{
  ismb_rosters_put (fixture->noun, "a", "b@sw2", NULL, NULL, 0);
  ismb_rosters_put (fixture->noun, "a", "c@sw2", NULL, NULL, 0);
  ismb_rosters_put (fixture->noun, "z", "b@sw2", NULL, NULL, 0);
  ismb_rosters_put (fixture->noun, "z", "c@sw2", NULL, NULL, 0);
  g_assert_true (ismb_rosters_remove (fixture->noun, "a", "b@sw2"));
  g_assert_false (ismb_rosters_remove (fixture->noun, "a", "b@sw2"));
  g_assert_false (ismb_rosters_remove (fixture->noun, "nobody", "b@sw2"));
  ismb_rosters_remove_account (fixture->noun, "z");
  ismb_rosters_remove_account (fixture->noun, "nobody");

  for (guint i = 0; i < 2; i++)
    {
      g_assert_cmpuint (count_contacts (fixture, "a"), ==, 1);
      g_assert_cmpuint (count_contacts (fixture, "z"), ==, 0);
      reopen (fixture);
    }
}

static void
test_is_bounded (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 10000; i++)
    {
      g_autofree char *contact = g_strdup_printf ("c%u@sw2", i);
      g_assert_true (ismb_rosters_put (fixture->noun, "a", contact, NULL, NULL, 0));
    }
  g_assert_false (ismb_rosters_put (fixture->noun, "a", "one@more", NULL, NULL, 0));
  g_assert_false (ismb_rosters_set_subscription (fixture->noun, "a", "one@more", 0));
  g_assert_true (ismb_rosters_put (fixture->noun, "a", "c5@sw2", "known", NULL, 0));
  reopen (fixture);
  g_assert_cmpuint (count_contacts (fixture, "a"), ==, 10000);
}

/* Addresses, names and groups are anybody's to choose, so it is bytes that are bounded: a roster
 * that grows without end could never be read again. */
static void
test_words_are_bounded (Fixture *fixture, gconstpointer data)
{
  g_autofree char *name = g_strnfill (1024, 'n');
  g_autofree char *address = g_strnfill (3000, 'a');
  const char *const groups[] = { name, name, name, NULL };

  for (guint i = 0; i < 255; i++)
    {
      g_autofree char *contact = g_strdup_printf ("c%u@sw2", i);
      g_assert_true (ismb_rosters_put (fixture->noun, "a", contact, name, groups, 0));
    }
  for (guint i = 0; i < 2; i++)
    {
      g_assert_false (ismb_rosters_put (fixture->noun, "a", "one@more", name, groups, 0));
      g_assert_null (ismb_rosters_lookup (fixture->noun, "a", "one@more"));
      g_assert_false (ismb_rosters_set_subscription (fixture->noun, "a", address, 0));
      reopen (fixture);
    }
  g_assert_true (ismb_rosters_put (fixture->noun, "z", "one@more", name, groups, 0));
  g_assert_true (ismb_rosters_put (fixture->noun, "a", "c9@sw2", name, groups, 0));
  g_assert_true (ismb_rosters_remove (fixture->noun, "a", "c7@sw2"));
  g_assert_true (ismb_rosters_put (fixture->noun, "a", "one@more", name, groups, 0));
}

/* What was left by an account that is gone would be the next one's: other people's presence too. */
static void
test_is_not_inherited (Fixture *fixture, gconstpointer data)
{
  create (fixture, "agent", TRUE);
  ismb_rosters_put (fixture->noun, "agent", "b@sw2", "Bob", NULL, ISMB_SUBSCRIPTION_FROM);
  ismb_rosters_set_subscription (fixture->noun, "agent", "c@sw2", ISMB_SUBSCRIPTION_PENDING_IN);
  g_assert_cmpuint (count_contacts (fixture, "agent"), ==, 2);
  reopen (fixture);
  create (fixture, "agent", FALSE);
  reopen (fixture);
  g_assert_cmpuint (count_contacts (fixture, "agent"), ==, 0);
}

static void
test_goes_with_its_account (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  ismb_rosters_put (fixture->noun, "z", "b@sw2", NULL, NULL, ISMB_SUBSCRIPTION_FROM);
  g_assert_true (ismb_accounts_remove (fixture->accounts, "z", &error)); /* and a crash behind it */
  reopen (fixture);
  create (fixture, "z", FALSE);
  g_assert_cmpuint (count_contacts (fixture, "z"), ==, 0);
}

static void
test_is_kept_with_its_account (Fixture *fixture, gconstpointer data)
{
  create (fixture, "agent", TRUE);
  ismb_rosters_put (fixture->noun, "agent", "b@sw2", "Bob", NULL, 0);
  create (fixture, "agent", FALSE);
  reopen (fixture);
  g_assert_cmpuint (count_contacts (fixture, "agent"), ==, 1);
}

static void
test_outlives_a_password (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  ismb_rosters_put (fixture->noun, "a", "b@sw2", NULL, NULL, ISMB_SUBSCRIPTION_FROM);
  g_assert_true (
      ismb_accounts_renew (fixture->accounts, "a", "other", ISMB_ROLE_SWITCH, &error));
  g_assert_no_error (error);
  reopen (fixture);
  g_assert_true (ismb_accounts_check (fixture->accounts, "a", "other"));
  g_assert_false (ismb_accounts_check (fixture->accounts, "a", "secret"));
  g_assert_cmpuint (count_contacts (fixture, "a"), ==, 1);
}

/* A client is told that nothing has changed by this number alone, so it must never come again. */
static void
test_versions (Fixture *fixture, gconstpointer data)
{
  gint64 first, second, third, last;

  g_assert_cmpint (ismb_rosters_get_version (fixture->noun, "a"), ==, 0);
  ismb_rosters_put (fixture->noun, "a", "b@sw2", NULL, NULL, 0);
  first = ismb_rosters_get_version (fixture->noun, "a");
  ismb_rosters_put (fixture->noun, "a", "b@sw2", "Bob", NULL, 0);
  second = ismb_rosters_get_version (fixture->noun, "a");
  g_assert_cmpint (second, >, first);
  reopen (fixture);
  g_assert_cmpint (ismb_rosters_get_version (fixture->noun, "a"), ==, second);
  g_assert_cmpint (ismb_rosters_get_version (fixture->noun, "z"), ==, 0);
  ismb_rosters_remove (fixture->noun, "a", "b@sw2");
  third = ismb_rosters_get_version (fixture->noun, "a");
  g_assert_cmpint (third, >, second);
  reopen (fixture);
  g_assert_cmpuint (count_contacts (fixture, "a"), ==, 0);
  g_assert_cmpint (ismb_rosters_get_version (fixture->noun, "a"), ==, third);
  ismb_rosters_remove_account (fixture->noun, "a");
  ismb_rosters_put (fixture->noun, "a", "b@sw2", NULL, NULL, 0);
  last = ismb_rosters_get_version (fixture->noun, "a");
  g_assert_cmpint (last, >, third);
}

static void
on_restored (IsmbRosters *rosters, const char *account, const char *contact, guint was,
             gpointer user_data)
{
  g_string_append_printf (user_data, "%s %s %u\n", account, contact, was);
}

/* A change that is nowhere but in memory would be there until the next restart, and then not. */
static void
test_takes_back (Fixture *fixture, gconstpointer data)
{
  static const char *const groups[] = { "core", "edge", NULL };
  g_autoptr (GString) said = g_string_new (NULL);
  const IsmbRosterEntry *entry;
  gint64 version;

  ismb_rosters_put (fixture->noun, "a", "b@sw2", "Bob", groups, ISMB_SUBSCRIPTION_TO);
  ismb_rosters_put (fixture->noun, "a", "c@sw2", "Carl", NULL, 0);
  g_signal_connect (fixture->noun, "restored", G_CALLBACK (on_restored), said);
  scratch_refuse (fixture->store, "roster", TRUE);
  ismb_rosters_put (fixture->noun, "a", "b@sw2", "Robert", NULL, ISMB_SUBSCRIPTION_TO);
  ismb_rosters_set_subscription (fixture->noun, "a", "b@sw2", ISMB_SUBSCRIPTION_FROM);
  ismb_rosters_remove (fixture->noun, "a", "c@sw2");
  ismb_rosters_put (fixture->noun, "a", "d@sw2", NULL, NULL, ISMB_SUBSCRIPTION_TO);
  version = ismb_rosters_get_version (fixture->noun, "a");
  scratch_settle (fixture->store);

  g_assert_cmpstr (said->str, ==, "a b@sw2 2\na c@sw2 0\na d@sw2 1\n");
  g_assert_cmpint (ismb_rosters_get_version (fixture->noun, "a"), >, version);
  scratch_refuse (fixture->store, "roster", FALSE);
  for (guint i = 0; i < 2; i++)
    {
      g_assert_cmpuint (count_contacts (fixture, "a"), ==, 2);
      entry = ismb_rosters_lookup (fixture->noun, "a", "b@sw2");
      g_assert_cmpstr (entry->name, ==, "Bob");
      g_assert_cmpstrv (entry->groups, groups);
      g_assert_cmpint (entry->subscription, ==, ISMB_SUBSCRIPTION_TO);
      g_assert_nonnull (ismb_rosters_lookup (fixture->noun, "a", "c@sw2"));
      reopen (fixture);
    }
}

/* Of an account that was removed meanwhile nothing comes back. */
static void
test_takes_nothing_back (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  scratch_refuse (fixture->store, "roster", TRUE);
  ismb_rosters_put (fixture->noun, "a", "b@sw2", NULL, NULL, ISMB_SUBSCRIPTION_FROM);
  g_assert_true (ismb_accounts_remove (fixture->accounts, "a", &error));
  ismb_rosters_remove_account (fixture->noun, "a");
  scratch_settle (fixture->store);
  g_assert_cmpuint (count_contacts (fixture, "a"), ==, 0);
}

static void
ask (Fixture *fixture, const char *contact, const char *stanza)
{
  g_assert_true (ismb_rosters_set_subscription (fixture->noun, "a", contact,
                                                ISMB_SUBSCRIPTION_PENDING_IN));
  ismb_rosters_set_request (fixture->noun, "a", contact, stanza, strlen (stanza));
}

static const char *
get_request (Fixture *fixture, const char *contact)
{
  return ismb_rosters_lookup (fixture->noun, "a", contact)->request;
}

static void
test_requests (Fixture *fixture, gconstpointer data)
{
  g_autofree char *longest = g_strnfill (ISMB_ROSTERS_REQUEST_MAX, 'r');
  g_autofree char *longer = g_strnfill (ISMB_ROSTERS_REQUEST_MAX + 1, 'r');

  ask (fixture, "b@sw2", "<presence/>");
  ask (fixture, "c@sw2", longer);
  reopen (fixture);
  g_assert_cmpstr (get_request (fixture, "b@sw2"), ==, "<presence/>");
  g_assert_null (get_request (fixture, "c@sw2"));
  ismb_rosters_set_subscription (fixture->noun, "a", "b@sw2", ISMB_SUBSCRIPTION_FROM);
  g_assert_null (get_request (fixture, "b@sw2"));
  for (guint i = 0; i < 65; i++)
    {
      g_autofree char *contact = g_strdup_printf ("c%u@sw2", i);
      ask (fixture, contact, longest);
    }
  for (guint i = 0; i < 2; i++)
    {
      g_assert_cmpstr (get_request (fixture, "c63@sw2"), ==, longest);
      g_assert_null (get_request (fixture, "c64@sw2"));
      g_assert_null (get_request (fixture, "b@sw2"));
      reopen (fixture);
    }
  ismb_rosters_remove (fixture->noun, "a", "c0@sw2");
  ask (fixture, "c64@sw2", longest);
  g_assert_cmpstr (get_request (fixture, "c64@sw2"), ==, longest);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  ADD ("/rosters/survives-reopening", test_survives_reopening);
  ADD ("/rosters/changes-one-thing", test_changes_one_thing);
  ADD ("/rosters/is-removed", test_is_removed);
  ADD ("/rosters/is-not-inherited", test_is_not_inherited);
  ADD ("/rosters/goes-with-its-account", test_goes_with_its_account);
  ADD ("/rosters/is-kept-with-its-account", test_is_kept_with_its_account);
  ADD ("/rosters/outlives-a-password", test_outlives_a_password);
  ADD ("/rosters/is-bounded", test_is_bounded);
  ADD ("/rosters/words-are-bounded", test_words_are_bounded);
  ADD ("/rosters/versions", test_versions);
  ADD ("/rosters/takes-back", test_takes_back);
  ADD ("/rosters/takes-nothing-back", test_takes_nothing_back);
  ADD ("/rosters/requests", test_requests);
#undef ADD
  return g_test_run ();
}
