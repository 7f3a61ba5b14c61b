/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Notes to systemd (sd_notify(3)), where NOTIFY_SOCKET is set: "READY=1", "STOPPING=1". */
void switch_notify          (const char *state);
/* Says "WATCHDOG=1" from the main loop, twice in the time that WATCHDOG_USEC allows. 0 where it is
 * not asked for, else the source's id. */
guint switch_notify_watchdog (void);

G_END_DECLS
