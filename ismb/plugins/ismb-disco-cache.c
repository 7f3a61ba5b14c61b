/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/plugins/ismb-disco-cache.h"

#include <string.h>

#define OVERHEAD 512 /* bytes, of an entry that says nothing */

typedef struct
{
  char *key;
  IsmbDiscoInfo *info;
  gsize bytes;
  GList link; /* in the order they were asked for, the last one first */
} Entry;

struct _IsmbDiscoCache
{
  GHashTable *entries; /* by key */
  GQueue order;
  gsize bytes, bytes_max;
};

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_free (entry->key);
  g_object_unref (entry->info);
  g_free (entry);
}

IsmbDiscoCache *
ismb_disco_cache_new (gsize bytes_max)
{
  IsmbDiscoCache *self = g_new0 (IsmbDiscoCache, 1);

  self->entries = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, entry_free);
  self->bytes_max = bytes_max;
  return self;
}

void
ismb_disco_cache_free (IsmbDiscoCache *self)
{
  g_hash_table_unref (self->entries);
  g_free (self);
}

static void
drop (IsmbDiscoCache *self, Entry *entry)
{
  self->bytes -= entry->bytes;
  g_queue_unlink (&self->order, &entry->link);
  g_hash_table_remove (self->entries, entry->key);
}

static gsize
weigh (const char *key, IsmbDiscoInfo *info)
{
  g_autofree char *xml = ismb_element_to_string (ismb_payload_get_element (ISMB_PAYLOAD (info)));

  return strlen (key) + strlen (xml) + OVERHEAD;
}

void
ismb_disco_cache_put (IsmbDiscoCache *self, const char *key, IsmbDiscoInfo *info)
{
  Entry *entry = g_new0 (Entry, 1);

  ismb_disco_cache_drop (self, key);
  entry->key = g_strdup (key);
  entry->info = g_object_ref (info);
  entry->bytes = weigh (key, info);
  entry->link.data = entry;
  self->bytes += entry->bytes;
  g_queue_push_head_link (&self->order, &entry->link);
  g_hash_table_insert (self->entries, entry->key, entry);
  while (self->bytes > self->bytes_max)
    drop (self, g_queue_peek_tail (&self->order));
}

IsmbDiscoInfo *
ismb_disco_cache_get (IsmbDiscoCache *self, const char *key)
{
  Entry *entry = g_hash_table_lookup (self->entries, key);

  if (entry == NULL)
    return NULL;
  g_queue_unlink (&self->order, &entry->link);
  g_queue_push_head_link (&self->order, &entry->link);
  return entry->info;
}

void
ismb_disco_cache_drop (IsmbDiscoCache *self, const char *key)
{
  Entry *entry = g_hash_table_lookup (self->entries, key);

  if (entry != NULL)
    drop (self, entry);
}

void
ismb_disco_cache_clear (IsmbDiscoCache *self)
{
  while (!g_queue_is_empty (&self->order))
    drop (self, g_queue_peek_tail (&self->order));
}

gboolean
ismb_disco_cache_is_empty (IsmbDiscoCache *self)
{
  return g_queue_is_empty (&self->order);
}
