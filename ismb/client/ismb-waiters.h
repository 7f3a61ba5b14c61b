/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Who waits for a connection: one for its session, and any for its end. */
typedef struct _IsmbWaiters IsmbWaiters;

typedef struct
{
  /* Who waits for the session does so no more. Takes the error. */
  void (*cancelled) (GError *error, gpointer user_data);
  /* The end has to come now: somebody has waited long enough, or does so no more. */
  void (*impatient) (gpointer user_data);
} IsmbWaitersCallbacks;

IsmbWaiters *ismb_waiters_new (const IsmbWaitersCallbacks *callbacks, gpointer user_data);
/* Nobody waits any more: a task keeps the client alive. */
void ismb_waiters_free (IsmbWaiters *self);
/* Takes the task. */
void ismb_waiters_add_opening (IsmbWaiters *self, GTask *task);
gboolean ismb_waiters_has_opening (IsmbWaiters *self);
/* NULL: nobody waits for the session. (transfer full) */
GTask *ismb_waiters_steal_opening (IsmbWaiters *self);
/* Takes the task. */
void ismb_waiters_add_closing (IsmbWaiters *self, GTask *task);
gboolean ismb_waiters_has_closing (IsmbWaiters *self);
/* It is over; `lost` stanzas were not sent. */
void ismb_waiters_finish_closing (IsmbWaiters *self, guint lost);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbWaiters, ismb_waiters_free)

G_END_DECLS
