/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/store/ismb-schema.h"

#include "ismb/core/ismb-error.h"
#include "tests/store/scratch.h"

/* What was in a file of that version: the statements that make it, and rows as it had them. */
static const struct
{
  guint since;
  const char *rows;
} contents[] = {
  { 1, "INSERT INTO account VALUES ('ann', 'client', 4096, x'01', x'02', x'03', x'04', x'05', x'06');"
       "INSERT INTO roster (account, contact, name, groups, subscription)"
       " VALUES ('ann', 'bob@sw2', 'Bob', NULL, 3);" },
  { 2, "INSERT INTO audit VALUES (1, 0, 1, 'k', 'w', 'r', 'o', 'd', 'w', 0, '', 'v', 'r', 'o', '',"
       " 'h1');" },
  { 3, "INSERT INTO vcard VALUES ('ann', '<vCard/>');" },
  { 4, "INSERT INTO offline VALUES (1, 'ann', 1, 1, 'x');" },
};

static sqlite3 *
open_file (const char *path)
{
  sqlite3 *db = NULL;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  return db;
}

static void
execute (sqlite3 *db, const char *sql)
{
  char *message = NULL;

  if (sqlite3_exec (db, sql, NULL, NULL, &message) != SQLITE_OK)
    g_error ("%s: %s", sql, message);
}

static gint64
ask (sqlite3 *db, const char *sql)
{
  sqlite3_stmt *statement = NULL;
  gint64 number;

  g_assert_cmpint (sqlite3_prepare_v2 (db, sql, -1, &statement, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  number = sqlite3_column_int64 (statement, 0);
  sqlite3_finalize (statement);
  return number;
}

static void
fill (sqlite3 *db, guint version)
{
  for (gsize i = 0; i < G_N_ELEMENTS (contents); i++)
    if (contents[i].since <= version)
      execute (db, contents[i].rows);
}

/* As an ISMB of that time left it. */
static sqlite3 *
make_old (const char *path, guint version)
{
  sqlite3 *db = open_file (path);
  g_autofree char *mark = g_strdup_printf ("PRAGMA user_version = %u", version);

  for (guint number = 1; number <= version; number++)
    execute (db, ismb_schema_get (number));
  execute (db, mark);
  fill (db, version);
  return db;
}

static void
assert_whole (sqlite3 *db, guint version)
{
  g_assert_cmpint (ask (db, "PRAGMA user_version"), ==, ismb_schema_newest ());
  g_assert_cmpint (ask (db, "SELECT count(*) FROM pragma_integrity_check"
                            " WHERE integrity_check = 'ok'"), ==, 1);
  g_assert_cmpint (ask (db, "SELECT count(*) FROM account"), ==, version >= 1);
  g_assert_cmpint (ask (db, "SELECT count(*) FROM roster WHERE subscription = 3"), ==,
                   version >= 1);
  g_assert_cmpint (ask (db, "SELECT count(*) FROM audit"), ==, version >= 2);
  g_assert_cmpint (ask (db, "SELECT count(*) FROM vcard"), ==, version >= 3);
  g_assert_cmpint (ask (db, "SELECT count(*) FROM offline"), ==, version >= 4);
}

/* What is made of it can be used like a new one: with an account goes what it had. */
static void
assert_usable (sqlite3 *db)
{
  execute (db, "DELETE FROM account");
  g_assert_cmpint (ask (db, "SELECT count(*) FROM roster"), ==, 0);
  g_assert_cmpint (ask (db, "SELECT count(*) FROM offline"), ==, 0);
}

static void
test_from_every_version (void)
{
  for (guint version = 0; version <= ismb_schema_newest (); version++)
    {
      char *folder = scratch_new ();
      g_autofree char *path = g_build_filename (folder, "old.db", NULL);
      g_autoptr (GError) error = NULL;
      sqlite3 *db = make_old (path, version);

      g_test_message ("from version %u", version);
      g_assert_true (ismb_schema_check (db, path, NULL) == (version == ismb_schema_newest ()));
      ismb_schema_migrate (db, path, &error);
      g_assert_no_error (error);
      assert_whole (db, version);
      ismb_schema_migrate (db, path, &error); /* and nothing more */
      g_assert_no_error (error);
      assert_usable (db);
      sqlite3_close (db);
      scratch_remove (folder);
    }
}

/* Each step whole or not at all. */
static void
test_stops_where_it_cannot_go_on (void)
{
  char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "old.db", NULL);
  g_autoptr (GError) error = NULL;
  sqlite3 *db = make_old (path, 3);

  execute (db, "CREATE TABLE offline_of_account (x)"); /* a name that the next step needs */
  g_assert_false (ismb_schema_migrate (db, path, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_FAILED);
  sqlite3_close (db);
  db = open_file (path);
  g_assert_cmpint (ask (db, "PRAGMA user_version"), ==, 3);
  g_assert_cmpint (ask (db, "SELECT count(*) FROM sqlite_master WHERE name = 'offline'"), ==, 0);
  sqlite3_close (db);
  scratch_remove (folder);
}

static void
test_refuses_a_newer_one (void)
{
  char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "new.db", NULL);
  g_autofree char *mark = g_strdup_printf ("PRAGMA user_version = %u", ismb_schema_newest () + 1);
  g_autoptr (GError) error = NULL;
  sqlite3 *db = make_old (path, ismb_schema_newest ());

  execute (db, mark);
  g_assert_false (ismb_schema_check (db, path, NULL));
  g_assert_false (ismb_schema_migrate (db, path, &error));
  g_assert_nonnull (strstr (error->message, "newer"));
  sqlite3_close (db);
  scratch_remove (folder);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/schema/from-every-version", test_from_every_version);
  g_test_add_func ("/schema/stops-where-it-cannot-go-on", test_stops_where_it_cannot_go_on);
  g_test_add_func ("/schema/refuses-a-newer-one", test_refuses_a_newer_one);
  return g_test_run ();
}
