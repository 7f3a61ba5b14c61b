/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <sqlite3.h>

G_BEGIN_DECLS

/* Between GVariant and SQLite: a tuple of s, ms, x, b and ay is a row or a statement's
 * parameters. */

/* FALSE where the tuple does not fit the statement; `parameters` NULL: none. */
gboolean   ismb_statement_bind      (sqlite3_stmt *statement, GVariant *parameters);
/* To its end; rows it may yield are passed over. */
gboolean   ismb_statement_run       (sqlite3_stmt *statement);
/* All rows the statement yields, tuples of `row_type`; text that is no UTF-8 fails.
 * (transfer full) */
GPtrArray *ismb_statement_read      (sqlite3_stmt *statement, const char *row_type,
                                     const char *path, GError **error);
/* What SQLite says was wrong last, with the file's name, and what to do about it. */
void       ismb_statement_set_error (GError **error, sqlite3 *db, const char *path);

void       ismb_statement_set_damaged (GError **error, const char *path, const char *how);

G_END_DECLS
