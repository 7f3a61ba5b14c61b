/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/plugins/ismb-disco-items.h"

#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-payload-private.h"

/**
 * IsmbDiscoItems:
 *
 * What belongs to somebody (XEP-0030). It is what [method@Ismb.Disco.get_items_async] brings, and the
 * payload of the stanza of the event `disco_items`.
 */
struct _IsmbDiscoItems
{
  IsmbPayload parent_instance;
};

G_DEFINE_FINAL_TYPE (IsmbDiscoItems, ismb_disco_items, ISMB_TYPE_PAYLOAD)

static void
ismb_disco_items_class_init (IsmbDiscoItemsClass *klass)
{
  ismb_payload_class_set_element (ISMB_PAYLOAD_CLASS (klass), "query", ISMB_NS_DISCO_ITEMS);
}

static void
ismb_disco_items_init (IsmbDiscoItems *self)
{
}

static IsmbTree *
get_tree (IsmbDiscoItems *self)
{
  return _ismb_payload_get_tree (ISMB_PAYLOAD (self));
}

static IsmbNode *
get_node (IsmbDiscoItems *self)
{
  return _ismb_payload_get_node (ISMB_PAYLOAD (self));
}

/**
 * ismb_disco_items_new:
 * @node: (nullable): of which node; %NULL for none
 *
 * Makes one without items.
 *
 * Returns: (transfer full): the items
 */
IsmbDiscoItems *
ismb_disco_items_new (const char *node)
{
  IsmbDiscoItems *self = g_object_new (ISMB_TYPE_DISCO_ITEMS, NULL);

  ismb_disco_items_set_node (self, node);
  return self;
}

/**
 * ismb_disco_items_get_node:
 * @self: the items
 *
 * Which node they belong to.
 *
 * Returns: (nullable): the node; %NULL where they belong to the address as a whole
 */
const char *
ismb_disco_items_get_node (IsmbDiscoItems *self)
{
  g_return_val_if_fail (ISMB_IS_DISCO_ITEMS (self), NULL);
  return ismb_node_get (get_node (self), "node");
}

/**
 * ismb_disco_items_set_node:
 * @self: the items
 * @node: (nullable): the node; %NULL for none
 *
 * Says which node they belong to.
 */
void
ismb_disco_items_set_node (IsmbDiscoItems *self, const char *node)
{
  g_return_if_fail (ISMB_IS_DISCO_ITEMS (self));
  ismb_tree_set (get_tree (self), get_node (self), "node", node);
}

/**
 * ismb_disco_items_add_item:
 * @self: the items
 * @jid: the item's address
 * @node: (nullable): the node of the address; %NULL for none
 * @name: (nullable): a name for people
 *
 * Adds an item.
 */
void
ismb_disco_items_add_item (IsmbDiscoItems *self, IsmbJid *jid, const char *node, const char *name)
{
  IsmbNode *item;

  g_return_if_fail (ISMB_IS_DISCO_ITEMS (self) && ISMB_IS_JID (jid));
  item = ismb_tree_add (get_tree (self), get_node (self), "item", ISMB_NS_DISCO_ITEMS);
  ismb_tree_set (get_tree (self), item, "jid", ismb_jid_get_full (jid));
  ismb_tree_set (get_tree (self), item, "node", node);
  ismb_tree_set (get_tree (self), item, "name", name);
}

/**
 * ismb_disco_items_list_items:
 * @self: the items
 *
 * The items, each as an object.
 *
 * Returns: (transfer full) (element-type IsmbDiscoItem): the items, in the order they were told
 */
GList *
ismb_disco_items_list_items (IsmbDiscoItems *self)
{
  GList *items = NULL;

  g_return_val_if_fail (ISMB_IS_DISCO_ITEMS (self), NULL);
  for (IsmbNode *at = ismb_node_find (get_node (self), "item", ISMB_NS_DISCO_ITEMS); at != NULL;
       at = ismb_node_find_next (at, "item", ISMB_NS_DISCO_ITEMS))
    items =
        g_list_prepend (items, _ismb_payload_new_view (ISMB_TYPE_DISCO_ITEM, get_tree (self), at));
  return g_list_reverse (items);
}
