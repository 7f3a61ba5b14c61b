/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* One SQLite file (WAL) of a virtual router: what must survive. Reads come from memory tables of
 * the nouns above it; writes go to one writer thread, which commits what gathered over a few
 * milliseconds. */
#define ISMB_TYPE_STORE (ismb_store_get_type ())
G_DECLARE_FINAL_TYPE (IsmbStore, ismb_store, ISMB, STORE, GObject)

/* `path` NULL: in memory. Migrates an older schema; refuses a newer one, and a damaged file.
 * Where the disk is full or read-only, what is there is read, and writes fail until there is
 * room again. */
IsmbStore *ismb_store_open  (const char *path, GError **error);
/* Commits survive a power failure too, and take as long as the disk does. */
IsmbStore *ismb_store_open_durable (const char *path, GError **error);
/* Runs a statement on the writer thread, parameters bound from a tuple GVariant (s, x, b, ay, ms);
 * `done` (nullable) comes in the caller's main context after the commit, in the order of the
 * writes; also when the store is gone meanwhile. A failure is logged, once until something is
 * committed. At most
 * 65,536 writes and 32 MiB wait: what is over that fails at once. */
typedef void (*IsmbStoreDone) (const GError *error, gpointer user_data);
void       ismb_store_write (IsmbStore *self, const char *sql, GVariant *parameters,
                             IsmbStoreDone done, gpointer user_data);
/* The same, and waits for the commit: for what happens seldom and whose maker wants to hear of a
 * full disk. */
gboolean   ismb_store_write_now (IsmbStore *self, const char *sql, GVariant *parameters,
                                 GError **error);
/* For who wants to say that something is kept. `done` comes in the caller's main context after
 * the commit of all that was written before, with an error where any of it failed that was
 * written since the mark, which is the next write's number. */
gint64     ismb_store_mark   (IsmbStore *self);
void       ismb_store_settle (IsmbStore *self, gint64 mark, IsmbStoreDone done,
                              gpointer user_data);
/* For loading at start: calls back for each row, values as the column types say. */
typedef void (*IsmbStoreRow) (GVariant *row, gpointer user_data);
gboolean   ismb_store_read  (IsmbStore *self, const char *sql, const char *row_type,
                             IsmbStoreRow row, gpointer user_data, GError **error);
/* The same without waiting, and with parameters: for what is too much to keep in memory. `done`
 * comes in the caller's main context with all rows (of GVariant), or an error; after the writes
 * before it. */
typedef void (*IsmbStoreRows) (GPtrArray *rows, const GError *error, gpointer user_data);
void       ismb_store_query (IsmbStore *self, const char *sql, GVariant *parameters,
                             const char *row_type, IsmbStoreRows done, gpointer user_data);
/* Waits until all is committed. For shutdown and tests. */
gboolean   ismb_store_sync  (IsmbStore *self, GError **error);

G_END_DECLS
