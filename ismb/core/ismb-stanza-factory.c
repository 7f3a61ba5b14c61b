/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.core.stanza-factory"
#include "config.h"
#include "ismb/core/ismb-stanza-factory.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-iq.h"
#include "ismb/core/ismb-message.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-presence.h"
#include "ismb/core/ismb-stanza-private.h"
#include "ismb/core/ismb-tree-reader.h"

static gboolean
check_iq (const IsmbNode *root, GError **error)
{
  static const char *const types[] = { "get", "set", "result", "error", NULL };
  const char *type = ismb_node_get (root, "type");

  if (type != NULL && g_strv_contains (types, type))
    return TRUE;
  g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_BAD_STANZA,
                       "An iq whose type is none of get, set, result and error");
  return FALSE;
}

static GType
type_of_root (const IsmbNode *root, GError **error)
{
  if (ismb_node_is (root, "message", ISMB_NS_CLIENT))
    return ISMB_TYPE_MESSAGE;
  if (ismb_node_is (root, "presence", ISMB_NS_CLIENT))
    return ISMB_TYPE_PRESENCE;
  if (ismb_node_is (root, "iq", ISMB_NS_CLIENT))
    return check_iq (root, error) ? ISMB_TYPE_IQ : G_TYPE_INVALID;
  g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_BAD_STANZA,
                       "Neither a message nor a presence nor an iq");
  return G_TYPE_INVALID;
}

IsmbStanza *
_ismb_stanza_new_from_tree (IsmbTree *tree, GError **error)
{
  g_autoptr (IsmbTree) taken = tree;
  g_autoptr (IsmbStanza) stanza = NULL;
  GType type = type_of_root (ismb_tree_root (tree), error);

  if (type == G_TYPE_INVALID)
    return NULL;
  stanza = g_object_new (type, NULL);
  if (!_ismb_stanza_take_tree (stanza, g_steal_pointer (&taken), error))
    return NULL;
  return g_steal_pointer (&stanza);
}

/**
 * ismb_stanza_from_string:
 * @xml: a message, a presence or an iq, UTF-8, as [method@Ismb.Stanza.to_string] writes it; what
 *   states no namespace is in `jabber:client`
 * @error: return location for a #GError
 *
 * Reads a stanza. It may hold what may be on a stream (RFC 6120, 11.1), so there are no comments,
 * processing instructions, document types and entities; up to 1 MiB, 64 levels and 10,000 elements.
 *
 * Fails with [error@Ismb.Error.BAD_STANZA] where it is not one such stanza, or an address in it is
 * none.
 *
 * Returns: (transfer full): an [class@Ismb.Message], [class@Ismb.Presence] or [class@Ismb.Iq]
 */
IsmbStanza *
ismb_stanza_from_string (const char *xml, GError **error)
{
  IsmbTree *tree;

  g_return_val_if_fail (xml != NULL, NULL);
  tree = ismb_tree_read (xml, -1, ISMB_NS_CLIENT, error);
  return tree != NULL ? _ismb_stanza_new_from_tree (tree, error) : NULL;
}
