/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/store/ismb-neighbours.h"

#define SEPARATOR " " /* no address has one */

struct _IsmbNeighbours
{
  GObject parent_instance;
  IsmbStore *store;
  GHashTable *all; /* domain, its neighbour's, to IsmbNeighbour, owned */
};

G_DEFINE_FINAL_TYPE (IsmbNeighbours, ismb_neighbours, G_TYPE_OBJECT)

static void
neighbour_free (IsmbNeighbour *neighbour)
{
  g_free (neighbour->domain);
  g_strfreev (neighbour->addresses);
  g_free (neighbour->device_id);
  g_free (neighbour);
}

static void
ismb_neighbours_finalize (GObject *object)
{
  IsmbNeighbours *self = ISMB_NEIGHBOURS (object);

  g_hash_table_unref (self->all);
  g_clear_object (&self->store);
  G_OBJECT_CLASS (ismb_neighbours_parent_class)->finalize (object);
}

static void
ismb_neighbours_class_init (IsmbNeighboursClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ismb_neighbours_finalize;
}

static void
ismb_neighbours_init (IsmbNeighbours *self)
{
  self->all
    = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) neighbour_free);
}

static void
keep (IsmbNeighbours *self, const char *domain, char **addresses, guint16 port,
      const char *device_id)
{
  IsmbNeighbour *neighbour = g_new0 (IsmbNeighbour, 1);

  neighbour->domain = g_strdup (domain);
  neighbour->addresses = addresses;
  neighbour->port = port;
  neighbour->device_id = g_strdup (device_id);
  g_hash_table_replace (self->all, neighbour->domain, neighbour);
}

static void
on_row (GVariant *row, gpointer user_data)
{
  const char *domain = NULL, *addresses = NULL, *device_id = NULL;
  gint64 port = 0;

  g_variant_get (row, "(&s&sxm&s)", &domain, &addresses, &port, &device_id);
  keep (user_data, domain, g_strsplit (addresses, SEPARATOR, -1), (guint16) port, device_id);
}

IsmbNeighbours *
ismb_neighbours_load (IsmbStore *store, GError **error)
{
  g_autoptr (IsmbNeighbours) self = g_object_new (ISMB_TYPE_NEIGHBOURS, NULL);

  self->store = g_object_ref (store);
  if (!ismb_store_read (store, "SELECT domain, addresses, port, device FROM neighbour", "(ssxms)",
                        on_row, self, error))
    return NULL;
  return g_steal_pointer (&self);
}

static gboolean
is_news (IsmbNeighbours *self, const char *domain, const char *const *addresses, guint16 port,
         const char *device_id)
{
  const IsmbNeighbour *known = g_hash_table_lookup (self->all, domain);

  return known == NULL || known->port != port || g_strcmp0 (known->device_id, device_id) != 0 ||
         !g_strv_equal ((const char *const *) known->addresses, addresses);
}

void
ismb_neighbours_put (IsmbNeighbours *self, const char *domain, const char *const *addresses,
                     guint16 port, const char *device_id)
{
  g_autofree char *joined = NULL;

  if (!is_news (self, domain, addresses, port, device_id))
    return;
  keep (self, domain, g_strdupv ((char **) addresses), port, device_id);
  joined = g_strjoinv (SEPARATOR, (char **) addresses);
  ismb_store_write (self->store,
                    "INSERT OR REPLACE INTO neighbour (domain, addresses, port, device)"
                    " VALUES (?,?,?,?)",
                    g_variant_new ("(ssxms)", domain, joined, (gint64) port, device_id), NULL,
                    NULL);
}

void
ismb_neighbours_remove (IsmbNeighbours *self, const char *domain)
{
  if (!g_hash_table_contains (self->all, domain))
    return;
  ismb_store_write (self->store, "DELETE FROM neighbour WHERE domain = ?",
                    g_variant_new ("(s)", domain), NULL, NULL);
  g_hash_table_remove (self->all, domain);
}

GPtrArray *
ismb_neighbours_list (IsmbNeighbours *self)
{
  GPtrArray *list = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer neighbour;

  g_hash_table_iter_init (&iter, self->all);
  while (g_hash_table_iter_next (&iter, NULL, &neighbour))
    g_ptr_array_add (list, neighbour);
  return list;
}
