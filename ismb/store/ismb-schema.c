/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.store.schema"

#include "config.h"
#include "ismb/store/ismb-schema.h"

#include "ismb/core/ismb-error.h"
#include "ismb/store/ismb-statement.h"

/* Each entry takes the schema from its index to the next version; never edit one that was released.
 */
static const char *const migrations[] = {
  "CREATE TABLE account (name TEXT PRIMARY KEY, role TEXT NOT NULL, iterations INTEGER NOT NULL,"
  " sha1_salt BLOB NOT NULL, sha1_stored BLOB NOT NULL, sha1_server BLOB NOT NULL,"
  " sha256_salt BLOB NOT NULL, sha256_stored BLOB NOT NULL, sha256_server BLOB NOT NULL)"
  " WITHOUT ROWID;"
  "CREATE TABLE roster (account TEXT NOT NULL, contact TEXT NOT NULL, name TEXT, groups TEXT,"
  " subscription INTEGER NOT NULL, PRIMARY KEY (account, contact)) WITHOUT ROWID;",

  /* Of the chain the marks hold the ends: `cut` the last row that was pruned, `end` the newest.
   * What does not follow it is not taken, so that a row which failed makes no gap. */
  "CREATE TABLE audit (id INTEGER PRIMARY KEY, about INTEGER NOT NULL, time INTEGER NOT NULL,"
  " kind TEXT NOT NULL, who TEXT NOT NULL, role TEXT NOT NULL, origin TEXT NOT NULL,"
  " device TEXT NOT NULL, what TEXT NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL,"
  " verdict TEXT NOT NULL, rule TEXT NOT NULL, outcome TEXT NOT NULL, previous TEXT NOT NULL,"
  " hash TEXT NOT NULL);"
  "CREATE TABLE audit_mark (mark TEXT PRIMARY KEY, id INTEGER NOT NULL, hash TEXT NOT NULL)"
  " WITHOUT ROWID;"
  "INSERT INTO audit_mark VALUES ('cut', 0, ''), ('end', 0, '');"
  "CREATE TRIGGER audit_follows BEFORE INSERT ON audit WHEN NOT EXISTS (SELECT * FROM audit_mark"
  " WHERE mark = 'end' AND id + 1 = NEW.id AND hash = NEW.previous)"
  " BEGIN SELECT RAISE (ABORT, 'this audit row does not follow the newest'); END;"
  "CREATE TRIGGER audit_ends AFTER INSERT ON audit"
  " BEGIN UPDATE audit_mark SET id = NEW.id, hash = NEW.hash WHERE mark = 'end'; END;"
  "CREATE TRIGGER audit_stays BEFORE UPDATE ON audit"
  " BEGIN SELECT RAISE (ABORT, 'the audit table is only appended to'); END;"
  "CREATE TRIGGER audit_prunes AFTER UPDATE ON audit_mark WHEN NEW.mark = 'cut'"
  " BEGIN DELETE FROM audit WHERE id <= NEW.id; END;",

  /* A roster's version changes in the same statement as the roster, so that no crash comes between
   * the two; an item that is written with a negative subscription is gone. */
  "ALTER TABLE roster ADD COLUMN version INTEGER NOT NULL DEFAULT 0;"
  "CREATE TABLE roster_version (account TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;"
  "CREATE TRIGGER roster_changes AFTER INSERT ON roster"
  " BEGIN INSERT OR REPLACE INTO roster_version VALUES (NEW.account, NEW.version);"
  " DELETE FROM roster WHERE account = NEW.account AND contact = NEW.contact"
  " AND subscription < 0; END;"
  "CREATE TABLE vcard (account TEXT PRIMARY KEY, card TEXT NOT NULL) WITHOUT ROWID;"
  "CREATE TABLE departure (account TEXT PRIMARY KEY, time INTEGER NOT NULL, status TEXT)"
  " WITHOUT ROWID;"
  "CREATE TABLE blocked (account TEXT NOT NULL, address TEXT NOT NULL,"
  " PRIMARY KEY (account, address)) WITHOUT ROWID;",

  /* With the account goes all that is its own, in one commit: the next of that name inherits
   * nothing. The index alone is read at start. */
  "CREATE TABLE offline (number INTEGER PRIMARY KEY, account TEXT NOT NULL, time INTEGER NOT NULL,"
  " size INTEGER NOT NULL, stanza TEXT NOT NULL);"
  "CREATE INDEX offline_of_account ON offline (account, number, size);"
  "CREATE TRIGGER account_goes AFTER DELETE ON account BEGIN"
  " DELETE FROM offline WHERE account = OLD.name; DELETE FROM roster WHERE account = OLD.name;"
  " DELETE FROM vcard WHERE account = OLD.name; DELETE FROM departure WHERE account = OLD.name;"
  " DELETE FROM blocked WHERE account = OLD.name; END;",

  "CREATE TABLE secret (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;",

  "CREATE TABLE neighbour (domain TEXT PRIMARY KEY, addresses TEXT NOT NULL, port INTEGER NOT NULL,"
  " device TEXT) WITHOUT ROWID;",

  /* The stanza of a request that waits for its answer. */
  "ALTER TABLE roster ADD COLUMN request TEXT;",
};

guint
ismb_schema_newest (void)
{
  return G_N_ELEMENTS (migrations);
}

const char *
ismb_schema_get (guint number)
{
  g_return_val_if_fail (number >= 1 && number <= G_N_ELEMENTS (migrations), NULL);
  return migrations[number - 1];
}

static gboolean
execute (sqlite3 *db, const char *sql, const char *path, GError **error)
{
  if (sqlite3_exec (db, sql, NULL, NULL, NULL) == SQLITE_OK)
    return TRUE;
  ismb_statement_set_error (error, db, path);
  return FALSE; /* who fails to open closes it, and SQLite rolls back */
}

static gboolean
get_version (sqlite3 *db, const char *path, guint *version, GError **error)
{
  sqlite3_stmt *statement = NULL;
  gboolean found =
      sqlite3_prepare_v2 (db, "PRAGMA user_version", -1, &statement, NULL) == SQLITE_OK &&
      sqlite3_step (statement) == SQLITE_ROW;

  if (found)
    *version = sqlite3_column_int (statement, 0);
  else
    ismb_statement_set_error (error, db, path);
  sqlite3_finalize (statement);
  return found;
}

static gboolean
refuse_newer (guint version, const char *path, GError **error)
{
  if (version <= G_N_ELEMENTS (migrations))
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED,
               "the store %s has schema %u, and this ISMB knows up to %u: it was written by a newer "
               "one, which is to be installed again",
               path, version, (guint) G_N_ELEMENTS (migrations));
  return FALSE;
}

gboolean
ismb_schema_migrate (sqlite3 *db, const char *path, GError **error)
{
  guint version = 0;

  if (!get_version (db, path, &version, error) || !refuse_newer (version, path, error))
    return FALSE;
  for (; version < G_N_ELEMENTS (migrations); version++)
    {
      g_autofree char *sql = g_strdup_printf ("BEGIN IMMEDIATE; %s PRAGMA user_version = %u; COMMIT",
                                              migrations[version], version + 1);

      if (!execute (db, sql, path, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
ismb_schema_check (sqlite3 *db, const char *path, GError **error)
{
  guint version = 0;

  if (!get_version (db, path, &version, error) || !refuse_newer (version, path, error))
    return FALSE;
  if (version == G_N_ELEMENTS (migrations))
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED,
               "the store %s is of an older ISMB (schema %u, and this one has %u) and cannot be "
               "written to change that: make room on its disk, or make it writable",
               path, version, (guint) G_N_ELEMENTS (migrations));
  return FALSE;
}
