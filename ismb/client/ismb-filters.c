/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/client/ismb-filters.h"

typedef struct
{
  guint id;
  int order;
  gboolean removed;
  IsmbFiltersFunc func;
  gpointer user_data;
  GDestroyNotify destroy;
} Filter;

struct _IsmbFilters
{
  GPtrArray *lists[2]; /* of Filter in order: what comes, what leaves */
  guint last_id;
};

static void
filter_clear (gpointer data)
{
  Filter *filter = data;

  if (filter->destroy != NULL)
    filter->destroy (filter->user_data);
}

static void
filter_unref (gpointer data)
{
  g_rc_box_release_full (data, filter_clear);
}

static gpointer
filter_ref (gconstpointer filter, gpointer data)
{
  return g_rc_box_acquire ((gpointer) filter);
}

IsmbFilters *
ismb_filters_new (void)
{
  IsmbFilters *self = g_new0 (IsmbFilters, 1);

  for (guint i = 0; i < G_N_ELEMENTS (self->lists); i++)
    self->lists[i] = g_ptr_array_new_with_free_func (filter_unref);
  return self;
}

static void
mark_removed (gpointer filter, gpointer data)
{
  ((Filter *) filter)->removed = TRUE;
}

/* One of them may do that. */
void
ismb_filters_free (IsmbFilters *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->lists); i++)
    {
      g_ptr_array_foreach (self->lists[i], mark_removed, NULL);
      g_ptr_array_unref (self->lists[i]);
    }
  g_free (self);
}

guint
ismb_filters_add (IsmbFilters *self, gboolean outgoing, int order, IsmbFiltersFunc func,
                  gpointer user_data, GDestroyNotify destroy)
{
  GPtrArray *list = self->lists[outgoing ? 1 : 0];
  Filter *filter = g_rc_box_new0 (Filter);
  guint place = list->len;

  filter->id = ++self->last_id;
  filter->order = order;
  filter->func = func;
  filter->user_data = user_data;
  filter->destroy = destroy;
  while (place > 0 && ((Filter *) list->pdata[place - 1])->order > order)
    place--;
  g_ptr_array_insert (list, (int) place, filter);
  return filter->id;
}

static gboolean
remove_from (GPtrArray *list, guint id)
{
  for (guint i = 0; i < list->len; i++)
    {
      Filter *filter = list->pdata[i];

      if (filter->id != id)
        continue;
      filter->removed = TRUE;
      g_ptr_array_remove_index (list, i);
      return TRUE;
    }
  return FALSE;
}

gboolean
ismb_filters_remove (IsmbFilters *self, guint id)
{
  return remove_from (self->lists[0], id) || remove_from (self->lists[1], id);
}

gboolean
ismb_filters_run (IsmbFilters *self, gboolean outgoing, gpointer client, IsmbStanza *stanza)
{
  GPtrArray *list = self->lists[outgoing ? 1 : 0];
  g_autoptr (GPtrArray) snapshot = NULL;

  if (list->len == 0)
    return TRUE;
  snapshot = g_ptr_array_copy (list, filter_ref, NULL);
  g_ptr_array_set_free_func (snapshot, filter_unref);
  for (guint i = 0; i < snapshot->len; i++)
    {
      Filter *filter = snapshot->pdata[i];

      if (!filter->removed && !filter->func (client, stanza, filter->user_data))
        return FALSE;
    }
  return TRUE;
}
