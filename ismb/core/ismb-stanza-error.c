/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.core.stanza-error"
#include "config.h"
#include "ismb/core/ismb-stanza-error.h"

#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-private.h"

/* RFC 6120, 8.3.3: the defined conditions and the error-type each goes with. */
static const struct
{
  const char *condition;
  const char *error_type;
} conditions[] = {
  [ISMB_STANZA_ERROR_BAD_REQUEST] = { "bad-request", "modify" },
  [ISMB_STANZA_ERROR_CONFLICT] = { "conflict", "cancel" },
  [ISMB_STANZA_ERROR_FEATURE_NOT_IMPLEMENTED] = { "feature-not-implemented", "cancel" },
  [ISMB_STANZA_ERROR_FORBIDDEN] = { "forbidden", "auth" },
  [ISMB_STANZA_ERROR_GONE] = { "gone", "cancel" },
  [ISMB_STANZA_ERROR_INTERNAL_SERVER_ERROR] = { "internal-server-error", "cancel" },
  [ISMB_STANZA_ERROR_ITEM_NOT_FOUND] = { "item-not-found", "cancel" },
  [ISMB_STANZA_ERROR_JID_MALFORMED] = { "jid-malformed", "modify" },
  [ISMB_STANZA_ERROR_NOT_ACCEPTABLE] = { "not-acceptable", "modify" },
  [ISMB_STANZA_ERROR_NOT_ALLOWED] = { "not-allowed", "cancel" },
  [ISMB_STANZA_ERROR_NOT_AUTHORIZED] = { "not-authorized", "auth" },
  [ISMB_STANZA_ERROR_POLICY_VIOLATION] = { "policy-violation", "modify" },
  [ISMB_STANZA_ERROR_RECIPIENT_UNAVAILABLE] = { "recipient-unavailable", "wait" },
  [ISMB_STANZA_ERROR_REDIRECT] = { "redirect", "modify" },
  [ISMB_STANZA_ERROR_REGISTRATION_REQUIRED] = { "registration-required", "auth" },
  [ISMB_STANZA_ERROR_REMOTE_SERVER_NOT_FOUND] = { "remote-server-not-found", "cancel" },
  [ISMB_STANZA_ERROR_REMOTE_SERVER_TIMEOUT] = { "remote-server-timeout", "wait" },
  [ISMB_STANZA_ERROR_RESOURCE_CONSTRAINT] = { "resource-constraint", "wait" },
  [ISMB_STANZA_ERROR_SERVICE_UNAVAILABLE] = { "service-unavailable", "cancel" },
  [ISMB_STANZA_ERROR_SUBSCRIPTION_REQUIRED] = { "subscription-required", "auth" },
  [ISMB_STANZA_ERROR_UNDEFINED_CONDITION] = { "undefined-condition", "cancel" },
  [ISMB_STANZA_ERROR_UNEXPECTED_REQUEST] = { "unexpected-request", "wait" },
};

/**
 * ismb_stanza_error_quark:
 *
 * The domain of the errors that [error@Ismb.StanzaError] lists.
 *
 * Returns: the quark
 */
G_DEFINE_QUARK (ismb-stanza-error-quark, ismb_stanza_error)

#define CONDITION(NAME, nick) G_DEFINE_ENUM_VALUE (ISMB_STANZA_ERROR_##NAME, nick)
G_DEFINE_ENUM_TYPE (IsmbStanzaError, ismb_stanza_error,
                    CONDITION (BAD_REQUEST, "bad-request"),
                    CONDITION (CONFLICT, "conflict"),
                    CONDITION (FEATURE_NOT_IMPLEMENTED, "feature-not-implemented"),
                    CONDITION (FORBIDDEN, "forbidden"),
                    CONDITION (GONE, "gone"),
                    CONDITION (INTERNAL_SERVER_ERROR, "internal-server-error"),
                    CONDITION (ITEM_NOT_FOUND, "item-not-found"),
                    CONDITION (JID_MALFORMED, "jid-malformed"),
                    CONDITION (NOT_ACCEPTABLE, "not-acceptable"),
                    CONDITION (NOT_ALLOWED, "not-allowed"),
                    CONDITION (NOT_AUTHORIZED, "not-authorized"),
                    CONDITION (POLICY_VIOLATION, "policy-violation"),
                    CONDITION (RECIPIENT_UNAVAILABLE, "recipient-unavailable"),
                    CONDITION (REDIRECT, "redirect"),
                    CONDITION (REGISTRATION_REQUIRED, "registration-required"),
                    CONDITION (REMOTE_SERVER_NOT_FOUND, "remote-server-not-found"),
                    CONDITION (REMOTE_SERVER_TIMEOUT, "remote-server-timeout"),
                    CONDITION (RESOURCE_CONSTRAINT, "resource-constraint"),
                    CONDITION (SERVICE_UNAVAILABLE, "service-unavailable"),
                    CONDITION (SUBSCRIPTION_REQUIRED, "subscription-required"),
                    CONDITION (UNDEFINED_CONDITION, "undefined-condition"),
                    CONDITION (UNEXPECTED_REQUEST, "unexpected-request"))

static gboolean
find_condition (const char *condition, IsmbStanzaError *code)
{
  for (guint i = 0; i < G_N_ELEMENTS (conditions); i++)
    {
      *code = i;
      if (g_str_equal (conditions[i].condition, condition))
        return TRUE;
    }
  return FALSE;
}

/**
 * ismb_stanza_error_to_condition:
 * @code: a code of [error@Ismb.StanzaError], as an error has it
 *
 * The condition as it stands in a stanza (RFC 6120, 8.3.3), e.g. `item-not-found`.
 *
 * Returns: (transfer none): the condition
 */
const char *
ismb_stanza_error_to_condition (int code)
{
  g_return_val_if_fail (code >= 0 && code < (int) G_N_ELEMENTS (conditions), "undefined-condition");
  return conditions[code].condition;
}

/**
 * ismb_stanza_error_from_condition:
 * @condition: (nullable): a condition of RFC 6120, 8.3.3, e.g. `item-not-found`
 *
 * The code of a condition.
 *
 * Returns: the code; %ISMB_STANZA_ERROR_UNDEFINED_CONDITION for what is none
 */
IsmbStanzaError
ismb_stanza_error_from_condition (const char *condition)
{
  IsmbStanzaError code;

  if (condition != NULL && find_condition (condition, &code))
    return code;
  return ISMB_STANZA_ERROR_UNDEFINED_CONDITION;
}

const char *
_ismb_stanza_error_type_of (const char *condition)
{
  IsmbStanzaError code;

  return find_condition (condition, &code) ? conditions[code].error_type : NULL;
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
 * ismb_stanza_get_error_type:
 * @self: a stanza
 *
 * What may be done about the error (RFC 6120, 8.3.2): `cancel` (nothing), `modify` (send it
 * otherwise), `auth` (send it with credentials), `wait` (send it later) or `continue` (a warning).
 *
 * Returns: (transfer none) (nullable): the word, as the other side says it; %NULL where it says
 *   none, or @self is no error
 */
const char *
ismb_stanza_get_error_type (IsmbStanza *self)
{
  IsmbNode *error;

  g_return_val_if_fail (ISMB_IS_STANZA (self), NULL);
  error = find_error (self);
  return error != NULL ? ismb_node_get (error, "type") : NULL;
}

/**
 * ismb_stanza_get_error_by:
 * @self: a stanza
 *
 * Who found the error, where it was not the one that sent it (RFC 6120, 8.3.1).
 *
 * Returns: (transfer none) (nullable): an address, as the other side says it; %NULL where it says
 *   none, or @self is no error
 */
const char *
ismb_stanza_get_error_by (IsmbStanza *self)
{
  IsmbNode *error;

  g_return_val_if_fail (ISMB_IS_STANZA (self), NULL);
  error = find_error (self);
  return error != NULL ? ismb_node_get (error, "by") : NULL;
}

/**
 * ismb_stanza_get_error_address:
 * @self: a stanza
 *
 * Where to turn instead: what is said with the conditions `gone` and `redirect` (RFC 6120, 8.3.3.5
 * and 8.3.3.14).
 *
 * Returns: (transfer full) (nullable): a URI, as the other side says it; %NULL with any other
 *   condition
 */
char *
ismb_stanza_get_error_address (IsmbStanza *self)
{
  IsmbNode *error;
  char *address;

  g_return_val_if_fail (ISMB_IS_STANZA (self), NULL);
  error = find_error (self);
  if (error == NULL)
    return NULL;
  address = ismb_node_dup_child_text (error, "gone", ISMB_NS_STANZAS);
  return address != NULL ? address : ismb_node_dup_child_text (error, "redirect", ISMB_NS_STANZAS);
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

/**
 * ismb_stanza_get_error:
 * @self: a stanza
 *
 * The error that it tells of, as a [error@Ismb.StanzaError]. What waits for an answer fails with
 * the same.
 *
 * Returns: (transfer full) (nullable): the error; %NULL where @self is none
 */
GError *
ismb_stanza_get_error (IsmbStanza *self)
{
  g_autofree char *condition = NULL;
  g_autofree char *text = NULL;

  g_return_val_if_fail (ISMB_IS_STANZA (self), NULL);
  condition = ismb_stanza_get_error_condition (self);
  if (condition == NULL)
    return NULL;
  text = ismb_stanza_get_error_text (self);
  return g_error_new_literal (ISMB_STANZA_ERROR, ismb_stanza_error_from_condition (condition),
                              text != NULL && text[0] != '\0' ? text : condition);
}
