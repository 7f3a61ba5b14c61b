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
