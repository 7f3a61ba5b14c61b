/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <sqlite3.h>

G_BEGIN_DECLS

/* How a store's file is opened. */

/* Readable for us alone, in WAL mode, looked through, of the newest schema; `path` NULL: in memory.
 * `durable`: a commit has reached the disk when it is told, so that it survives a power failure
 * too. `no_room`, set where it fails: because the disk is full or read-only. */
sqlite3 *ismb_database_open         (const char *path, gboolean durable, gboolean *no_room,
                                     GError **error);
/* One that cannot be written, as the disk is full or read-only: what is there, or an empty one
 * where there is none yet. It is of the newest schema. */
sqlite3 *ismb_database_open_reading (const char *path, GError **error);

G_END_DECLS
