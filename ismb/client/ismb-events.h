/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Handlers by the free name of an event, in the order they were added. A string table and not
 * signal details, which are quarks and never freed: the names are unbounded. */
typedef struct _IsmbEvents IsmbEvents;

/* IsmbEventFunc, before there is a client. */
typedef void (*IsmbEventHandler) (gpointer client, const char *event, GObject *payload,
                                  gpointer user_data);

IsmbEvents *ismb_events_new (void);
void ismb_events_free (IsmbEvents *self);
/* `disposable`: it is removed when the event comes, before it runs. */
guint ismb_events_add (IsmbEvents *self, const char *event, gboolean disposable,
                       IsmbEventHandler callback, gpointer user_data, GDestroyNotify destroy);
gboolean ismb_events_remove (IsmbEvents *self, guint id);
/* All of that event that have this function; how many they were. */
guint ismb_events_remove_by_func (IsmbEvents *self, const char *event, IsmbEventHandler callback);
guint ismb_events_count (IsmbEvents *self, const char *event);
/* Over those that are there at the start; one that is removed meanwhile is left out. A handler may
 * change a stanza, so each but the last has a copy, and with `shared` the last has one too. */
void ismb_events_emit (IsmbEvents *self, gpointer client, const char *event, GObject *payload,
                       gboolean shared);

G_END_DECLS
