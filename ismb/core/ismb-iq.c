/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.core.iq"
#include "config.h"
#include "ismb/core/ismb-iq.h"

#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-random.h"
#include "ismb/core/ismb-stanza-private.h"

/**
 * IsmbIq:
 *
 * A question or an order (`get`, `set`) and what comes back for it (`result`, `error`), matched
 * by the id (RFC 6120, 8.2.3). Each question is answered exactly once.
 */
struct _IsmbIq
{
  IsmbStanza parent_instance;
};

G_DEFINE_FINAL_TYPE (IsmbIq, ismb_iq, ISMB_TYPE_STANZA)

static const char *
ismb_iq_get_stanza_type (IsmbStanza *stanza)
{
  return ismb_node_get (ismb_tree_root (_ismb_stanza_get_tree (stanza)), "type");
}

static void
ismb_iq_set_stanza_type (IsmbStanza *stanza, const char *type)
{
  static const char *const types[] = { "get", "set", "result", "error", NULL };
  IsmbTree *tree = _ismb_stanza_get_tree (stanza);

  type = type != NULL ? type : ISMB_STANZA_GET_CLASS (stanza)->default_type;
  if (!g_strv_contains (types, type))
    g_warning ("An iq has no type '%s'", type);
  else
    ismb_tree_set (tree, ismb_tree_root (tree), "type", type);
}

static void
ismb_iq_class_init (IsmbIqClass *klass)
{
  IsmbStanzaClass *stanza_class = ISMB_STANZA_CLASS (klass);

  stanza_class->element = "iq";
  stanza_class->default_type = "get"; /* an iq must state one */
  stanza_class->get_stanza_type = ismb_iq_get_stanza_type;
  stanza_class->set_stanza_type = ismb_iq_set_stanza_type;
}

static void
ismb_iq_init (IsmbIq *self)
{
}

/**
 * ismb_iq_new:
 * @to: (nullable): the receiver; %NULL for the server of one's own account
 * @stanza_type: (nullable): `get`, `set`, `result` or `error`; %NULL for `get`
 *
 * Makes an iq with an id of its own. A question needs one payload, see
 * [method@Ismb.Iq.set_payload].
 *
 * Returns: (transfer full): the iq
 */
IsmbIq *
ismb_iq_new (IsmbJid *to, const char *stanza_type)
{
  IsmbIq *self = g_object_new (ISMB_TYPE_IQ, NULL);
  g_autofree char *id = ismb_random_token ();

  ismb_stanza_set_to_jid (ISMB_STANZA (self), to);
  ismb_stanza_set_stanza_type (ISMB_STANZA (self), stanza_type);
  ismb_stanza_set_id (ISMB_STANZA (self), id);
  return self;
}

/* The first child that is not the <error/>. */
static IsmbNode *
find_payload (IsmbIq *self)
{
  IsmbNode *root = ismb_tree_root (_ismb_stanza_get_tree (ISMB_STANZA (self)));
  IsmbNode *child = ismb_node_find (root, NULL, NULL);

  if (child != NULL && ismb_node_is (child, "error", ISMB_NS_CLIENT))
    child = ismb_node_find_next (child, NULL, NULL);
  return child;
}

/**
 * ismb_iq_get_payload_name:
 * @self: an iq
 *
 * The name of the element that says what is asked, ordered or answered, e.g. `query`.
 *
 * Returns: (transfer none) (nullable): the name; %NULL where there is no payload
 */
const char *
ismb_iq_get_payload_name (IsmbIq *self)
{
  IsmbNode *payload;

  g_return_val_if_fail (ISMB_IS_IQ (self), NULL);
  payload = find_payload (self);
  return payload != NULL ? ismb_node_name (payload) : NULL;
}

/**
 * ismb_iq_get_payload_ns:
 * @self: an iq
 *
 * The namespace of the payload, which says which protocol it is of, e.g. `urn:xmpp:ping`.
 *
 * Returns: (transfer none) (nullable): the namespace; %NULL where there is no payload
 */
const char *
ismb_iq_get_payload_ns (IsmbIq *self)
{
  IsmbNode *payload;

  g_return_val_if_fail (ISMB_IS_IQ (self), NULL);
  payload = find_payload (self);
  return payload != NULL ? ismb_node_ns (payload) : NULL;
}

/**
 * ismb_iq_set_payload:
 * @self: an iq
 * @name: the name of the element: ASCII letters, digits and `-_.`
 * @ns: its namespace
 *
 * Puts an empty element in the place of any payload: an iq has one (RFC 6120, 8.2.3). What is to be
 * in it is set through [method@Ismb.Stanza.get_element], or a text with
 * [method@Ismb.Stanza.set_child_text].
 */
void
ismb_iq_set_payload (IsmbIq *self, const char *name, const char *ns)
{
  IsmbTree *tree;
  IsmbNode *payload;

  g_return_if_fail (ISMB_IS_IQ (self));
  g_return_if_fail (name != NULL && ismb_xml_is_name (name));
  g_return_if_fail (ns != NULL && ismb_xml_is_namespace (ns));
  tree = _ismb_stanza_get_tree (ISMB_STANZA (self));
  while ((payload = find_payload (self)) != NULL)
    ismb_tree_remove (tree, payload);
  ismb_tree_add (tree, ismb_tree_root (tree), name, ns);
}

static gboolean
is_request (IsmbIq *self)
{
  const char *type = ismb_stanza_get_stanza_type (ISMB_STANZA (self));

  return g_strcmp0 (type, "get") == 0 || g_strcmp0 (type, "set") == 0;
}

static void
turn_round (IsmbIq *self, const char *type)
{
  IsmbStanza *stanza = ISMB_STANZA (self);

  _ismb_stanza_turn_round (stanza, ismb_stanza_get_from_jid (stanza), type,
                           ismb_stanza_get_id (stanza));
}

/**
 * ismb_iq_reply:
 * @self: an iq that was received
 *
 * Makes the request its own answer, in place: of type `result`, to its sender, with its id, and
 * without payload. Whoever still needs the request copies it before ([method@Ismb.Stanza.copy]).
 *
 * Returns: (transfer none) (nullable): @self; %NULL where it is an answer already, which is never
 *   answered, and stays what it is
 */
IsmbIq *
ismb_iq_reply (IsmbIq *self)
{
  g_return_val_if_fail (ISMB_IS_IQ (self), NULL);
  if (!is_request (self))
    return NULL;
  turn_round (self, "result");
  return self;
}

/**
 * ismb_iq_reply_error:
 * @self: an iq that was received
 * @condition: why it failed: a condition of RFC 6120, 8.3.3, e.g. `item-not-found`
 * @text: (nullable): why, for a person to read, UTF-8 in English; %NULL for none
 *
 * Makes the request the answer that says that it failed, in place: to its sender, with its id, and
 * without the payload.
 *
 * Returns: (transfer none) (nullable): @self; %NULL where it is an answer already, which is never
 *   answered, and stays what it is
 */
IsmbIq *
ismb_iq_reply_error (IsmbIq *self, const char *condition, const char *text)
{
  const char *error_type;

  g_return_val_if_fail (ISMB_IS_IQ (self), NULL);
  g_return_val_if_fail (condition != NULL, NULL);
  error_type = _ismb_stanza_error_type_of (condition);
  if (error_type == NULL)
    {
      g_critical ("\"%s\" is no condition of RFC 6120, 8.3.3; one is item-not-found", condition);
      return NULL;
    }
  if (!is_request (self))
    return NULL;
  turn_round (self, "error");
  _ismb_tree_add_error (_ismb_stanza_get_tree (ISMB_STANZA (self)), error_type, condition, text);
  return self;
}
