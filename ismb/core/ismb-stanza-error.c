/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.core.stanza-error"
#include "config.h"
#include "ismb/core/ismb-stanza-private.h"

#include "ismb/core/ismb-namespaces.h"

/* RFC 6120, 8.3.3: the defined conditions and the error-type each goes with. */
static const struct
{
  const char *condition;
  const char *error_type;
} conditions[] = {
  { "bad-request", "modify" },
  { "conflict", "cancel" },
  { "feature-not-implemented", "cancel" },
  { "forbidden", "auth" },
  { "gone", "cancel" },
  { "internal-server-error", "cancel" },
  { "item-not-found", "cancel" },
  { "jid-malformed", "modify" },
  { "not-acceptable", "modify" },
  { "not-allowed", "cancel" },
  { "not-authorized", "auth" },
  { "policy-violation", "modify" },
  { "recipient-unavailable", "wait" },
  { "redirect", "modify" },
  { "registration-required", "auth" },
  { "remote-server-not-found", "cancel" },
  { "remote-server-timeout", "wait" },
  { "resource-constraint", "wait" },
  { "service-unavailable", "cancel" },
  { "subscription-required", "auth" },
  { "undefined-condition", "cancel" },
  { "unexpected-request", "wait" },
};

const char *
_ismb_stanza_error_type_of (const char *condition)
{
  for (guint i = 0; i < G_N_ELEMENTS (conditions); i++)
    {
      if (g_str_equal (conditions[i].condition, condition))
        return conditions[i].error_type;
    }
  return NULL;
}

IsmbNode *
_ismb_tree_add_error (IsmbTree *tree, const char *error_type, const char *condition,
                      const char *text)
{
  IsmbNode *error = ismb_tree_add (tree, ismb_tree_root (tree), "error", ISMB_NS_CLIENT);
  IsmbNode *words;

  ismb_tree_set (tree, error, "type", error_type);
  ismb_tree_add (tree, error, condition, ISMB_NS_STANZAS);
  if (text != NULL)
    {
      words = ismb_tree_add_leaf (tree, error, "text", ISMB_NS_STANZAS, text);
      ismb_tree_set (tree, words, "xml:lang", "en");
    }
  return error;
}

/* The payload is not echoed, which 8.3.1 leaves open: the asker knows by the id what it sent. */
IsmbNode *
_ismb_tree_make_error (IsmbTree *tree, const char *error_type, const char *condition,
                       const char *text)
{
  IsmbNode *root = ismb_tree_root (tree);
  const char *from = ismb_node_get (root, "from");
  const char *to = ismb_node_get (root, "to");

  ismb_tree_set (tree, root, "from", to);
  ismb_tree_set (tree, root, "to", from);
  ismb_tree_set (tree, root, "type", "error");
  ismb_tree_clear (tree, root);
  return _ismb_tree_add_error (tree, error_type, condition, text);
}

static IsmbNode *
find_error (IsmbStanza *self)
{
  IsmbNode *root = ismb_tree_root (_ismb_stanza_get_tree (self));

  return ismb_stanza_is_error (self) ? ismb_node_find (root, "error", ISMB_NS_CLIENT) : NULL;
}

/**
 * ismb_stanza_is_error:
 * @self: a stanza
 *
 * Whether it says that one of ours failed, that is, whether its type is `error`.
 *
 * Returns: %TRUE if it does
 */
gboolean
ismb_stanza_is_error (IsmbStanza *self)
{
  g_return_val_if_fail (ISMB_IS_STANZA (self), FALSE);
  return g_strcmp0 (ismb_stanza_get_stanza_type (self), "error") == 0;
}

/**
 * ismb_stanza_get_error_condition:
 * @self: a stanza
 *
 * Why the stanza failed: a condition of RFC 6120, 8.3.3, e.g. `item-not-found`.
 *
 * Returns: (transfer full) (nullable): the condition; `undefined-condition` where the error names
 *   none, %NULL where @self is no error
 */
char *
ismb_stanza_get_error_condition (IsmbStanza *self)
{
  IsmbNode *error, *at;

  g_return_val_if_fail (ISMB_IS_STANZA (self), NULL);
  if (!ismb_stanza_is_error (self))
    return NULL;
  error = find_error (self);
  at = error != NULL ? ismb_node_find (error, NULL, ISMB_NS_STANZAS) : NULL;
  while (at != NULL && g_str_equal (ismb_node_name (at), "text"))
    at = ismb_node_find_next (at, NULL, ISMB_NS_STANZAS);
  return g_strdup (at != NULL ? ismb_node_name (at) : "undefined-condition");
}

/**
 * ismb_stanza_get_error_text:
 * @self: a stanza
 *
 * What the other side says about the error, for a person to read.
 *
 * Returns: (transfer full) (nullable): the text, or %NULL where there is none
 */
char *
ismb_stanza_get_error_text (IsmbStanza *self)
{
  IsmbNode *error;

  g_return_val_if_fail (ISMB_IS_STANZA (self), NULL);
  error = find_error (self);
  return error != NULL ? ismb_node_dup_child_text (error, "text", ISMB_NS_STANZAS) : NULL;
}
