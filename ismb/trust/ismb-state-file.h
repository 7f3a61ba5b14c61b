/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A small file that must survive, mode 0600, read and written whole. */

/* "" where there is no file. */
char    *ismb_state_file_read  (const char *path, GError **error);
/* On disk when it returns; on failure the file is as it was. */
gboolean ismb_state_file_write (const char *path, const char *text, GError **error);

/* FALSE: the words are not what they should be. */
typedef gboolean (*IsmbStateFileTake) (char **words, gpointer user_data);

/* Gives `take` each line that is not empty, as its `count` words. The first one that is no good
 * is an error that names it and says what is `expected`: what it was to say must not be passed
 * over. */
gboolean ismb_state_file_read_lines (const char *path, guint count, const char *expected,
                                     IsmbStateFileTake take, gpointer user_data, GError **error);

G_END_DECLS
