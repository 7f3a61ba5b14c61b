/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Tells that the daemon of this switch has come: its socket has appeared, or been opened to us. */
typedef struct _IsmbDaemonWatch IsmbDaemonWatch;

/* Called in the thread-default main context of now, perhaps more than once, and not for a daemon
 * that is there already. */
IsmbDaemonWatch *ismb_daemon_watch_new (const char *runtime_dir, void (*came) (gpointer user_data),
                                        gpointer user_data);
void ismb_daemon_watch_free (IsmbDaemonWatch *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbDaemonWatch, ismb_daemon_watch_free)

G_END_DECLS
