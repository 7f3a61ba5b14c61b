/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/stream/ismb-outlet.h"

typedef struct
{
  GList link;
  IsmbOutletFunc func;
  gpointer user_data;
  gpointer item;
  GDestroyNotify destroy;
} Entry;

typedef struct
{
  GSource source;
  IsmbOutlet *owner;
} Source;

struct _IsmbOutlet
{
  GQueue waiting; /* of Entry, by their own links */
  GSource *source;
  guint low;
  void (*room) (gpointer user_data);
  gpointer user_data;
};

static void
drop (Entry *entry)
{
  if (entry->item != NULL && entry->destroy != NULL)
    entry->destroy (entry->item);
  g_free (entry);
}

static Entry *
take (IsmbOutlet *self)
{
  GList *link = g_queue_pop_head_link (&self->waiting);

  if (link != NULL && self->waiting.length <= self->low)
    self->room (self->user_data);
  return link != NULL ? link->data : NULL;
}

/* No ready time: setting that wakes the loop up by a system call, each time. */
static gboolean
outlet_prepare (GSource *source, int *timeout)
{
  *timeout = -1;
  return ((Source *) source)->owner->waiting.length > 0;
}

static gboolean
outlet_check (GSource *source)
{
  return ((Source *) source)->owner->waiting.length > 0;
}

/* One each time: the callback may free us, or dispatch this source again in a loop of its own. */
static gboolean
outlet_dispatch (GSource *source, GSourceFunc func, gpointer data)
{
  ismb_outlet_drain (((Source *) source)->owner, 1);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs outlet_funcs = { outlet_prepare, outlet_check, outlet_dispatch, NULL };

IsmbOutlet *
ismb_outlet_new (guint low, void (*room) (gpointer user_data), gpointer user_data)
{
  IsmbOutlet *self = g_new0 (IsmbOutlet, 1);

  self->low = low;
  self->room = room;
  self->user_data = user_data;
  return self;
}

void
ismb_outlet_free (IsmbOutlet *self)
{
  ismb_outlet_close (self);
  g_free (self);
}

void
ismb_outlet_open (IsmbOutlet *self)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();

  self->source = g_source_new (&outlet_funcs, sizeof (Source));
  ((Source *) self->source)->owner = self;
  g_source_set_static_name (self->source, "[ismb] stanzas");
  g_source_set_can_recurse (self->source, TRUE);
  g_source_attach (self->source, context);
}

void
ismb_outlet_close (IsmbOutlet *self)
{
  GList *link;

  if (self->source != NULL)
    g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
  while ((link = g_queue_pop_head_link (&self->waiting)) != NULL)
    drop (link->data);
}

void
ismb_outlet_put (IsmbOutlet *self, IsmbOutletFunc func, gpointer user_data, gpointer item,
                 GDestroyNotify destroy)
{
  Entry *entry = g_new (Entry, 1);

  *entry = (Entry){ { entry, NULL, NULL }, func, user_data, item, destroy };
  g_queue_push_tail_link (&self->waiting, &entry->link);
}

gboolean
ismb_outlet_drain (IsmbOutlet *self, guint max)
{
  g_autoptr (GSource) source = g_source_ref (self->source);
  Entry *entry;

  while (max-- > 0 && !g_source_is_destroyed (source) && (entry = take (self)) != NULL)
    {
      entry->func (entry->item, entry->user_data);
      g_free (entry);
    }
  return !g_source_is_destroyed (source);
}

guint
ismb_outlet_get_length (IsmbOutlet *self)
{
  return self->waiting.length;
}
