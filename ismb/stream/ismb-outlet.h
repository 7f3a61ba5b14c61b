/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What is to be called back, in order, from a source of its own: never from inside the code that
 * put it there, so that each callback may run a nested main loop (the next one then comes inside
 * it), and may close or free whatever is behind it, the outlet included. */
typedef struct _IsmbOutlet IsmbOutlet;

typedef void (*IsmbOutletFunc) (gpointer item, gpointer user_data);

/* `room` is called each time that no more than `low` wait. */
IsmbOutlet *ismb_outlet_new        (guint low, void (*room) (gpointer user_data),
                                    gpointer user_data);
void        ismb_outlet_free       (IsmbOutlet *self);
/* Calls back in the thread's default main context from now on. */
void        ismb_outlet_open       (IsmbOutlet *self);
/* Drops what waits. */
void        ismb_outlet_close      (IsmbOutlet *self);
/* `func` takes the item, `destroy` what is dropped. */
void        ismb_outlet_put        (IsmbOutlet *self, IsmbOutletFunc func, gpointer user_data,
                                    gpointer item, GDestroyNotify destroy);
/* Calls back at once, `max` times at most. FALSE: a callback closed it, or freed it. */
gboolean    ismb_outlet_drain      (IsmbOutlet *self, guint max);
guint       ismb_outlet_get_length (IsmbOutlet *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbOutlet, ismb_outlet_free)

G_END_DECLS
