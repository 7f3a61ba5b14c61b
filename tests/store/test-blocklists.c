/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/store/ismb-blocklists.h"

#include "tests/store/beside-accounts.h"

static gpointer
load (IsmbStore *store, IsmbAccounts *accounts, GError **error)
{
  return ismb_blocklists_load (store, accounts, error);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  begin (fixture, load);
}

static void
test_survive_reopening (Fixture *fixture, gconstpointer data)
{
  static const char *const expected[] = { "b@sw2", "sw3", NULL };
  g_auto (GStrv) addresses = NULL;

  g_assert_null (ismb_blocklists_lookup (fixture->noun, "a"));
  g_assert_true (ismb_blocklists_add (fixture->noun, "a", "sw3"));
  g_assert_true (ismb_blocklists_add (fixture->noun, "a", "b@sw2"));
  g_assert_true (ismb_blocklists_add (fixture->noun, "a", "b@sw2"));
  g_assert_true (ismb_blocklists_add (fixture->noun, "a", "c@sw2"));
  ismb_blocklists_remove (fixture->noun, "a", "c@sw2");
  ismb_blocklists_remove (fixture->noun, "a", "c@sw2");
  reopen (fixture);
  addresses = ismb_blocklist_list (ismb_blocklists_lookup (fixture->noun, "a"));
  g_assert_cmpstrv (addresses, expected);
  g_assert_null (ismb_blocklists_lookup (fixture->noun, "z"));
  ismb_blocklists_remove (fixture->noun, "a", "sw3");
  ismb_blocklists_remove (fixture->noun, "a", "b@sw2");
  g_assert_null (ismb_blocklists_lookup (fixture->noun, "a"));
  reopen (fixture);
  g_assert_null (ismb_blocklists_lookup (fixture->noun, "a"));
}

/* XEP-0191, 4. */
static void
test_matching (Fixture *fixture, gconstpointer data)
{
  static const struct { const char *blocked, *address; gboolean matches; } cases[] = {
    { "b@sw2/x", "b@sw2/x", TRUE },
    { "b@sw2/x", "b@sw2/y", FALSE },
    { "b@sw2/x", "b@sw2", FALSE },
    { "b@sw2", "b@sw2", TRUE },
    { "b@sw2", "b@sw2/x", TRUE },
    { "b@sw2", "ab@sw2", FALSE },
    { "b@sw2", "b@sw22", FALSE },
    { "b@sw2", "sw2", FALSE },
    { "sw2/x", "sw2/x", TRUE },
    { "sw2/x", "sw2", FALSE },
    { "sw2/x", "b@sw2/x", FALSE },
    { "sw2", "sw2", TRUE },
    { "sw2", "sw2/x", TRUE },
    { "sw2", "b@sw2", TRUE },
    { "sw2", "b@sw2/x", TRUE },
    { "sw2", "b@sw3/sw2", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      ismb_blocklists_add (fixture->noun, "a", cases[i].blocked);
      g_assert_cmpint (ismb_blocklist_matches (ismb_blocklists_lookup (fixture->noun, "a"),
                                               cases[i].address),
                       ==, cases[i].matches);
      g_assert_cmpint (ismb_blocklist_covers (cases[i].blocked, cases[i].address), ==,
                       cases[i].matches);
      ismb_blocklists_remove (fixture->noun, "a", cases[i].blocked);
    }
}

static void
test_go_with_the_account (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  ismb_blocklists_add (fixture->noun, "a", "sw2");
  create (fixture, "agent", TRUE);
  ismb_blocklists_add (fixture->noun, "agent", "sw2");
  g_assert_true (ismb_accounts_remove (fixture->accounts, "a", &error));
  g_assert_null (ismb_blocklists_lookup (fixture->noun, "a"));
  create (fixture, "a", FALSE);
  reopen (fixture);
  g_assert_null (ismb_blocklists_lookup (fixture->noun, "a"));
  g_assert_null (ismb_blocklists_lookup (fixture->noun, "agent"));
}

static void
test_are_kept_with_the_account (Fixture *fixture, gconstpointer data)
{
  create (fixture, "agent", TRUE);
  ismb_blocklists_add (fixture->noun, "agent", "sw2");
  create (fixture, "agent", FALSE);
  reopen (fixture);
  g_assert_true (ismb_blocklist_has (ismb_blocklists_lookup (fixture->noun, "agent"), "sw2"));
}

static void
test_are_bounded (Fixture *fixture, gconstpointer data)
{
  g_autofree char *local = g_strnfill (1000, 'l');

  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *address = g_strdup_printf ("c%u@sw2", i);
      g_assert_true (ismb_blocklists_add (fixture->noun, "a", address));
    }
  g_assert_false (ismb_blocklists_add (fixture->noun, "a", "one@more"));
  g_assert_true (ismb_blocklists_add (fixture->noun, "a", "c5@sw2"));
  for (guint i = 0; i < 65; i++)
    {
      g_autofree char *address = g_strdup_printf ("%s@%u", local, i % 10);
      g_autofree char *full = g_strdup_printf ("%s/%u", address, i / 10);
      g_assert_cmpint (ismb_blocklists_add (fixture->noun, "z", full), ==, TRUE);
    }
  g_assert_false (ismb_blocklists_add (fixture->noun, "z", local));
}

static void
on_restored (IsmbBlocklists *lists, const char *account, const char *address, gboolean blocked,
             gpointer user_data)
{
  g_string_append_printf (user_data, "%s %s %d\n", account, address, blocked);
}

static void
test_are_taken_back (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GString) said = g_string_new (NULL);

  g_signal_connect (fixture->noun, "restored", G_CALLBACK (on_restored), said);
  g_assert_true (ismb_blocklists_add (fixture->noun, "a", "b@sw2"));
  scratch_settle (fixture->store);
  scratch_refuse (fixture->store, "blocked", TRUE);
  g_assert_true (ismb_blocklists_add (fixture->noun, "a", "c@sw2"));
  scratch_settle (fixture->store);
  g_assert_cmpstr (said->str, ==, "a c@sw2 0\n");
  g_assert_true (ismb_blocklist_has (ismb_blocklists_lookup (fixture->noun, "a"), "b@sw2"));
  g_assert_false (ismb_blocklist_has (ismb_blocklists_lookup (fixture->noun, "a"), "c@sw2"));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  ADD ("/blocklists/survive-reopening", test_survive_reopening);
  ADD ("/blocklists/matching", test_matching);
  ADD ("/blocklists/go-with-the-account", test_go_with_the_account);
  ADD ("/blocklists/are-kept-with-the-account", test_are_kept_with_the_account);
  ADD ("/blocklists/are-bounded", test_are_bounded);
  ADD ("/blocklists/are-taken-back", test_are_taken_back);
#undef ADD
  return g_test_run ();
}
