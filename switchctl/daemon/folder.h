/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Makes the folder, and those above it, if it is not there. */
gboolean switch_folder_make (const char *path, int mode, GError **error);
/* Takes the folder for this process until it ends, however it ends. Returns the descriptor that
 * holds it, or -1 where another daemon has it. */
int      switch_folder_lock (const char *path, GError **error);

G_END_DECLS
