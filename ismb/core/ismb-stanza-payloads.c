/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.core.stanza-payloads"
#include "config.h"
#include "ismb/core/ismb-element-private.h"
#include "ismb/core/ismb-payload-private.h"
#include "ismb/core/ismb-stanza-private.h"

static IsmbNode *
get_root (IsmbStanza *self)
{
  return ismb_tree_root (_ismb_stanza_get_tree (self));
}

/* The first child of the class behind `after`, or of all. */
static IsmbNode *
find_next (IsmbStanza *self, GType type, const IsmbNode *after)
{
  const char *name, *ns;

  if (!_ismb_payload_get_names (type, &name, &ns))
    return NULL;
  return after != NULL ? ismb_node_find_next (after, name, ns)
                       : ismb_node_find (get_root (self), name, ns);
}

static IsmbPayload *
view (IsmbStanza *self, GType type, IsmbNode *node)
{
  return _ismb_payload_new_view (type, _ismb_stanza_get_tree (self), node);
}

/**
 * ismb_stanza_get_element:
 * @self: a stanza
 *
 * The stanza as an element. What is changed there is changed in the stanza.
 *
 * Returns: (transfer full): the element
 */
IsmbElement *
ismb_stanza_get_element (IsmbStanza *self)
{
  g_return_val_if_fail (ISMB_IS_STANZA (self), NULL);
  return _ismb_element_new_view (_ismb_stanza_get_tree (self), get_root (self));
}

/**
 * ismb_stanza_get_payload:
 * @self: a stanza
 * @type: a class that derives from [class@Ismb.Payload]
 *
 * The first child of the class's element, as an object of the class.
 *
 * Returns: (transfer full) (nullable): the payload; %NULL where there is no such child
 */
IsmbPayload *
ismb_stanza_get_payload (IsmbStanza *self, GType type)
{
  IsmbNode *node;

  g_return_val_if_fail (ISMB_IS_STANZA (self), NULL);
  g_return_val_if_fail (g_type_is_a (type, ISMB_TYPE_PAYLOAD), NULL);
  node = find_next (self, type, NULL);
  return node != NULL ? view (self, type, node) : NULL;
}

/* Each child as the class that is registered for it. */
static GList *
list_registered (IsmbStanza *self)
{
  GList *payloads = NULL;

  for (IsmbNode *at = ismb_node_find (get_root (self), NULL, NULL); at != NULL;
       at = ismb_node_find_next (at, NULL, NULL))
    {
      GType type = _ismb_payload_type_of (at);

      if (type != G_TYPE_INVALID)
        payloads = g_list_prepend (payloads, view (self, type, at));
    }
  return g_list_reverse (payloads);
}

/**
 * ismb_stanza_list_payloads:
 * @self: a stanza
 * @type: a class that derives from [class@Ismb.Payload], or that itself
 *
 * All children of the class's element, as objects of the class; for [class@Ismb.Payload] itself
 * all whose class is registered ([func@Ismb.Payload.register]).
 *
 * Returns: (transfer full) (element-type IsmbPayload): the payloads, in their order
 */
GList *
ismb_stanza_list_payloads (IsmbStanza *self, GType type)
{
  GList *payloads = NULL;

  g_return_val_if_fail (ISMB_IS_STANZA (self), NULL);
  g_return_val_if_fail (g_type_is_a (type, ISMB_TYPE_PAYLOAD), NULL);
  if (type == ISMB_TYPE_PAYLOAD)
    return list_registered (self);
  for (IsmbNode *at = find_next (self, type, NULL); at != NULL; at = find_next (self, type, at))
    payloads = g_list_prepend (payloads, view (self, type, at));
  return g_list_reverse (payloads);
}

/**
 * ismb_stanza_add_payload:
 * @self: a stanza
 * @payload: a payload
 *
 * Adds a copy of the payload's element behind the other children. Where the payload stood by
 * itself, it is about that copy from then on, and what it sets is set in the stanza. A payload that
 * is a child of @self already is not added.
 */
void
ismb_stanza_add_payload (IsmbStanza *self, IsmbPayload *payload)
{
  IsmbElement *element;
  IsmbTree *tree;
  IsmbNode *node, *copy;

  g_return_if_fail (ISMB_IS_STANZA (self));
  g_return_if_fail (ISMB_IS_PAYLOAD (payload));
  element = ismb_payload_get_element (payload);
  g_return_if_fail (element != NULL);
  tree = _ismb_stanza_get_tree (self);
  node = _ismb_element_get_node (element);
  g_return_if_fail (node != ismb_tree_root (tree));
  if (ismb_node_parent (node) == ismb_tree_root (tree))
    return;
  copy = ismb_tree_add_copy (tree, ismb_tree_root (tree), node);
  if (ismb_node_parent (node) == NULL)
    _ismb_element_turn_to (element, tree, copy);
}

/**
 * ismb_stanza_create_payload:
 * @self: a stanza
 * @type: a class that derives from [class@Ismb.Payload]
 *
 * Adds an empty child of the class's element, unless there is one.
 *
 * Returns: (transfer full): the payload that is there now
 */
IsmbPayload *
ismb_stanza_create_payload (IsmbStanza *self, GType type)
{
  const char *name, *ns;
  IsmbNode *node;

  g_return_val_if_fail (ISMB_IS_STANZA (self), NULL);
  g_return_val_if_fail (g_type_is_a (type, ISMB_TYPE_PAYLOAD), NULL);
  g_return_val_if_fail (_ismb_payload_get_names (type, &name, &ns), NULL);
  node = find_next (self, type, NULL);
  if (node == NULL)
    node = ismb_tree_add (_ismb_stanza_get_tree (self), get_root (self), name, ns);
  return view (self, type, node);
}

/**
 * ismb_stanza_remove_payload:
 * @self: a stanza
 * @payload: a payload of it
 *
 * Takes a payload out. It stands by itself from then on.
 *
 * Returns: %FALSE where it is no child of @self
 */
gboolean
ismb_stanza_remove_payload (IsmbStanza *self, IsmbPayload *payload)
{
  IsmbNode *node;

  g_return_val_if_fail (ISMB_IS_STANZA (self), FALSE);
  g_return_val_if_fail (ISMB_IS_PAYLOAD (payload), FALSE);
  node = _ismb_payload_get_node (payload);
  if (ismb_node_parent (node) != get_root (self))
    return FALSE;
  ismb_tree_remove (_ismb_stanza_get_tree (self), node);
  return TRUE;
}

/**
 * ismb_stanza_remove_payloads:
 * @self: a stanza
 * @type: a class that derives from [class@Ismb.Payload]
 *
 * Takes all children of the class's element out.
 */
void
ismb_stanza_remove_payloads (IsmbStanza *self, GType type)
{
  IsmbNode *node;

  g_return_if_fail (ISMB_IS_STANZA (self));
  g_return_if_fail (g_type_is_a (type, ISMB_TYPE_PAYLOAD));
  while ((node = find_next (self, type, NULL)) != NULL)
    ismb_tree_remove (_ismb_stanza_get_tree (self), node);
}
