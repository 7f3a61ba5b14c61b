/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* `levels`: a level, and levels of modules, `info;ismb.listener=debug`; a setting for a dotted name
 * holds for all below it. Levels are debug, info, message, warning, critical, error. */
gboolean switch_log_check (const char *levels, GError **error);
/* From now on these hold, and none that were set before. */
gboolean switch_log_set   (const char *levels, GError **error);
/* From here on all logging goes to the journal where systemd started us, else to standard error. */
void     switch_log_open  (const char *levels);

G_END_DECLS
