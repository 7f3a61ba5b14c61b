/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.client.peers"

#include "config.h"
#include "ismb/client/ismb-peer-list.h"

#include <string.h>

struct _IsmbPeerList
{
  GObject parent_instance;
  GPtrArray *peers;  /* of IsmbPeer, by domain */
  GHashTable *table; /* domain, the peer's, to the same */
};

static void ismb_peer_list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (IsmbPeerList, ismb_peer_list, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, ismb_peer_list_model_init))

static GType
get_item_type (GListModel *model)
{
  return ISMB_TYPE_PEER;
}

static guint
get_n_items (GListModel *model)
{
  return ISMB_PEER_LIST (model)->peers->len;
}

static gpointer
get_item (GListModel *model, guint position)
{
  IsmbPeerList *self = ISMB_PEER_LIST (model);

  return position < self->peers->len ? g_object_ref (g_ptr_array_index (self->peers, position))
                                     : NULL;
}

static void
ismb_peer_list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = get_item_type;
  iface->get_n_items = get_n_items;
  iface->get_item = get_item;
}

static void
ismb_peer_list_finalize (GObject *object)
{
  IsmbPeerList *self = ISMB_PEER_LIST (object);

  g_hash_table_unref (self->table);
  g_ptr_array_unref (self->peers);
  G_OBJECT_CLASS (ismb_peer_list_parent_class)->finalize (object);
}

static void
ismb_peer_list_class_init (IsmbPeerListClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ismb_peer_list_finalize;
}

static void
ismb_peer_list_init (IsmbPeerList *self)
{
  self->peers = g_ptr_array_new_with_free_func (g_object_unref);
  self->table = g_hash_table_new (g_str_hash, g_str_equal);
}

/* Where a peer of that domain is, or would be. */
static guint
find_place (IsmbPeerList *self, const char *domain)
{
  guint first = 0, behind = self->peers->len;

  while (first < behind)
    {
      guint middle = first + (behind - first) / 2;

      if (strcmp (ismb_peer_get_domain (g_ptr_array_index (self->peers, middle)), domain) < 0)
        first = middle + 1;
      else
        behind = middle;
    }
  return first;
}

IsmbPeerList *
ismb_peer_list_new (void)
{
  return g_object_new (ISMB_TYPE_PEER_LIST, NULL);
}

GHashTable *
ismb_peer_list_get_table (IsmbPeerList *self)
{
  return self->table;
}

IsmbPeer *
ismb_peer_list_find (IsmbPeerList *self, const char *domain)
{
  return g_hash_table_lookup (self->table, domain);
}

void
ismb_peer_list_add (IsmbPeerList *self, IsmbPeer *peer)
{
  guint place = find_place (self, ismb_peer_get_domain (peer));

  g_return_if_fail (ismb_peer_list_find (self, ismb_peer_get_domain (peer)) == NULL);
  g_ptr_array_insert (self->peers, (int) place, g_object_ref (peer));
  g_hash_table_insert (self->table, (gpointer) ismb_peer_get_domain (peer), peer);
  g_list_model_items_changed (G_LIST_MODEL (self), place, 0, 1);
}

void
ismb_peer_list_remove (IsmbPeerList *self, IsmbPeer *peer)
{
  guint place = find_place (self, ismb_peer_get_domain (peer));

  g_return_if_fail (ismb_peer_list_find (self, ismb_peer_get_domain (peer)) == peer);
  g_hash_table_remove (self->table, ismb_peer_get_domain (peer));
  g_ptr_array_remove_index (self->peers, place);
  g_list_model_items_changed (G_LIST_MODEL (self), place, 1, 0);
}

GPtrArray *
ismb_peer_list_find_others (IsmbPeerList *self, GHashTable *domains)
{
  GPtrArray *others = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < self->peers->len; i++)
    {
      IsmbPeer *peer = g_ptr_array_index (self->peers, i);

      if (!g_hash_table_contains (domains, ismb_peer_get_domain (peer)))
        g_ptr_array_add (others, g_object_ref (peer));
    }
  return others;
}

void
ismb_peer_list_clear (IsmbPeerList *self)
{
  guint count = self->peers->len;

  if (count == 0)
    return;
  g_hash_table_remove_all (self->table);
  g_ptr_array_set_size (self->peers, 0);
  g_list_model_items_changed (G_LIST_MODEL (self), 0, count, 0);
}
