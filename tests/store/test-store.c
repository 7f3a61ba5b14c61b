/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/store/ismb-store.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "ismb/core/ismb-error.h"
#include "tests/store/scratch.h"

#define INSERT "INSERT INTO roster (account, contact, subscription) VALUES (?,?,?)"
#define ACKNOWLEDGED 50 /* writes the child must report at most before it is killed */

typedef struct
{
  char *folder;
  char *path;
  IsmbStore *store;
} Fixture;

static void
open_store (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  fixture->store = ismb_store_open (fixture->path, &error);
  g_assert_no_error (error);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = scratch_new ();
  fixture->path = g_build_filename (fixture->folder, "blue.db", NULL);
  open_store (fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  if (fixture->store != NULL)
    g_assert_finalize_object (fixture->store);
  g_free (fixture->path);
  scratch_remove (fixture->folder);
}

static void
reopen (Fixture *fixture)
{
  g_assert_finalize_object (fixture->store);
  open_store (fixture);
}

static GVariant *
row (const char *account, guint number)
{
  g_autofree char *contact = g_strdup_printf ("%06u", number);

  return g_variant_new ("(ssx)", account, contact, (gint64) number);
}

static void
write_row (IsmbStore *store, guint number)
{
  ismb_store_write (store, INSERT, row ("a", number), NULL, NULL);
}

static void
sync_store (IsmbStore *store)
{
  g_autoptr (GError) error = NULL;

  ismb_store_sync (store, &error);
  g_assert_no_error (error);
}

static void
on_number (GVariant *values, gpointer user_data)
{
  gint64 number = 0;

  g_variant_get (values, "(x)", &number);
  g_array_append_val (user_data, number);
}

static GArray *
read_numbers (IsmbStore *store)
{
  GArray *numbers = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GError) error = NULL;

  ismb_store_read (store, "SELECT subscription FROM roster ORDER BY contact", "(x)", on_number,
                   numbers, &error);
  g_assert_no_error (error);
  return numbers;
}

static void
assert_rows (IsmbStore *store, guint at_least)
{
  g_autoptr (GArray) numbers = read_numbers (store);

  g_assert_cmpuint (numbers->len, >=, at_least);
  for (guint i = 0; i < numbers->len; i++)
    g_assert_cmpint (g_array_index (numbers, gint64, i), ==, i);
}

static void
test_survives_reopening (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 1000; i++)
    write_row (fixture->store, i);
  reopen (fixture); /* closing writes what was still waiting */
  assert_rows (fixture->store, 1000);
}

static void
test_reads_what_was_written (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 10; i++)
    write_row (fixture->store, i);
  assert_rows (fixture->store, 10);
}

static void
on_value (GVariant *values, gpointer user_data)
{
  *(GVariant **) user_data = g_variant_ref (values);
}

static void
test_keeps_every_type (Fixture *fixture, gconstpointer data)
{
  GVariant *written = g_variant_ref_sink (
    g_variant_new ("(sxb@aymsms)", "Größe", G_MININT64, TRUE,
                   g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, "a\0b", 3, 1), NULL, "text"));
  g_autoptr (GVariant) read = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (
    ismb_store_write_now (fixture->store, "CREATE TABLE t (a, b, c, d, e, f)", NULL, &error));
  g_assert_true (
    ismb_store_write_now (fixture->store, "INSERT INTO t VALUES (?,?,?,?,?,?)", written, &error));
  g_assert_true (
    ismb_store_read (fixture->store, "SELECT * FROM t", "(sxbaymsms)", on_value, &read, &error));
  g_assert_no_error (error);
  g_assert_true (g_variant_equal (written, read));
  g_variant_unref (written);
}

static void
test_refuses_text_that_is_none (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) read = NULL;

  g_assert_false (
    ismb_store_read (fixture->store, "SELECT CAST(x'ff' AS TEXT)", "(s)", on_value, &read, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, fixture->path));
}

typedef struct
{
  GThread *thread;
  GArray *order;
  GError *error;
} Seen;

static Seen *seen; /* what the callbacks of one test saw */

static void
on_done (const GError *error, gpointer user_data)
{
  guint number = GPOINTER_TO_UINT (user_data);

  seen->thread = g_thread_self ();
  g_array_append_val (seen->order, number);
  if (error != NULL && seen->error == NULL)
    seen->error = g_error_copy (error);
}

static void
seen_begin (void)
{
  seen = g_new0 (Seen, 1);
  seen->order = g_array_new (FALSE, FALSE, sizeof (guint));
}

static void
seen_end (void)
{
  g_array_unref (seen->order);
  g_clear_error (&seen->error);
  g_clear_pointer (&seen, g_free);
}

static void
test_tells_when_done (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();

  seen_begin ();
  g_main_context_push_thread_default (context);
  for (guint i = 0; i < 100; i++)
    ismb_store_write (fixture->store, INSERT, row ("a", i), on_done, GUINT_TO_POINTER (i));
  sync_store (fixture->store);
  g_assert_cmpuint (seen->order->len, ==, 0); /* not before the context turns */
  while (seen->order->len < 100)
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);

  g_assert_no_error (seen->error);
  g_assert_true (seen->thread == g_thread_self ());
  for (guint i = 0; i < 100; i++)
    g_assert_cmpuint (g_array_index (seen->order, guint, i), ==, i);
  seen_end ();
}

static void
test_tells_when_the_store_is_gone (Fixture *fixture, gconstpointer data)
{
  seen_begin ();
  ismb_store_write (fixture->store, INSERT, row ("a", 0), on_done, NULL);
  g_clear_object (&fixture->store);
  while (seen->order->len < 1)
    g_main_context_iteration (NULL, TRUE);
  g_assert_no_error (seen->error);
  seen_end ();
}

/* Of a batch, what can be written is. */
static void
test_one_failure_harms_no_neighbour (Fixture *fixture, gconstpointer data)
{
  seen_begin ();
  write_row (fixture->store, 0);
  ismb_store_write (fixture->store, INSERT, row ("a", 0), on_done, NULL); /* there is one already */
  write_row (fixture->store, 1);
  while (seen->order->len < 1)
    g_main_context_iteration (NULL, TRUE);
  g_assert_error (seen->error, ISMB_ERROR, ISMB_ERROR_FAILED);
  g_assert_nonnull (strstr (seen->error->message, fixture->path));
  assert_rows (fixture->store, 2);
  seen_end ();
}

static void
set_page_limit (Fixture *fixture, guint pages)
{
  g_autofree char *sql = g_strdup_printf ("PRAGMA max_page_count = %u", pages);
  g_autoptr (GError) error = NULL;

  ismb_store_write_now (fixture->store, sql, NULL, &error);
  g_assert_no_error (error);
}

/* SQLite's own limit fails in the same way as a disk without space. */
static void
test_says_when_the_disk_is_full (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *long_name = g_strnfill (1024 * 1024, 'x');

  write_row (fixture->store, 0);
  sync_store (fixture->store);
  set_page_limit (fixture, 32);
  g_assert_false (ismb_store_write_now (fixture->store, INSERT, row (long_name, 1), &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "full"));

  g_test_expect_message ("ismb.store", G_LOG_LEVEL_WARNING, "*full*not stored until*");
  ismb_store_write (fixture->store, INSERT, row (long_name, 1), NULL, NULL);
  ismb_store_write (fixture->store, INSERT, row (long_name, 1), NULL, NULL);
  sync_store (fixture->store);
  g_test_assert_expected_messages ();

  g_test_expect_message ("ismb.store", G_LOG_LEVEL_MESSAGE, "*can be written again");
  set_page_limit (fixture, 100000); /* somebody made space */
  write_row (fixture->store, 1);
  reopen (fixture);
  assert_rows (fixture->store, 2);
}

static void
on_settled (const GError *error, gpointer user_data)
{
  GError **outcome = user_data;

  *outcome = error != NULL ? g_error_copy (error)
                           : g_error_new_literal (ISMB_ERROR, ISMB_ERROR_EXISTS, "settled");
}

static GError *
settle (Fixture *fixture, gint64 mark)
{
  GError *outcome = NULL;

  ismb_store_settle (fixture->store, mark, on_settled, &outcome);
  while (outcome == NULL)
    g_main_context_iteration (NULL, TRUE);
  return outcome;
}

/* Of writes that nobody waits for, somebody may still ask what became of them; and of others'
 * nobody is told. */
static void
test_settles (Fixture *fixture, gconstpointer data)
{
  g_autofree char *long_name = g_strnfill (1024 * 1024, 'x');
  g_autoptr (GError) well = NULL, failed = NULL, again = NULL, other = NULL;
  gint64 mark = ismb_store_mark (fixture->store);

  write_row (fixture->store, 0);
  well = settle (fixture, mark);
  g_assert_error (well, ISMB_ERROR, ISMB_ERROR_EXISTS);
  set_page_limit (fixture, 32);
  g_test_expect_message ("ismb.store", G_LOG_LEVEL_WARNING, "*full*not stored until*");
  mark = ismb_store_mark (fixture->store);
  ismb_store_write (fixture->store, INSERT, row (long_name, 1), NULL, NULL);
  failed = settle (fixture, mark);
  g_assert_error (failed, ISMB_ERROR, ISMB_ERROR_FAILED);
  again = settle (fixture, mark);
  g_assert_error (again, ISMB_ERROR, ISMB_ERROR_FAILED);
  g_test_expect_message ("ismb.store", G_LOG_LEVEL_MESSAGE, "*can be written again");
  mark = ismb_store_mark (fixture->store);
  write_row (fixture->store, 1);
  other = settle (fixture, mark);
  g_assert_error (other, ISMB_ERROR, ISMB_ERROR_EXISTS);
  g_test_assert_expected_messages ();
}

static void
test_is_private (Fixture *fixture, gconstpointer data)
{
  write_row (fixture->store, 0);
  sync_store (fixture->store);
  g_assert_cmpuint (scratch_mode (fixture->folder, "blue.db"), ==, 0600);
  g_assert_cmpuint (scratch_mode (fixture->folder, "blue.db-wal"), ==, 0600);
}

static void
assert_refused (Fixture *fixture, const char *why)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (ismb_store_open (fixture->path, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, fixture->path));
  g_assert_nonnull (strstr (error->message, why));
}

static void
test_refuses_a_newer_schema (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  ismb_store_write_now (fixture->store, "PRAGMA user_version = 1000", NULL, &error);
  g_assert_no_error (error);
  g_clear_object (&fixture->store);
  assert_refused (fixture, "newer");
}

static void
test_refuses_another_file (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = g_strnfill (8192, 'x');

  g_clear_object (&fixture->store);
  g_assert_true (g_file_set_contents (fixture->path, text, -1, &error));
  assert_refused (fixture, "not a database");
}

/* A page in the middle, as a failing disk leaves it. */
static void
test_refuses_a_damaged_file (Fixture *fixture, gconstpointer data)
{
  g_autofree char *content = NULL;
  gsize length = 0;

  for (guint i = 0; i < 1000; i++)
    write_row (fixture->store, i);
  g_clear_object (&fixture->store);
  g_assert_true (g_file_get_contents (fixture->path, &content, &length, NULL));
  g_assert_cmpuint (length, >, 20000);
  memset (content + length - 12000, 0x5a, 8192);
  g_assert_true (g_file_set_contents (fixture->path, content, (gssize) length, NULL));
  assert_refused (fixture, "is damaged");
  assert_refused (fixture, "put a copy in its place");
}

/* The writer thread is held up by somebody who has the file. */
static void
test_bounds_what_waits (Fixture *fixture, gconstpointer data)
{
  g_autofree char *big = g_strnfill (1024 * 1024, 'x');
  sqlite3 *other = NULL;

  g_assert_cmpint (sqlite3_open (fixture->path, &other), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (other, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
  seen_begin ();
  for (guint i = 0; i < 40; i++)
    ismb_store_write (fixture->store, INSERT, row (big, i), on_done, GUINT_TO_POINTER (i));
  while (seen->order->len < 40 - 32)
    g_main_context_iteration (NULL, TRUE);
  g_assert_error (seen->error, ISMB_ERROR, ISMB_ERROR_FAILED);
  g_assert_nonnull (strstr (seen->error->message, "too much waits"));
  g_assert_cmpuint (g_array_index (seen->order, guint, 0), >, 30); /* the last ones, at once */

  g_assert_cmpint (sqlite3_exec (other, "ROLLBACK", NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (other);
  while (seen->order->len < 40)
    g_main_context_iteration (NULL, TRUE);
  g_clear_error (&seen->error);
  ismb_store_write (fixture->store, INSERT, row (big, 40), on_done, GUINT_TO_POINTER (40));
  while (seen->order->len < 41)
    g_main_context_iteration (NULL, TRUE);
  g_assert_no_error (seen->error);
  seen_end ();
}

static void
test_durable (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) level = NULL;
  gint64 number = 0;

  g_clear_object (&fixture->store);
  fixture->store = ismb_store_open_durable (fixture->path, &error);
  g_assert_no_error (error);
  g_assert_true (
      ismb_store_read (fixture->store, "PRAGMA synchronous", "(x)", on_value, &level, NULL));
  g_variant_get (level, "(x)", &number);
  g_assert_cmpint (number, ==, 2); /* FULL */
}

static void
test_refuses_a_missing_folder (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (ismb_store_open ("/nonexistent/ismb/blue.db", &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "/nonexistent/ismb/blue.db"));
}

static void
test_lives_in_memory (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbStore) store = ismb_store_open (NULL, &error);

  g_assert_no_error (error);
  write_row (store, 0);
  assert_rows (store, 1);
}

/* The child: writes for ever, and says so of each commit it was told of. */
static void
on_child_done (const GError *error, gpointer user_data)
{
  if (error != NULL)
    exit (1);
  if (write (STDOUT_FILENO, ".", 1) != 1)
    exit (1);
}

static int
write_for_ever (const char *path, guint from)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbStore) store = ismb_store_open (path, &error);

  g_assert_no_error (error);
  for (guint i = from;; i++)
    {
      ismb_store_write (store, INSERT, row ("a", i), on_child_done, NULL);
      if (i % 7 == 0)
        sync_store (store);
      while (g_main_context_iteration (NULL, FALSE))
        ;
    }
  return 0;
}

static void
assert_sound (IsmbStore *store)
{
  g_autoptr (GVariant) verdict = NULL;
  g_autoptr (GError) error = NULL;
  const char *text = NULL;

  ismb_store_read (store, "PRAGMA integrity_check", "(s)", on_value, &verdict, &error);
  g_assert_no_error (error);
  g_variant_get (verdict, "(&s)", &text);
  g_assert_cmpstr (text, ==, "ok");
}

/* Has a child write behind what is there and kills it when it was told of so many commits. */
static void
kill_a_writer (Fixture *fixture, guint from, guint acknowledged)
{
  g_autofree char *first = g_strdup_printf ("%u", from);
  const char *const argv[] = { "/proc/self/exe", "--write", fixture->path, first, NULL };
  g_autoptr (GSubprocess) child = NULL;
  g_autoptr (GError) error = NULL;
  char dots[ACKNOWLEDGED];
  gsize size = 0;

  child = g_subprocess_newv (argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error);
  g_assert_no_error (error);
  g_input_stream_read_all (g_subprocess_get_stdout_pipe (child), dots, acknowledged, &size, NULL,
                           &error);
  g_assert_no_error (error);
  g_assert_cmpuint (size, ==, acknowledged);
  g_usleep (g_random_int_range (0, 2000)); /* into the middle of whatever it does then */
  g_subprocess_send_signal (child, SIGKILL);
  g_subprocess_wait (child, NULL, NULL);
}

/* What was told of is there, nothing is torn, and the next one goes on from it. */
static void
test_survives_kills (Fixture *fixture, gconstpointer data)
{
  guint kills = g_test_slow () ? 2000 : 100, rows = 0;

  for (guint i = 0; i < kills; i++)
    {
      guint acknowledged = (guint) g_random_int_range (1, ACKNOWLEDGED);
      g_autoptr (GArray) numbers = NULL;

      g_clear_object (&fixture->store);
      kill_a_writer (fixture, rows, acknowledged);
      open_store (fixture);
      assert_sound (fixture->store);
      assert_rows (fixture->store, rows + acknowledged);
      numbers = read_numbers (fixture->store);
      rows = numbers->len;
    }
}

int
main (int argc, char *argv[])
{
  if (argc == 4 && g_str_equal (argv[1], "--write"))
    return write_for_ever (argv[2], (guint) atoi (argv[3]));

  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  ADD ("/store/survives-reopening", test_survives_reopening);
  ADD ("/store/reads-what-was-written", test_reads_what_was_written);
  ADD ("/store/keeps-every-type", test_keeps_every_type);
  ADD ("/store/refuses-text-that-is-none", test_refuses_text_that_is_none);
  ADD ("/store/tells-when-done", test_tells_when_done);
  ADD ("/store/tells-when-the-store-is-gone", test_tells_when_the_store_is_gone);
  ADD ("/store/one-failure-harms-no-neighbour", test_one_failure_harms_no_neighbour);
  ADD ("/store/says-when-the-disk-is-full", test_says_when_the_disk_is_full);
  ADD ("/store/settles", test_settles);
  ADD ("/store/is-private", test_is_private);
  ADD ("/store/refuses-a-newer-schema", test_refuses_a_newer_schema);
  ADD ("/store/refuses-another-file", test_refuses_another_file);
  ADD ("/store/refuses-a-damaged-file", test_refuses_a_damaged_file);
  ADD ("/store/bounds-what-waits", test_bounds_what_waits);
  ADD ("/store/durable", test_durable);
  ADD ("/store/survives-kills", test_survives_kills);
#undef ADD
  g_test_add_func ("/store/refuses-a-missing-folder", test_refuses_a_missing_folder);
  g_test_add_func ("/store/lives-in-memory", test_lives_in_memory);
  return g_test_run ();
}
