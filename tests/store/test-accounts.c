/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/store/ismb-accounts.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "tests/store/scratch.h"

typedef struct
{
  char *folder;
  IsmbStore *store;
  IsmbAccounts *accounts;
} Fixture;

static void
open_accounts (Fixture *fixture)
{
  g_autofree char *path = g_build_filename (fixture->folder, "blue.db", NULL);
  g_autoptr (GError) error = NULL;

  fixture->store = ismb_store_open (path, &error);
  g_assert_no_error (error);
  fixture->accounts = ismb_accounts_load (fixture->store, &error);
  g_assert_no_error (error);
}

static void
close_accounts (Fixture *fixture)
{
  g_assert_finalize_object (g_steal_pointer (&fixture->accounts));
  g_assert_finalize_object (g_steal_pointer (&fixture->store));
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = scratch_new ();
  open_accounts (fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  close_accounts (fixture);
  scratch_remove (fixture->folder);
}

static void
create (Fixture *fixture, const char *name, const char *password, IsmbRole role, gboolean transient)
{
  g_autoptr (GError) error = NULL;

  ismb_accounts_create (fixture->accounts, name, password, role, transient, &error);
  g_assert_no_error (error);
}

static void
assert_refused (Fixture *fixture, const char *name, const char *password, IsmbRole role,
                IsmbError code)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (ismb_accounts_create (fixture->accounts, name, password, role, FALSE, &error));
  g_assert_error (error, ISMB_ERROR, (int) code);
  g_assert_nonnull (strstr (error->message, name));
}

static void
test_survives_reopening (Fixture *fixture, gconstpointer data)
{
  IsmbRole role = ISMB_ROLE_CLIENT;
  g_auto (GStrv) names = NULL;

  create (fixture, "switch", "secret", ISMB_ROLE_SWITCH, FALSE);
  create (fixture, "alice", "pässword", ISMB_ROLE_OPERATOR, FALSE);
  create (fixture, "guest", "secret", ISMB_ROLE_CLIENT, TRUE);
  close_accounts (fixture);
  open_accounts (fixture);

  names = ismb_accounts_list (fixture->accounts);
  g_assert_cmpstrv (names, ((const char *const[]){ "alice", "switch", NULL }));
  g_assert_true (ismb_accounts_get_role (fixture->accounts, "switch", &role));
  g_assert_cmpint (role, ==, ISMB_ROLE_SWITCH);
  g_assert_true (ismb_accounts_check (fixture->accounts, "alice", "pässword"));
  g_assert_false (ismb_accounts_check (fixture->accounts, "alice", "password"));
  g_assert_false (ismb_accounts_check (fixture->accounts, "guest", "secret"));
  g_assert_false (ismb_accounts_check (fixture->accounts, "nobody", "secret"));
  g_assert_null (ismb_accounts_get_keys (fixture->accounts, "nobody", G_CHECKSUM_SHA1));
}

static void
test_may_be_created_again (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  create (fixture, "alice", "secret", ISMB_ROLE_CLIENT, FALSE);
  create (fixture, "alice", "secret", ISMB_ROLE_CLIENT, FALSE);
  assert_refused (fixture, "alice", "other", ISMB_ROLE_CLIENT, ISMB_ERROR_EXISTS);
  g_assert_false (
    ismb_accounts_create (fixture->accounts, "alice", "secret", ISMB_ROLE_OPERATOR, FALSE, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_EXISTS);
  g_assert_nonnull (strstr (error->message, "role client"));
}

static void
test_transient_may_stay (Fixture *fixture, gconstpointer data)
{
  create (fixture, "alice", "secret", ISMB_ROLE_CLIENT, TRUE);
  create (fixture, "alice", "secret", ISMB_ROLE_CLIENT, FALSE);
  close_accounts (fixture);
  open_accounts (fixture);
  g_assert_true (ismb_accounts_has (fixture->accounts, "alice"));
}

static void
on_removed (IsmbAccounts *accounts, const char *name, gpointer user_data)
{
  g_assert_false (ismb_accounts_has (accounts, name));
  g_string_append (user_data, name);
}

static void
test_is_removed (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GString) removed = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  create (fixture, "alice", "secret", ISMB_ROLE_CLIENT, FALSE);
  g_signal_connect (fixture->accounts, "removed", G_CALLBACK (on_removed), removed);
  g_assert_true (ismb_accounts_remove (fixture->accounts, "alice", &error));
  g_assert_no_error (error);
  g_assert_cmpstr (removed->str, ==, "alice");
  g_assert_false (ismb_accounts_check (fixture->accounts, "alice", "secret"));
  g_assert_false (ismb_accounts_remove (fixture->accounts, "alice", &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND);

  close_accounts (fixture);
  open_accounts (fixture);
  g_assert_false (ismb_accounts_has (fixture->accounts, "alice"));
}

static void
test_refuses_bad_names (Fixture *fixture, gconstpointer data)
{
  static const char *const names[] = { "", "Alice", "a b", "a@b", "a/b", "a<b", "\xff", "\n" };
  g_autofree char *longest = g_strnfill (1023, 'a');
  g_autofree char *too_long = g_strnfill (1024, 'a');

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    assert_refused (fixture, names[i], "secret", ISMB_ROLE_CLIENT, ISMB_ERROR_BAD_ADDRESS);
  assert_refused (fixture, too_long, "secret", ISMB_ROLE_CLIENT, ISMB_ERROR_BAD_ADDRESS);
  create (fixture, longest, "secret", ISMB_ROLE_CLIENT, TRUE);
}

static void
test_refuses_bad_passwords (Fixture *fixture, gconstpointer data)
{
  g_autofree char *too_long = g_strnfill (1024, 'a');

  assert_refused (fixture, "alice", "", ISMB_ROLE_CLIENT, ISMB_ERROR_AUTH_FAILED);
  assert_refused (fixture, "alice", "\xff", ISMB_ROLE_CLIENT, ISMB_ERROR_AUTH_FAILED);
  assert_refused (fixture, "alice", "a\nb", ISMB_ROLE_CLIENT, ISMB_ERROR_AUTH_FAILED);
  assert_refused (fixture, "alice", too_long, ISMB_ROLE_CLIENT, ISMB_ERROR_AUTH_FAILED);
  g_assert_false (ismb_accounts_has (fixture->accounts, "alice"));
}

static void
test_keeps_no_password (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "blue.db-wal", NULL);
  g_autofree char *contents = NULL;
  gsize size = 0;

  create (fixture, "alice", "correct horse battery", ISMB_ROLE_CLIENT, FALSE);
  g_assert_true (g_file_get_contents (path, &contents, &size, NULL));
  g_assert_nonnull (memmem (contents, size, "alice", 5));
  g_assert_null (memmem (contents, size, "correct horse", 13));
}

static void
test_leaves_out_what_is_damaged (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  create (fixture, "alice", "secret", ISMB_ROLE_CLIENT, FALSE);
  create (fixture, "bob", "secret", ISMB_ROLE_CLIENT, FALSE);
  g_assert_true (
    ismb_store_write_now (fixture->store,
                          "UPDATE account SET sha1_stored = x'00' WHERE name = 'alice'", NULL,
                          &error));
  close_accounts (fixture);
  g_test_expect_message ("ismb.store.accounts", G_LOG_LEVEL_WARNING, "*alice*damaged*");
  open_accounts (fixture);
  g_test_assert_expected_messages ();
  g_assert_false (ismb_accounts_has (fixture->accounts, "alice"));
  g_assert_true (ismb_accounts_has (fixture->accounts, "bob"));
}

static void
test_roles_have_names (void)
{
  static const char *const names[] = { "client", "operator", "switch" };
  IsmbRole role = ISMB_ROLE_CLIENT;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_assert_true (ismb_role_from_string (names[i], &role));
      g_assert_cmpstr (ismb_role_to_string (role), ==, names[i]);
    }
  g_assert_false (ismb_role_from_string ("admin", &role));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  ADD ("/accounts/survives-reopening", test_survives_reopening);
  ADD ("/accounts/may-be-created-again", test_may_be_created_again);
  ADD ("/accounts/transient-may-stay", test_transient_may_stay);
  ADD ("/accounts/is-removed", test_is_removed);
  ADD ("/accounts/refuses-bad-names", test_refuses_bad_names);
  ADD ("/accounts/refuses-bad-passwords", test_refuses_bad_passwords);
  ADD ("/accounts/keeps-no-password", test_keeps_no_password);
  ADD ("/accounts/leaves-out-what-is-damaged", test_leaves_out_what_is_damaged);
#undef ADD
  g_test_add_func ("/accounts/roles-have-names", test_roles_have_names);
  return g_test_run ();
}
