/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/client/ismb-events.h"

#include "ismb/core/ismb-stanza-factory.h"

typedef struct
{
  guint id;
  char *event;
  IsmbEventHandler callback;
  gpointer user_data;
  GDestroyNotify destroy;
  gboolean disposable;
  gboolean removed;
} Handler;

struct _IsmbEvents
{
  GHashTable *by_event; /* name to GPtrArray of Handler */
  GHashTable *by_id;    /* borrowed */
  guint last_id;
};

static void
handler_clear (gpointer data)
{
  Handler *handler = data;

  if (handler->destroy != NULL)
    handler->destroy (handler->user_data);
  g_free (handler->event);
}

static void
handler_unref (gpointer data)
{
  g_rc_box_release_full (data, handler_clear);
}

IsmbEvents *
ismb_events_new (void)
{
  IsmbEvents *self = g_new0 (IsmbEvents, 1);

  self->by_event =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
  self->by_id = g_hash_table_new (NULL, NULL);
  return self;
}

static void
mark_removed (gpointer id, gpointer handler, gpointer data)
{
  ((Handler *) handler)->removed = TRUE;
}

void
ismb_events_free (IsmbEvents *self)
{
  g_hash_table_foreach (self->by_id, mark_removed, NULL);
  g_hash_table_unref (self->by_id);
  g_hash_table_unref (self->by_event);
  g_free (self);
}

guint
ismb_events_add (IsmbEvents *self, const char *event, gboolean disposable,
                 IsmbEventHandler callback, gpointer user_data, GDestroyNotify destroy)
{
  GPtrArray *handlers = g_hash_table_lookup (self->by_event, event);
  Handler *handler = g_rc_box_new0 (Handler);

  if (handlers == NULL)
    {
      handlers = g_ptr_array_new_with_free_func (handler_unref);
      g_hash_table_insert (self->by_event, g_strdup (event), handlers);
    }
  handler->id = ++self->last_id;
  handler->event = g_strdup (event);
  handler->disposable = disposable;
  handler->callback = callback;
  handler->user_data = user_data;
  handler->destroy = destroy;
  g_ptr_array_add (handlers, handler);
  g_hash_table_insert (self->by_id, GUINT_TO_POINTER (handler->id), handler);
  return handler->id;
}

gboolean
ismb_events_remove (IsmbEvents *self, guint id)
{
  Handler *handler = g_hash_table_lookup (self->by_id, GUINT_TO_POINTER (id));
  GPtrArray *handlers;

  if (handler == NULL)
    return FALSE;
  g_hash_table_remove (self->by_id, GUINT_TO_POINTER (id));
  handler->removed = TRUE;
  handlers = g_hash_table_lookup (self->by_event, handler->event);
  if (handlers->len == 1)
    g_hash_table_remove (self->by_event, handler->event);
  else
    g_ptr_array_remove (handlers, handler);
  return TRUE;
}

static gpointer
handler_ref (gconstpointer source, gpointer data)
{
  return g_rc_box_acquire ((gpointer) source);
}

static GPtrArray *
list_handlers (IsmbEvents *self, const char *event)
{
  GPtrArray *handlers = g_hash_table_lookup (self->by_event, event);
  GPtrArray *snapshot = handlers != NULL ? g_ptr_array_copy (handlers, handler_ref, NULL)
                                         : g_ptr_array_new ();

  g_ptr_array_set_free_func (snapshot, handler_unref);
  return snapshot;
}

guint
ismb_events_remove_by_func (IsmbEvents *self, const char *event, IsmbEventHandler callback)
{
  g_autoptr (GPtrArray) snapshot = list_handlers (self, event);
  guint count = 0;

  for (guint i = 0; i < snapshot->len; i++)
    {
      Handler *handler = snapshot->pdata[i];

      if (handler->callback == callback && ismb_events_remove (self, handler->id))
        count++;
    }
  return count;
}

guint
ismb_events_count (IsmbEvents *self, const char *event)
{
  GPtrArray *handlers = g_hash_table_lookup (self->by_event, event);

  return handlers != NULL ? handlers->len : 0;
}

/* SleekXMPP's handlers answer by turning what they got into its reply. */
static GObject *
share (GObject *payload, gboolean alone)
{
  if (alone || !ISMB_IS_STANZA (payload))
    return payload != NULL ? g_object_ref (payload) : NULL;
  return G_OBJECT (ismb_stanza_copy (ISMB_STANZA (payload)));
}

static void
call (IsmbEvents *self, Handler *handler, gpointer client, GObject *payload, gboolean alone)
{
  g_autoptr (GObject) own = share (payload, alone);

  if (handler->disposable)
    ismb_events_remove (self, handler->id);
  handler->callback (client, handler->event, own, handler->user_data);
}

/* The table may be freed by a handler, and then each of them is marked as removed. */
void
ismb_events_emit (IsmbEvents *self, gpointer client, const char *event, GObject *payload,
                  gboolean shared)
{
  g_autoptr (GPtrArray) snapshot = NULL;

  if (!g_hash_table_contains (self->by_event, event))
    return;
  snapshot = list_handlers (self, event);
  for (guint i = 0; i < snapshot->len; i++)
    {
      Handler *handler = snapshot->pdata[i];

      if (!handler->removed)
        call (self, handler, client, payload, i + 1 == snapshot->len && !shared);
    }
}
