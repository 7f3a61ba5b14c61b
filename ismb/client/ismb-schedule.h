/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Things to do at a time, each of a name. */
typedef struct _IsmbSchedule IsmbSchedule;

/* IsmbScheduleFunc, before there is a client. */
typedef void (*IsmbScheduleCallback) (gpointer client, gpointer user_data);

IsmbSchedule *ismb_schedule_new (GObject *client);
/* Nothing is done any more. */
void ismb_schedule_free (IsmbSchedule *self);
/* In the thread's default main context. FALSE with ISMB_ERROR_EXISTS where the name is in use; then
 * `user_data` is freed at once. */
gboolean ismb_schedule_add (IsmbSchedule *self, const char *name, guint milliseconds,
                            gboolean repeat, IsmbScheduleCallback callback, gpointer user_data,
                            GDestroyNotify destroy, GError **error);
gboolean ismb_schedule_remove (IsmbSchedule *self, const char *name);

G_END_DECLS
