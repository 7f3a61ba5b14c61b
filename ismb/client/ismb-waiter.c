/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/client/ismb-waiter.h"

#include "ismb/core/ismb-error.h"

typedef struct
{
  IsmbHandlers *handlers;
  guint id;
  GTask *task; /* NULL: it has returned */
  guint timeout_ms;
  GSource *timeout;
  GSource *cancel;
} Waiter;

static void
destroy_source (GSource *source)
{
  g_source_destroy (source);
  g_source_unref (source);
}

/* As soon as it ends: it may still be among those that a stanza is on its way to, and what its task
 * calls back may run a loop, in which they would be due. */
static void
drop_sources (Waiter *waiter)
{
  g_clear_pointer (&waiter->timeout, destroy_source);
  g_clear_pointer (&waiter->cancel, destroy_source);
}

static void
waiter_free (gpointer data)
{
  Waiter *waiter = data;

  drop_sources (waiter);
  if (waiter->task != NULL)
    g_task_return_new_error (waiter->task, ISMB_ERROR, ISMB_ERROR_NOT_CONNECTED,
                             "the client is gone");
  g_clear_object (&waiter->task);
  g_free (waiter);
}

static gboolean
on_match (gpointer client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  Waiter *waiter = user_data;
  g_autoptr (GTask) task = g_steal_pointer (&waiter->task);

  drop_sources (waiter);
  g_task_return_pointer (task, g_object_ref (stanza), g_object_unref);
  return TRUE;
}

/* Removed first: what the task calls back may wait again, or end the client. */
static GTask *
end (Waiter *waiter)
{
  GTask *task = g_steal_pointer (&waiter->task);

  drop_sources (waiter);
  ismb_handlers_remove (waiter->handlers, waiter->id);
  return task;
}

static gboolean
on_timeout (gpointer data)
{
  guint timeout_ms = ((Waiter *) data)->timeout_ms;
  g_autoptr (GTask) task = end (data);

  g_task_return_new_error (task, ISMB_ERROR, ISMB_ERROR_TIMEOUT,
                           "no stanza that matches came within %u ms", timeout_ms);
  return G_SOURCE_REMOVE;
}

static gboolean
on_cancelled (GCancellable *cancellable, gpointer data)
{
  g_autoptr (GTask) task = end (data);

  g_task_return_error_if_cancelled (task);
  return G_SOURCE_REMOVE;
}

static GSource *
attach (GSource *source, gpointer callback, Waiter *waiter)
{
  g_source_set_callback (source, callback, waiter, NULL);
  g_source_attach (source, g_task_get_context (waiter->task));
  return source;
}

void
ismb_waiter_add (IsmbHandlers *handlers, IsmbMatcher *matcher, guint timeout_ms, GTask *task)
{
  GCancellable *cancellable = g_task_get_cancellable (task);
  Waiter *waiter = g_new0 (Waiter, 1);

  waiter->handlers = handlers;
  waiter->task = task;
  waiter->timeout_ms = timeout_ms;
  waiter->timeout = attach (g_timeout_source_new (timeout_ms), on_timeout, waiter);
  if (cancellable != NULL)
    waiter->cancel = attach (g_cancellable_source_new (cancellable), on_cancelled, waiter);
  waiter->id = ismb_handlers_add (handlers, NULL, matcher, ISMB_HANDLER_WAY_WAITS, on_match, waiter,
                                  waiter_free);
}
