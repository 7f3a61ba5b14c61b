/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/client/ismb-waiters.h"

#include "ismb/core/ismb-error.h"

#define PATIENCE 15000 /* milliseconds, of who waits for the end */

struct _IsmbWaiters
{
  IsmbWaitersCallbacks callbacks;
  gpointer user_data;
  GTask *opening;
  GSource *opening_cancel;
  GQueue closing; /* of GTask; its data is the source that hears of its cancellation */
  GSource *deadline;
};

static void
drop_source (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
drop_task_source (gpointer source)
{
  g_source_destroy (source);
  g_source_unref (source);
}

static GSource *
start_source (IsmbWaiters *self, GTask *task, GSource *source, gpointer callback)
{
  g_source_set_callback (source, callback, self, NULL);
  g_source_attach (source, g_task_get_context (task));
  return source;
}

IsmbWaiters *
ismb_waiters_new (const IsmbWaitersCallbacks *callbacks, gpointer user_data)
{
  IsmbWaiters *self = g_new0 (IsmbWaiters, 1);

  self->callbacks = *callbacks;
  self->user_data = user_data;
  return self;
}

void
ismb_waiters_free (IsmbWaiters *self)
{
  drop_source (&self->opening_cancel);
  drop_source (&self->deadline);
  g_free (self);
}

static gboolean
on_opening_cancelled (GCancellable *cancellable, gpointer user_data)
{
  IsmbWaiters *self = user_data;
  GError *error = NULL;

  g_cancellable_set_error_if_cancelled (cancellable, &error);
  self->callbacks.cancelled (error, self->user_data);
  return G_SOURCE_REMOVE;
}

void
ismb_waiters_add_opening (IsmbWaiters *self, GTask *task)
{
  GCancellable *cancellable = g_task_get_cancellable (task);

  self->opening = task;
  if (cancellable != NULL)
    self->opening_cancel = start_source (self, task, g_cancellable_source_new (cancellable),
                                         G_SOURCE_FUNC (on_opening_cancelled));
}

gboolean
ismb_waiters_has_opening (IsmbWaiters *self)
{
  return self->opening != NULL;
}

GTask *
ismb_waiters_steal_opening (IsmbWaiters *self)
{
  drop_source (&self->opening_cancel);
  return g_steal_pointer (&self->opening);
}

static gboolean
on_deadline (gpointer user_data)
{
  IsmbWaiters *self = user_data;

  self->callbacks.impatient (self->user_data);
  return G_SOURCE_REMOVE;
}

static gboolean
on_closing_cancelled (GCancellable *cancellable, gpointer user_data)
{
  return on_deadline (user_data);
}

void
ismb_waiters_add_closing (IsmbWaiters *self, GTask *task)
{
  GCancellable *cancellable = g_task_get_cancellable (task);

  g_queue_push_tail (&self->closing, task);
  if (cancellable != NULL)
    g_task_set_task_data (task,
                          start_source (self, task, g_cancellable_source_new (cancellable),
                                        G_SOURCE_FUNC (on_closing_cancelled)),
                          drop_task_source);
  if (self->deadline == NULL)
    self->deadline = start_source (self, task, g_timeout_source_new (PATIENCE), on_deadline);
}

gboolean
ismb_waiters_has_closing (IsmbWaiters *self)
{
  return self->closing.length > 0;
}

/* They hear what could not be sent. */
static void
return_closed (GTask *task, guint lost)
{
  if (lost == 0)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_new_error (task, ISMB_ERROR, ISMB_ERROR_FAILED,
                             "%u %s not sent, or the server did not say that it has %s", lost,
                             lost == 1 ? "stanza was" : "stanzas were", lost == 1 ? "it" : "them");
}

void
ismb_waiters_finish_closing (IsmbWaiters *self, guint lost)
{
  GQueue closing = self->closing;
  GTask *task;

  drop_source (&self->deadline);
  g_queue_init (&self->closing);
  while ((task = g_queue_pop_head (&closing)) != NULL)
    {
      return_closed (task, lost);
      g_object_unref (task);
    }
}
