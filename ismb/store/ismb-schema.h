/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <sqlite3.h>

G_BEGIN_DECLS

/* The tables of a store, and how those of an older version become the newest. */

/* How many versions there are; an empty file is version 0. */
guint       ismb_schema_newest  (void);
/* What makes version `number`, from 1, of the one before. */
const char *ismb_schema_get     (guint number);
/* To the newest, each step in a transaction of its own; refuses a newer one. `path`: for
 * messages. */
gboolean    ismb_schema_migrate (sqlite3 *db, const char *path, GError **error);

/* Refuses every one but the newest: for a file that cannot be written. */
gboolean    ismb_schema_check   (sqlite3 *db, const char *path, GError **error);

G_END_DECLS
