/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.store"

#include "config.h"
#include "ismb/store/ismb-database.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ismb/core/ismb-error.h"
#include "ismb/store/ismb-schema.h"
#include "ismb/store/ismb-statement.h"

#define BUSY_MILLISECONDS 5000 /* somebody else, a backup say, holds the file */
#define CHECKED_MAX (64 * 1024 * 1024) /* bytes; a bigger file is not looked through at each start */

static gboolean
execute (sqlite3 *db, const char *path, const char *sql, GError **error)
{
  if (sqlite3_exec (db, sql, NULL, NULL, NULL) == SQLITE_OK)
    return TRUE;
  ismb_statement_set_error (error, db, path);
  return FALSE;
}

/* SQLite would make the file readable for everybody, and its -wal and -shm take the mode from
 * it. */
static gboolean
make_private (const char *path, gboolean *no_room, GError **error)
{
  int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  gboolean made = fd >= 0 && fchmod (fd, 0600) == 0;
  int saved = errno;

  *no_room = !made && (saved == ENOSPC || saved == EDQUOT || saved == EROFS);
  if (!made)
    g_set_error (error, ISMB_ERROR,
                 saved == EACCES ? ISMB_ERROR_NOT_ALLOWED : ISMB_ERROR_FAILED,
                 "cannot open the store %s: %s", path, g_strerror (saved));
  if (fd >= 0)
    close (fd);
  return made;
}

/* What SQLite finds wrong first, or NULL. */
static char *
find_damage (sqlite3 *db)
{
  sqlite3_stmt *statement = NULL;
  char *found = NULL;

  if (sqlite3_prepare_v2 (db, "PRAGMA quick_check(1)", -1, &statement, NULL) == SQLITE_OK &&
      sqlite3_step (statement) == SQLITE_ROW)
    found = g_strdup ((const char *) sqlite3_column_text (statement, 0));
  sqlite3_finalize (statement);
  if (g_strcmp0 (found, "ok") == 0)
    g_clear_pointer (&found, g_free);
  return found;
}

static gboolean
check (sqlite3 *db, const char *path, GError **error)
{
  g_autofree char *damage = NULL;
  struct stat info;

  if (path == NULL || stat (path, &info) != 0 || info.st_size > CHECKED_MAX)
    return TRUE;
  damage = find_damage (db);
  if (damage == NULL)
    return TRUE;
  ismb_statement_set_damaged (error, path, damage);
  return FALSE;
}

static sqlite3 *
finish (sqlite3 *db, gboolean fine)
{
  if (fine)
    return db;
  sqlite3_close (db);
  return NULL;
}

/* Also the files beside it want room: without, they cannot be opened or grow. */
static gboolean
wants_room (sqlite3 *db)
{
  int code = sqlite3_errcode (db) & 0xff;

  return code == SQLITE_FULL || code == SQLITE_READONLY || code == SQLITE_CANTOPEN ||
         code == SQLITE_IOERR;
}

/* NULL with an error, and nothing open. */
static sqlite3 *
open_file (const char *name, const char *path, int flags, const char *vfs, GError **error)
{
  sqlite3 *db = NULL;

  if (sqlite3_open_v2 (name, &db, flags | SQLITE_OPEN_NOMUTEX, vfs) == SQLITE_OK)
    {
      sqlite3_busy_timeout (db, BUSY_MILLISECONDS);
      return db;
    }
  ismb_statement_set_error (error, db, path);
  return finish (db, FALSE);
}

static gboolean
prepare (sqlite3 *db, const char *path, const char *name, gboolean durable, gboolean *no_room,
         GError **error)
{
  const char *how = durable ? "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL"
                            : "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL";
  gboolean fine = execute (db, name, how, error);

  *no_room = !fine && wants_room (db);
  if (!fine || !check (db, path, error))
    return FALSE;
  fine = ismb_schema_migrate (db, name, error);
  *no_room = !fine && wants_room (db);
  return fine;
}

sqlite3 *
ismb_database_open (const char *path, gboolean durable, gboolean *no_room, GError **error)
{
  const char *name = path != NULL ? path : ":memory:";
  sqlite3 *db;

  *no_room = FALSE;
  if (path != NULL && !make_private (path, no_room, error))
    return NULL;
  db = open_file (name, name, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL, error);
  if (db == NULL)
    return NULL;
  return finish (db, prepare (db, path, name, durable, no_room, error));
}

static gboolean
is_empty (const char *path, const char *suffix)
{
  g_autofree char *file = g_strconcat (path, suffix, NULL);
  struct stat info;

  return stat (file, &info) != 0 || info.st_size == 0;
}

/* Without locks and without shared memory, which would have to be written: nobody else uses it.
 * What has no WAL file is read as it stands, as SQLite would want to make one. */
static sqlite3 *
open_unwritten (const char *path, GError **error)
{
  g_autofree char *escaped = g_uri_escape_string (path, "/", FALSE);
  g_autofree char *uri = g_strdup_printf ("file:%s?immutable=1", escaped);
  gboolean whole = is_empty (path, "-wal");
  sqlite3 *db = open_file (whole ? uri : path, path, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI,
                           whole ? NULL : "unix-none", error);

  if (db == NULL)
    return NULL;
  return finish (db, execute (db, path, "PRAGMA locking_mode = EXCLUSIVE", error) &&
                         check (db, path, error) && ismb_schema_check (db, path, error));
}

sqlite3 *
ismb_database_open_reading (const char *path, GError **error)
{
  gboolean no_room;

  return is_empty (path, "") ? ismb_database_open (NULL, FALSE, &no_room, error)
                             : open_unwritten (path, error);
}
