/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.plugins.receipts"

#include "config.h"
#include "ismb/plugins/ismb-receipts.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-private.h"

/**
 * IsmbReceipts:
 *
 * Message Delivery Receipts (XEP-0184), `xep_0184`: the receiving program's word that a message
 * came. It makes the event `receipt_received`, whose message names the id that came
 * ([func@Ismb.Receipts.get_receipt]).
 *
 * A receipt tells that somebody is present, so those who may not know that get none by themselves.
 */
struct _IsmbReceipts
{
  IsmbPlugin parent_instance;
  gboolean auto_ack, auto_request;
  guint filter;
};

enum
{
  PROP_AUTO_ACK = 1,
  PROP_AUTO_REQUEST,
  N_PROPERTIES
};
static GParamSpec *properties[N_PROPERTIES];

G_DEFINE_FINAL_TYPE (IsmbReceipts, ismb_receipts, ISMB_TYPE_PLUGIN)

/* XEP-0184, 5.2 and 8: whoever sees our presence, and those of this switch and of the fabric. */
static gboolean
may_know_us (IsmbClient *client, IsmbJid *from)
{
  IsmbRoster *roster = ismb_client_get_roster (client);
  const char *subscription = ismb_roster_get_subscription (roster, ismb_jid_get_bare (from));
  g_autoptr (GHashTable) domains = ismb_client_get_peer_domains (client, FALSE);

  return g_str_equal (subscription, "from") || g_str_equal (subscription, "both")
         || g_hash_table_contains (domains, ismb_jid_get_domain (from));
}

/* A receipt for a receipt would never end (5.5). */
static gboolean
wants_answer (IsmbMessage *message)
{
  IsmbStanza *stanza = ISMB_STANZA (message);

  return ismb_stanza_get_from_jid (stanza) != NULL && ismb_stanza_get_id (stanza) != NULL
         && !ismb_stanza_is_error (stanza)
         && !g_str_equal (ismb_stanza_get_stanza_type (stanza), "groupchat")
         && !ismb_stanza_has_child (stanza, "received", ISMB_NS_RECEIPTS);
}

static gboolean
on_request (IsmbClient *client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  IsmbReceipts *self = user_data;
  g_autoptr (GError) problem = NULL;

  if (self->auto_ack && wants_answer (ISMB_MESSAGE (stanza))
      && may_know_us (client, ismb_stanza_get_from_jid (stanza))
      && !ismb_receipts_acknowledge (self, ISMB_MESSAGE (stanza), &problem))
    g_debug ("a receipt was not sent: %s", problem->message);
  return TRUE;
}

static gboolean
on_sending (IsmbClient *client, IsmbStanza *stanza, gpointer user_data)
{
  IsmbReceipts *self = user_data;

  if (self->auto_request && ISMB_IS_MESSAGE (stanza) && !ismb_stanza_is_error (stanza)
      && !g_str_equal (ismb_stanza_get_stanza_type (stanza), "groupchat")
      && ismb_message_get_body (ISMB_MESSAGE (stanza)) != NULL)
    ismb_receipts_request (ISMB_MESSAGE (stanza));
  return TRUE;
}

static void
ismb_receipts_enabled (IsmbPlugin *plugin)
{
  IsmbReceipts *self = ISMB_RECEIPTS (plugin);
  g_autoptr (IsmbMatcher) request
      = ismb_matcher_new_path ("message/{" ISMB_NS_RECEIPTS "}request", NULL);

  ismb_plugin_add_stanza_handler (plugin, request, on_request, self, NULL);
  ismb_plugin_add_feature (plugin, ISMB_NS_RECEIPTS);
  self->filter = ismb_client_add_filter (ismb_plugin_get_client (plugin), ISMB_FILTER_OUT, 0,
                                         on_sending, self, NULL);
}

static void
ismb_receipts_disabled (IsmbPlugin *plugin)
{
  ismb_client_remove_filter (ismb_plugin_get_client (plugin), ISMB_RECEIPTS (plugin)->filter);
}

static void
ismb_receipts_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  IsmbReceipts *self = ISMB_RECEIPTS (object);

  switch (id)
    {
    case PROP_AUTO_ACK: g_value_set_boolean (value, self->auto_ack); break;
    case PROP_AUTO_REQUEST: g_value_set_boolean (value, self->auto_request); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ismb_receipts_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  IsmbReceipts *self = ISMB_RECEIPTS (object);

  switch (id)
    {
    case PROP_AUTO_ACK: self->auto_ack = g_value_get_boolean (value); break;
    case PROP_AUTO_REQUEST: self->auto_request = g_value_get_boolean (value); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ismb_receipts_class_init (IsmbReceiptsClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS;

  object_class->get_property = ismb_receipts_get_property;
  object_class->set_property = ismb_receipts_set_property;
  ISMB_PLUGIN_CLASS (klass)->enabled = ismb_receipts_enabled;
  ISMB_PLUGIN_CLASS (klass)->disabled = ismb_receipts_disabled;
  /**
   * IsmbReceipts:auto-ack:
   *
   * Whether those who may know that the client is present get the receipts they ask for.
   */
  properties[PROP_AUTO_ACK] = g_param_spec_boolean ("auto-ack", NULL, NULL, TRUE, flags);
  /**
   * IsmbReceipts:auto-request:
   *
   * Whether each message with a body that the client sends asks for a receipt.
   */
  properties[PROP_AUTO_REQUEST] = g_param_spec_boolean ("auto-request", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

static void
ismb_receipts_init (IsmbReceipts *self)
{
}

/**
 * ismb_receipts_request:
 * @message: a message that was not sent yet
 *
 * Has a message ask for a receipt. It needs an id, which [property@Ismb.Client:use-message-ids]
 * gives it.
 */
void
ismb_receipts_request (IsmbMessage *message)
{
  g_return_if_fail (ISMB_IS_MESSAGE (message));
  ismb_stanza_set_child_text (ISMB_STANZA (message), "request", ISMB_NS_RECEIPTS, "");
}

/**
 * ismb_receipts_is_requested:
 * @message: a message
 *
 * Whether a message asks for a receipt.
 *
 * Returns: %TRUE if it does
 */
gboolean
ismb_receipts_is_requested (IsmbMessage *message)
{
  g_return_val_if_fail (ISMB_IS_MESSAGE (message), FALSE);
  return ismb_stanza_has_child (ISMB_STANZA (message), "request", ISMB_NS_RECEIPTS);
}

/**
 * ismb_receipts_get_receipt:
 * @message: what came with the event `receipt_received`
 *
 * The id of the message that it is the receipt for.
 *
 * Returns: (transfer full) (nullable): the id; %NULL where it is no receipt
 */
char *
ismb_receipts_get_receipt (IsmbMessage *message)
{
  IsmbNode *received;

  g_return_val_if_fail (ISMB_IS_MESSAGE (message), NULL);
  received
      = ismb_node_find (ismb_tree_root (_ismb_stanza_get_tree (ISMB_STANZA (message))), "received",
                        ISMB_NS_RECEIPTS);
  return received != NULL ? g_strdup (ismb_node_get (received, "id")) : NULL;
}

/**
 * ismb_receipts_acknowledge:
 * @self: the plugin, enabled
 * @message: one that came
 * @error: return location for a #GError
 *
 * Sends a message's receipt to who sent it.
 *
 * Fails as [method@Ismb.Client.send] does, and with [error@Ismb.Error.BAD_STANZA] where the message
 * has no id or no sender.
 *
 * Returns: whether it is on its way
 */
gboolean
ismb_receipts_acknowledge (IsmbReceipts *self, IsmbMessage *message, GError **error)
{
  g_autoptr (IsmbMessage) receipt = NULL;
  IsmbStanza *stanza;
  IsmbTree *tree;

  g_return_val_if_fail (ISMB_IS_RECEIPTS (self) && ISMB_IS_MESSAGE (message), FALSE);
  g_return_val_if_fail (ismb_plugin_get_client (ISMB_PLUGIN (self)) != NULL, FALSE);
  stanza = ISMB_STANZA (message);
  if (ismb_stanza_get_from_jid (stanza) == NULL || ismb_stanza_get_id (stanza) == NULL)
    {
      g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_BAD_STANZA,
                           "a message without an id or a sender has no receipt");
      return FALSE;
    }
  receipt = ismb_message_new (ismb_stanza_get_from_jid (stanza), NULL);
  ismb_stanza_set_stanza_type (ISMB_STANZA (receipt), ismb_stanza_get_stanza_type (stanza));
  tree = _ismb_stanza_get_tree (ISMB_STANZA (receipt));
  ismb_tree_set (tree, ismb_tree_add (tree, ismb_tree_root (tree), "received", ISMB_NS_RECEIPTS),
                 "id", ismb_stanza_get_id (stanza));
  return ismb_client_send (ismb_plugin_get_client (ISMB_PLUGIN (self)), ISMB_STANZA (receipt),
                           error);
}
