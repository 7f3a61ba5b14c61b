/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/store/ismb-offline.h"

#include <string.h>

#include "tests/store/scratch.h"

#define MESSAGES 5
#define BYTES 100

typedef struct
{
  char *folder;
  char *path;
  IsmbStore *store;
  IsmbAccounts *accounts;
  IsmbOffline *offline;
  GString *read;    /* "number:stanza " */
  GError *error;    /* the last one told */
  guint told;       /* of keepings */
  guint reads;
} Fixture;

static void
create (Fixture *fixture, const char *account, gboolean transient)
{
  g_autoptr (GError) error = NULL;

  ismb_accounts_create (fixture->accounts, account, "secret", ISMB_ROLE_CLIENT, transient, &error);
  g_assert_no_error (error);
}

static void
open_offline (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  fixture->store = ismb_store_open (fixture->path, &error);
  g_assert_no_error (error);
  fixture->accounts = ismb_accounts_load (fixture->store, &error);
  g_assert_no_error (error);
  fixture->offline =
      ismb_offline_load (fixture->store, fixture->accounts, MESSAGES, BYTES, &error);
  g_assert_no_error (error);
}

/* What is still to be told keeps the offline messages alive. */
static void
close_offline (Fixture *fixture)
{
  ismb_store_sync (fixture->store, NULL);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_finalize_object (g_steal_pointer (&fixture->offline));
  g_assert_finalize_object (g_steal_pointer (&fixture->accounts));
  g_assert_finalize_object (g_steal_pointer (&fixture->store));
}

static void
reopen (Fixture *fixture)
{
  close_offline (fixture);
  open_offline (fixture);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = scratch_new ();
  fixture->path = g_build_filename (fixture->folder, "blue.db", NULL);
  fixture->read = g_string_new (NULL);
  open_offline (fixture);
  create (fixture, "ann", FALSE);
  create (fixture, "bob", FALSE);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  close_offline (fixture);
  g_clear_error (&fixture->error);
  g_string_free (fixture->read, TRUE);
  g_free (fixture->path);
  scratch_remove (fixture->folder);
}

static void
on_told (const GError *error, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_clear_error (&fixture->error);
  fixture->error = error != NULL ? g_error_copy (error) : NULL;
  fixture->told++;
}

static void
wait (Fixture *fixture, guint told)
{
  while (fixture->told < told)
    g_main_context_iteration (NULL, TRUE);
}

static gint64
keep (Fixture *fixture, const char *account, const char *stanza)
{
  return ismb_offline_keep (fixture->offline, account, 1000, stanza, strlen (stanza), on_told,
                            fixture);
}

static void
drop (Fixture *fixture, const char *account, gint64 number, const char *stanza)
{
  ismb_offline_drop (fixture->offline, account, number, strlen (stanza));
}

static void
note_message (const IsmbOfflineMessage *message, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_assert_cmpint (message->time, ==, 1000);
  g_assert_cmpuint (message->length, ==, strlen (message->stanza));
  g_string_append_printf (fixture->read, "%s ", message->stanza);
}

static void
on_read (const GError *error, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_assert_no_error (error);
  fixture->reads++;
}

static void
assert_waiting (Fixture *fixture, const char *account, gint64 after, const char *expected)
{
  guint reads = fixture->reads;

  g_string_truncate (fixture->read, 0);
  ismb_offline_read (fixture->offline, account, after, note_message, on_read, fixture);
  while (fixture->reads == reads)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (fixture->read->str, ==, expected);
}

static void
test_in_order (Fixture *fixture, gconstpointer data)
{
  gint64 first = keep (fixture, "ann", "one");
  gint64 second = keep (fixture, "bob", "two");
  gint64 third = keep (fixture, "ann", "three");

  g_assert_cmpint (0, <, first);
  g_assert_cmpint (first, <, second);
  g_assert_cmpint (second, <, third);
  assert_waiting (fixture, "ann", 0, "one three ");
  g_assert_cmpuint (fixture->told, ==, 3); /* each was told of before what stood behind it */
  assert_waiting (fixture, "ann", first, "three ");
  assert_waiting (fixture, "bob", 0, "two ");
  assert_waiting (fixture, "carl", 0, "");
}

static void
test_survives_reopening (Fixture *fixture, gconstpointer data)
{
  gint64 first = keep (fixture, "ann", "größer");

  keep (fixture, "ann", "two");
  reopen (fixture);
  g_assert_cmpuint (ismb_offline_count (fixture->offline, "ann"), ==, 2);
  g_assert_cmpuint (ismb_offline_count (fixture->offline, "bob"), ==, 0);
  g_assert_cmpint (keep (fixture, "ann", "three"), >, first + 1);
  assert_waiting (fixture, "ann", 0, "größer two three ");
  drop (fixture, "ann", first, "größer");
  reopen (fixture);
  assert_waiting (fixture, "ann", 0, "two three ");
  g_assert_cmpuint (ismb_offline_count (fixture->offline, "ann"), ==, 2);
}

/* Also what is dropped before it was written at all. */
static void
test_dropped (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 3 * MESSAGES; i++)
    {
      gint64 number = keep (fixture, "ann", "short-lived");

      g_assert_cmpint (number, >, 0);
      if (i % 2 == 0)
        wait (fixture, i + 1);
      drop (fixture, "ann", number, "short-lived");
      g_assert_cmpuint (ismb_offline_count (fixture->offline, "ann"), ==, 0);
    }
  assert_waiting (fixture, "ann", 0, "");
  reopen (fixture);
  assert_waiting (fixture, "ann", 0, "");
}

/* Acknowledged while somebody reads it, before or after its own commit: it has arrived. */
static void
test_dropped_while_read (Fixture *fixture, gconstpointer data)
{
  gint64 first = keep (fixture, "ann", "one");
  gint64 second;

  wait (fixture, 1);
  second = keep (fixture, "ann", "two");
  keep (fixture, "ann", "three");
  ismb_offline_read (fixture->offline, "ann", 0, note_message, on_read, fixture);
  drop (fixture, "ann", first, "one");
  drop (fixture, "ann", second, "two");
  while (fixture->reads == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (fixture->read->str, ==, "three ");
  assert_waiting (fixture, "ann", 0, "three ");
}

static void
test_bounded_in_messages (Fixture *fixture, gconstpointer data)
{
  gint64 first = keep (fixture, "ann", "a");

  for (guint i = 1; i < MESSAGES; i++)
    g_assert_cmpint (keep (fixture, "ann", "a"), >, 0);
  g_assert_cmpint (keep (fixture, "ann", "a"), ==, 0);
  g_assert_cmpint (keep (fixture, "bob", "a"), >, 0);
  reopen (fixture);
  g_assert_cmpint (keep (fixture, "ann", "a"), ==, 0);
  drop (fixture, "ann", first, "a");
  g_assert_cmpint (keep (fixture, "ann", "a"), >, 0);
}

static void
test_bounded_in_bytes (Fixture *fixture, gconstpointer data)
{
  g_autofree char *half = g_strnfill (BYTES / 2, 'x');
  g_autofree char *whole = g_strnfill (BYTES + 1, 'x');
  gint64 first = 0;

  g_assert_cmpint (keep (fixture, "ann", whole), ==, 0);
  first = keep (fixture, "ann", half);
  g_assert_cmpint (keep (fixture, "ann", half), >, 0);
  g_assert_cmpint (keep (fixture, "ann", "x"), ==, 0);
  reopen (fixture);
  g_assert_cmpint (keep (fixture, "ann", "x"), ==, 0);
  drop (fixture, "ann", first, half);
  g_assert_cmpint (keep (fixture, "ann", half), >, 0);
  g_assert_cmpint (keep (fixture, "ann", "x"), ==, 0);
}

static void
test_switched_off (Fixture *fixture, gconstpointer data)
{
  g_autoptr (IsmbOffline) none = ismb_offline_load (fixture->store, fixture->accounts, 0, BYTES,
                                                    NULL);
  g_autoptr (IsmbOffline) empty = ismb_offline_load (fixture->store, fixture->accounts, MESSAGES, 0,
                                                     NULL);

  g_assert_cmpint (ismb_offline_keep (none, "ann", 0, "x", 1, on_told, fixture), ==, 0);
  g_assert_cmpint (ismb_offline_keep (empty, "ann", 0, "x", 1, on_told, fixture), ==, 0);
  g_assert_cmpuint (fixture->told, ==, 0);
}

static void
test_for_kept_accounts_only (Fixture *fixture, gconstpointer data)
{
  create (fixture, "passing", TRUE);
  g_assert_cmpint (keep (fixture, "passing", "x"), ==, 0);
  g_assert_cmpint (keep (fixture, "nobody", "x"), ==, 0);
  g_assert_cmpuint (fixture->told, ==, 0);
}

/* Whoever makes an account of that name again finds nothing of it, and may have as much. */
static void
test_goes_with_the_account (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  gint64 old = keep (fixture, "ann", "old");

  keep (fixture, "bob", "stays");
  g_assert_true (ismb_accounts_remove (fixture->accounts, "ann", &error));
  create (fixture, "ann", FALSE);
  g_assert_cmpuint (ismb_offline_count (fixture->offline, "ann"), ==, 0);
  g_assert_cmpint (keep (fixture, "ann", "new"), >, 0);
  drop (fixture, "ann", old, "old");
  g_assert_cmpuint (ismb_offline_count (fixture->offline, "ann"), ==, 1);
  assert_waiting (fixture, "ann", 0, "new ");
  reopen (fixture);
  assert_waiting (fixture, "ann", 0, "new ");
  assert_waiting (fixture, "bob", 0, "stays ");
}

static void
test_new_password_keeps_them (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  keep (fixture, "ann", "one");
  g_assert_true (
      ismb_accounts_renew (fixture->accounts, "ann", "another", ISMB_ROLE_CLIENT, &error));
  assert_waiting (fixture, "ann", 0, "one ");
}

/* A statement that SQLite refuses stands for a disk that is full. */
static void
break_table (Fixture *fixture, const char *when)
{
  g_autofree char *sql = g_strdup_printf ("CREATE TRIGGER broken BEFORE %s ON offline BEGIN"
                                          " SELECT RAISE (ABORT, 'no room'); END", when);

  g_assert_true (ismb_store_write_now (fixture->store, sql, NULL, NULL));
}

static void
mend_table (Fixture *fixture)
{
  g_assert_true (ismb_store_write_now (fixture->store, "DROP TRIGGER broken", NULL, NULL));
}

static void
test_says_that_it_is_not_kept (Fixture *fixture, gconstpointer data)
{
  gint64 number = 0;

  break_table (fixture, "INSERT");
  keep (fixture, "ann", "one");
  number = keep (fixture, "ann", "two");
  drop (fixture, "ann", number, "two");
  wait (fixture, 2);
  g_assert_nonnull (fixture->error);
  g_assert_cmpuint (ismb_offline_count (fixture->offline, "ann"), ==, 0);
  mend_table (fixture);
  g_assert_cmpint (keep (fixture, "ann", "three"), >, number);
  assert_waiting (fixture, "ann", 0, "three ");
}

/* What has arrived is not read again, though it could not be dropped; and is dropped as soon as it
 * can be. */
static void
test_dropped_later (Fixture *fixture, gconstpointer data)
{
  gint64 first = keep (fixture, "ann", "one");
  gint64 second = keep (fixture, "ann", "two");

  wait (fixture, 2);
  break_table (fixture, "DELETE");
  drop (fixture, "ann", first, "one");
  drop (fixture, "ann", second, "two");
  assert_waiting (fixture, "ann", 0, "");
  mend_table (fixture);
  keep (fixture, "ann", "three");
  assert_waiting (fixture, "ann", 0, "three ");
  reopen (fixture);
  assert_waiting (fixture, "ann", 0, "three ");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add ("/offline/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("in-order", test_in_order);
  ADD ("survives-reopening", test_survives_reopening);
  ADD ("dropped", test_dropped);
  ADD ("dropped-while-read", test_dropped_while_read);
  ADD ("bounded-in-messages", test_bounded_in_messages);
  ADD ("bounded-in-bytes", test_bounded_in_bytes);
  ADD ("switched-off", test_switched_off);
  ADD ("for-kept-accounts-only", test_for_kept_accounts_only);
  ADD ("goes-with-the-account", test_goes_with_the_account);
  ADD ("new-password-keeps-them", test_new_password_keeps_them);
  ADD ("says-that-it-is-not-kept", test_says_that_it_is_not_kept);
  ADD ("dropped-later", test_dropped_later);
#undef ADD
  return g_test_run ();
}
