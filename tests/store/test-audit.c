/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/store/ismb-audit.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ismb/core/ismb-error.h"
#include "tests/store/scratch.h"

typedef struct
{
  char *folder;
  char *path;
  IsmbStore *store;
  IsmbAudit *audit;
} Fixture;

static void
open_audit (Fixture *fixture, guint rows_max)
{
  g_autoptr (GError) error = NULL;

  fixture->store = ismb_store_open (fixture->path, &error);
  g_assert_no_error (error);
  fixture->audit = ismb_audit_load (fixture->store, rows_max, &error);
  g_assert_no_error (error);
}

/* What is on its way keeps both. */
static void
close_audit (Fixture *fixture)
{
  g_assert_true (ismb_store_sync (fixture->store, NULL));
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_finalize_object (fixture->audit);
  g_assert_finalize_object (fixture->store);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = scratch_new ();
  fixture->path = g_build_filename (fixture->folder, "bus.db", NULL);
  open_audit (fixture, ISMB_AUDIT_ROWS_MAX);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  close_audit (fixture);
  g_free (fixture->path);
  scratch_remove (fixture->folder);
}

static gint64
append (Fixture *fixture, const char *what)
{
  const IsmbAuditEntry entry = {
    .kind = "commands",
    .who = "bob@sw1.001122/tool",
    .role = "operator",
    .origin = "sw1.001122",
    .device = "ABCD",
    .what = what,
    .size = 7,
    .sha256 = "ba",
    .verdict = "allowed",
    .rule = "built-in",
    .outcome = "0",
  };

  return ismb_audit_append (fixture->audit, &entry, NULL, NULL);
}

static void
append_rows (Fixture *fixture, guint count)
{
  for (guint i = 0; i < count; i++)
    {
      g_autofree char *what = g_strdup_printf ("['show %u']", i);
      append (fixture, what);
    }
}

static void
settle (Fixture *fixture)
{
  g_assert_true (ismb_store_sync (fixture->store, NULL));
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
on_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static GAsyncResult *
wait_for (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return *result;
}

static GVariant *
list (Fixture *fixture, gint64 after, gint64 since, guint limit)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GVariant *rows;

  ismb_audit_list_async (fixture->audit, after, since, limit, on_result, &result);
  rows = ismb_audit_list_finish (fixture->audit, wait_for (&result), &error);
  g_assert_no_error (error);
  return rows;
}

static void
assert_listed (Fixture *fixture, gint64 after, gint64 since, guint limit, guint count)
{
  g_autoptr (GVariant) rows = list (fixture, after, since, limit);

  g_assert_cmpuint (g_variant_n_children (rows), ==, count);
}

/* `row` 0: all is well, up to `last`. */
static void
assert_verdict (Fixture *fixture, gint64 row, const char *problem, gint64 first, gint64 last)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GVariant) verdict = NULL;
  g_autoptr (GVariantDict) dict = NULL;
  g_autoptr (GError) error = NULL;
  gint64 found_first = 0, found_last = 0, found_row = 0;
  const char *found = "";
  gboolean intact = FALSE;

  ismb_audit_verify_async (fixture->audit, on_result, &result);
  verdict = ismb_audit_verify_finish (fixture->audit, wait_for (&result), &error);
  g_assert_no_error (error);
  dict = g_variant_dict_new (verdict);
  g_assert_true (g_variant_dict_lookup (dict, "intact", "b", &intact));
  g_assert_true (g_variant_dict_lookup (dict, "first", "x", &found_first));
  g_assert_true (g_variant_dict_lookup (dict, "last", "x", &found_last));
  g_variant_dict_lookup (dict, "row", "x", &found_row);
  g_variant_dict_lookup (dict, "problem", "&s", &found);
  g_assert_cmpstr (found, ==, problem);
  g_assert_cmpint (found_row, ==, row);
  g_assert_cmpint (found_first, ==, first);
  g_assert_cmpint (found_last, ==, last);
  g_assert_cmpint (intact, ==, row == 0);
}

/* With what everybody has who may write the file. */
static void
tamper (Fixture *fixture, const char *sql)
{
  sqlite3 *db = NULL;
  char *message = NULL;

  settle (fixture);
  g_assert_cmpint (sqlite3_open (fixture->path, &db), ==, SQLITE_OK);
  sqlite3_exec (db, "DROP TRIGGER IF EXISTS audit_stays; DROP TRIGGER IF EXISTS audit_follows", NULL, NULL,
                NULL);
  sqlite3_exec (db, sql, NULL, NULL, &message);
  g_assert_cmpstr (message, ==, NULL);
  sqlite3_close (db);
}

static void
test_lists (Fixture *fixture, gconstpointer data)
{
  gint64 before = g_get_real_time ();
  const IsmbAuditEntry outcome = { .about = 1, .kind = "outcome", .size = -1, .outcome = "0 3" };
  g_autoptr (GVariant) rows = NULL;
  g_autoptr (GVariant) first = NULL;
  g_autoptr (GVariant) second = NULL;
  const char *text;
  gint64 number;

  g_assert_cmpint (append (fixture, "['show vlan']"), ==, 1);
  g_assert_cmpint (ismb_audit_append (fixture->audit, &outcome, NULL, NULL), ==, 2);
  rows = list (fixture, 0, before, 10);
  g_assert_cmpuint (g_variant_n_children (rows), ==, 2);
  first = g_variant_get_child_value (rows, 0);
  second = g_variant_get_child_value (rows, 1);
  g_assert_true (g_variant_lookup (first, "who", "&s", &text));
  g_assert_cmpstr (text, ==, "bob@sw1.001122/tool");
  g_assert_true (g_variant_lookup (first, "what", "&s", &text));
  g_assert_cmpstr (text, ==, "['show vlan']");
  g_assert_true (g_variant_lookup (first, "size", "x", &number));
  g_assert_cmpint (number, ==, 7);
  g_assert_true (g_variant_lookup (first, "time", "x", &number));
  g_assert_cmpint (number, >=, before);
  g_assert_false (g_variant_lookup (first, "about", "x", &number));
  g_assert_true (g_variant_lookup (second, "about", "x", &number));
  g_assert_cmpint (number, ==, 1);
  g_assert_true (g_variant_lookup (second, "outcome", "&s", &text));
  g_assert_cmpstr (text, ==, "0 3");
  g_assert_false (g_variant_lookup (second, "who", "&s", &text));
  g_assert_false (g_variant_lookup (second, "size", "x", &number));
}

static void
test_pages (Fixture *fixture, gconstpointer data)
{
  append_rows (fixture, 1010);
  assert_listed (fixture, 0, 0, 5000, 1000);
  assert_listed (fixture, 1000, 0, 5000, 10);
  assert_listed (fixture, 0, 0, 3, 3);
  assert_listed (fixture, 0, g_get_real_time () + G_USEC_PER_SEC, 10, 0);
}

static void
test_goes_on_after_reopening (Fixture *fixture, gconstpointer data)
{
  assert_verdict (fixture, 0, "", 1, 0);
  append_rows (fixture, 600);
  close_audit (fixture);
  open_audit (fixture, ISMB_AUDIT_ROWS_MAX);
  g_assert_cmpint (append (fixture, "['again']"), ==, 601);
  settle (fixture);
  assert_verdict (fixture, 0, "", 1, 601);
}

static void
test_appends_while_it_verifies (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GVariant) verdict = NULL;
  gboolean intact = FALSE;

  append_rows (fixture, 600);
  settle (fixture);
  ismb_audit_verify_async (fixture->audit, on_result, &result);
  append_rows (fixture, 600);
  verdict = ismb_audit_verify_finish (fixture->audit, wait_for (&result), NULL);
  g_assert_true (g_variant_lookup (verdict, "intact", "b", &intact));
  g_assert_true (intact);
}

static void
test_only_appends (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  append_rows (fixture, 2);
  g_assert_false (
    ismb_store_write_now (fixture->store, "UPDATE audit SET who = 'eve'", NULL, &error));
  g_assert_nonnull (strstr (error->message, "only appended"));
}

static void
test_finds_each_column_changed (Fixture *fixture, gconstpointer data)
{
  static const char *const columns[]
    = { "about",  "time",    "kind", "who",     "role",     "origin", "device", "what", "size",
        "sha256", "verdict", "rule", "outcome", "previous", "hash" };

  append_rows (fixture, 5);
  for (gsize i = 0; i < G_N_ELEMENTS (columns); i++)
    {
      g_autofree char *keep = g_strdup_printf (
        "CREATE TABLE kept AS SELECT * FROM audit; UPDATE audit SET %s = %s WHERE id = 3", columns[i],
        i % 2 == 0 ? "7001" : "x'fffe'");

      tamper (fixture, keep);
      assert_verdict (fixture, 3, "was changed", 1, 2);
      tamper (fixture, "DELETE FROM audit; INSERT INTO audit SELECT * FROM kept; DROP TABLE kept;"
                       "UPDATE audit_mark SET id = 5, hash = (SELECT hash FROM audit WHERE id = 5)"
                       " WHERE mark = 'end'");
      assert_verdict (fixture, 0, "", 1, 5);
    }
}

/* The last row has none behind it that carries its hash. */
static void
test_finds_the_last_row_changed (Fixture *fixture, gconstpointer data)
{
  append_rows (fixture, 5);
  tamper (fixture, "UPDATE audit SET who = 'eve' WHERE id = 5");
  assert_verdict (fixture, 5, "was changed", 1, 4);
}

static void
test_finds_rows_removed (Fixture *fixture, gconstpointer data)
{
  append_rows (fixture, 9);
  tamper (fixture, "DELETE FROM audit WHERE id = 9");
  assert_verdict (fixture, 9, "is missing", 1, 8);
  tamper (fixture, "DELETE FROM audit WHERE id = 4");
  assert_verdict (fixture, 4, "is missing", 1, 3);
  tamper (fixture, "DELETE FROM audit WHERE id = 1");
  assert_verdict (fixture, 1, "is missing", 1, 0);
}

static void
test_finds_rows_reordered (Fixture *fixture, gconstpointer data)
{
  append_rows (fixture, 5);
  tamper (fixture, "UPDATE audit SET id = -3 WHERE id = 3; UPDATE audit SET id = 3 WHERE id = 4;"
                   "UPDATE audit SET id = 4 WHERE id = -3");
  assert_verdict (fixture, 3, "was changed", 1, 2);
}

static void
test_finds_rows_added (Fixture *fixture, gconstpointer data)
{
  append_rows (fixture, 5);
  tamper (fixture, "CREATE TABLE more AS SELECT * FROM audit WHERE id = 2; UPDATE more SET id = -1;"
                   "INSERT INTO audit SELECT * FROM more");
  assert_verdict (fixture, -1, "does not belong here: it is from before the first row", 1, 0);
}

static void
on_failed (const GError *error, gpointer user_data)
{
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_FAILED);
  ++*(guint *) user_data;
}

/* A row that was not taken leaves no gap, and those behind it go with it. */
static void
test_a_failure_breaks_no_chain (Fixture *fixture, gconstpointer data)
{
  const IsmbAuditEntry entry = { .kind = "commands", .what = "boom", .size = -1 };
  guint failed = 0;

  append_rows (fixture, 2);
  settle (fixture);
  g_assert_true (ismb_store_write_now (fixture->store,
                                       "CREATE TRIGGER full BEFORE INSERT ON audit WHEN NEW.what = 'boom'"
                                       " BEGIN SELECT RAISE (ABORT, 'no room'); END",
                                       NULL, NULL));
  for (guint i = 0; i < 2; i++)
    g_test_expect_message ("ismb.store.audit", G_LOG_LEVEL_WARNING, "*is lost*");
  ismb_audit_append (fixture->audit, &entry, on_failed, &failed);
  append (fixture, "['behind it']");
  settle (fixture);
  g_test_assert_expected_messages ();
  g_assert_cmpuint (failed, ==, 1);
  g_assert_cmpint (append (fixture, "['later']"), ==, 3);
  settle (fixture);
  assert_verdict (fixture, 0, "", 1, 3);
}

static void
test_prunes (Fixture *fixture, gconstpointer data)
{
  close_audit (fixture);
  open_audit (fixture, 100);
  append_rows (fixture, 1);
  for (guint i = 0; i < 12; i++)
    {
      append_rows (fixture, 20);
      settle (fixture);
    }
  settle (fixture);
  {
    g_autoptr (GVariant) rows = list (fixture, 0, 0, 1000);
    gsize count = g_variant_n_children (rows);
    g_autoptr (GVariant) oldest = g_variant_get_child_value (rows, 0);
    gint64 id = 0;

    g_assert_cmpuint (count, >=, 100);
    g_assert_cmpuint (count, <=, 110 + 20);
    g_assert_true (g_variant_lookup (oldest, "id", "x", &id));
    assert_verdict (fixture, 0, "", id, 241);
    close_audit (fixture);
    open_audit (fixture, 100);
    assert_verdict (fixture, 0, "", id, 241);
    tamper (fixture, "DELETE FROM audit WHERE id = (SELECT MIN (id) FROM audit)");
    assert_verdict (fixture, id, "is missing", id, id - 1);
  }
}

static void
test_bounds_texts (Fixture *fixture, gconstpointer data)
{
  g_autofree char *long_text = g_strnfill (200000, 'x');
  g_autoptr (GVariant) rows = NULL;
  g_autoptr (GVariant) row = NULL;
  const char *what;

  append (fixture, long_text);
  append (fixture, "not \xff UTF-8");
  rows = list (fixture, 0, 0, 10);
  row = g_variant_get_child_value (rows, 0);
  g_assert_true (g_variant_lookup (row, "what", "&s", &what));
  g_assert_cmpuint (strlen (what), <, ISMB_AUDIT_TEXT_MAX + 200);
  g_assert_nonnull (strstr (what, "[200000 bytes, SHA-256 "));
  assert_verdict (fixture, 0, "", 1, 2);
}

/* The child: a decision, told of when it is kept, and its outcome, for ever. */
static void
on_kept (const GError *error, gpointer user_data)
{
  if (error != NULL || write (STDOUT_FILENO, ".", 1) != 1)
    exit (1);
}

static int
append_for_ever (const char *path)
{
  g_autoptr (IsmbStore) store = ismb_store_open (path, NULL);
  g_autoptr (IsmbAudit) audit = ismb_audit_load (store, ISMB_AUDIT_ROWS_MAX, NULL);

  for (;;)
    {
      const IsmbAuditEntry began = { .kind = "commands", .what = "['x']", .size = -1 };
      IsmbAuditEntry ended = { .kind = "outcome", .size = -1, .outcome = "0" };

      ended.about = ismb_audit_append (audit, &began, on_kept, NULL);
      ismb_audit_append (audit, &ended, NULL, NULL);
      ismb_store_sync (store, NULL);
      while (g_main_context_iteration (NULL, FALSE))
        ;
    }
  return 0;
}

static void
test_survives_a_kill (Fixture *fixture, gconstpointer data)
{
  const char *const argv[] = { "/proc/self/exe", "--append", fixture->path, NULL };
  g_autoptr (GSubprocess) child = NULL;
  g_autoptr (GVariant) rows = NULL;
  char kept[50];
  gsize size = 0;

  close_audit (fixture);
  child = g_subprocess_newv (argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE, NULL);
  g_input_stream_read_all (g_subprocess_get_stdout_pipe (child), kept, sizeof kept, &size, NULL, NULL);
  g_assert_cmpuint (size, ==, sizeof kept);
  g_subprocess_send_signal (child, SIGKILL);
  g_subprocess_wait (child, NULL, NULL);

  open_audit (fixture, ISMB_AUDIT_ROWS_MAX);
  rows = list (fixture, 0, 0, 1000);
  g_assert_cmpuint (g_variant_n_children (rows), >=, 2 * sizeof kept - 1);
  assert_verdict (fixture, 0, "", 1, g_variant_n_children (rows));
  append_rows (fixture, 1);
  settle (fixture);
  assert_verdict (fixture, 0, "", 1, g_variant_n_children (rows) + 1);
}

int
main (int argc, char *argv[])
{
  if (argc == 3 && g_str_equal (argv[1], "--append"))
    return append_for_ever (argv[2]);

  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  ADD ("/audit/lists", test_lists);
  ADD ("/audit/pages", test_pages);
  ADD ("/audit/goes-on-after-reopening", test_goes_on_after_reopening);
  ADD ("/audit/appends-while-it-verifies", test_appends_while_it_verifies);
  ADD ("/audit/only-appends", test_only_appends);
  ADD ("/audit/finds-each-column-changed", test_finds_each_column_changed);
  ADD ("/audit/finds-the-last-row-changed", test_finds_the_last_row_changed);
  ADD ("/audit/finds-rows-removed", test_finds_rows_removed);
  ADD ("/audit/finds-rows-reordered", test_finds_rows_reordered);
  ADD ("/audit/finds-rows-added", test_finds_rows_added);
  ADD ("/audit/a-failure-breaks-no-chain", test_a_failure_breaks_no_chain);
  ADD ("/audit/prunes", test_prunes);
  ADD ("/audit/bounds-texts", test_bounds_texts);
  ADD ("/audit/survives-a-kill", test_survives_a_kill);
#undef ADD
  return g_test_run ();
}
