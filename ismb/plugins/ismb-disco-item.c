/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/plugins/ismb-disco-item.h"

#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-payload-private.h"

/**
 * IsmbDiscoItem:
 *
 * Something that belongs to somebody (XEP-0030): an address, and perhaps a node of it.
 */
struct _IsmbDiscoItem
{
  IsmbPayload parent_instance;
};

G_DEFINE_FINAL_TYPE (IsmbDiscoItem, ismb_disco_item, ISMB_TYPE_PAYLOAD)

static void
ismb_disco_item_class_init (IsmbDiscoItemClass *klass)
{
  ismb_payload_class_set_element (ISMB_PAYLOAD_CLASS (klass), "item", ISMB_NS_DISCO_ITEMS);
}

static void
ismb_disco_item_init (IsmbDiscoItem *self)
{
}

static const char *
get (IsmbDiscoItem *self, const char *attribute)
{
  return ismb_node_get (_ismb_payload_get_node (ISMB_PAYLOAD (self)), attribute);
}

/**
 * ismb_disco_item_new:
 * @jid: its address
 * @node: (nullable): the node of the address; %NULL for none
 * @name: (nullable): a name for people
 *
 * Makes an item.
 *
 * Returns: (transfer full): the item
 */
IsmbDiscoItem *
ismb_disco_item_new (IsmbJid *jid, const char *node, const char *name)
{
  IsmbDiscoItem *self;
  IsmbElement *element;

  g_return_val_if_fail (ISMB_IS_JID (jid), NULL);
  self = g_object_new (ISMB_TYPE_DISCO_ITEM, NULL);
  element = ismb_payload_get_element (ISMB_PAYLOAD (self));
  ismb_element_set_attribute (element, "jid", ismb_jid_get_full (jid));
  ismb_element_set_attribute (element, "node", node);
  ismb_element_set_attribute (element, "name", name);
  return self;
}

/**
 * ismb_disco_item_get_jid:
 * @self: an item
 *
 * Its address.
 *
 * Returns: (transfer full) (nullable): the address; %NULL where what was told is none
 */
IsmbJid *
ismb_disco_item_get_jid (IsmbDiscoItem *self)
{
  const char *jid;

  g_return_val_if_fail (ISMB_IS_DISCO_ITEM (self), NULL);
  jid = get (self, "jid");
  return jid != NULL ? ismb_jid_new (jid, NULL) : NULL;
}

/**
 * ismb_disco_item_get_node:
 * @self: an item
 *
 * The node of its address.
 *
 * Returns: (nullable): the node
 */
const char *
ismb_disco_item_get_node (IsmbDiscoItem *self)
{
  g_return_val_if_fail (ISMB_IS_DISCO_ITEM (self), NULL);
  return get (self, "node");
}

/**
 * ismb_disco_item_get_name:
 * @self: an item
 *
 * Its name for people.
 *
 * Returns: (nullable): the name
 */
const char *
ismb_disco_item_get_name (IsmbDiscoItem *self)
{
  g_return_val_if_fail (ISMB_IS_DISCO_ITEM (self), NULL);
  return get (self, "name");
}
