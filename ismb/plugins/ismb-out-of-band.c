/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.plugins.out-of-band"

#include "config.h"
#include "ismb/plugins/ismb-out-of-band.h"

#include "ismb/client/ismb-plugin-private.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-error.h"
#include "ismb/core/ismb-stanza-private.h"

/**
 * IsmbOutOfBand:
 *
 * Out-of-Band Data (XEP-0066), `xep_0066`: names somebody a URL to fetch, by a request that is
 * answered when it was fetched, or in a message. Nothing is fetched by itself: an offer that no
 * handler of [signal@Ismb.OutOfBand::offered] takes is refused.
 */
struct _IsmbOutOfBand
{
  IsmbPlugin parent_instance;
};

enum { OFFERED, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (IsmbOutOfBand, ismb_out_of_band, ISMB_TYPE_PLUGIN)

static gboolean
refuse (GError **error, int code, const char *text)
{
  g_set_error_literal (error, ISMB_STANZA_ERROR, code, text);
  return FALSE;
}

static gboolean
on_offer (IsmbClient *client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  IsmbNode *root = ismb_tree_root (_ismb_stanza_get_tree (stanza));
  IsmbNode *query = ismb_node_find (root, "query", ISMB_NS_OOB_IQ);
  g_autofree char *url = ismb_node_dup_child_text (query, "url", ISMB_NS_OOB_IQ);
  g_autofree char *description = ismb_node_dup_child_text (query, "desc", ISMB_NS_OOB_IQ);
  gboolean taken = FALSE;

  if (url == NULL || *url == '\0')
    return refuse (error, ISMB_STANZA_ERROR_BAD_REQUEST, "there is no URL in it");
  g_signal_emit (user_data, signals[OFFERED], 0, stanza, url, description, &taken);
  return taken || refuse (error, ISMB_STANZA_ERROR_NOT_ACCEPTABLE, "nobody fetches URLs here");
}

static void
ismb_out_of_band_enabled (IsmbPlugin *plugin)
{
  g_autoptr (IsmbMatcher) matcher
      = ismb_matcher_new_path ("iq@type=set/{" ISMB_NS_OOB_IQ "}query", NULL);

  ismb_plugin_add_stanza_handler (plugin, matcher, on_offer, plugin, NULL);
  ismb_plugin_add_feature (plugin, ISMB_NS_OOB_IQ);
  ismb_plugin_add_feature (plugin, ISMB_NS_OOB);
}

static void
ismb_out_of_band_class_init (IsmbOutOfBandClass *klass)
{
  ISMB_PLUGIN_CLASS (klass)->enabled = ismb_out_of_band_enabled;
  /**
   * IsmbOutOfBand::offered:
   * @self: the plugin
   * @request: the request, to be answered when the URL was fetched
   * @url: the URL
   * @description: (nullable): what it is
   *
   * Somebody offers a URL. Whoever takes it fetches it and then answers @request: with
   * [method@Ismb.Iq.reply] where all is well, else with an error, `item-not-found` where there is
   * nothing at the URL.
   *
   * Returns: %TRUE: it is taken, and @request will be answered
   */
  signals[OFFERED]
      = g_signal_new ("offered", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                      g_signal_accumulator_true_handled, NULL, NULL, G_TYPE_BOOLEAN, 3,
                      ISMB_TYPE_IQ, G_TYPE_STRING, G_TYPE_STRING);
}

static void
ismb_out_of_band_init (IsmbOutOfBand *self)
{
}

static void
write_url (IsmbStanza *stanza, const char *element, const char *ns, const char *url,
           const char *description)
{
  IsmbTree *tree = _ismb_stanza_get_tree (stanza);
  IsmbNode *node = ismb_tree_add (tree, ismb_tree_root (tree), element, ns);

  ismb_tree_add_leaf (tree, node, "url", ns, url);
  if (description != NULL)
    ismb_tree_add_leaf (tree, node, "desc", ns, description);
}

/**
 * ismb_out_of_band_offer_async:
 * @self: the plugin, enabled
 * @to: whom, a full address
 * @url: the URL
 * @description: (nullable): what it is
 * @cancellable: (nullable): to stop waiting
 * @callback: (scope async): called with the answer
 * @user_data: for @callback
 *
 * Offers somebody a URL, and waits until it was fetched, for
 * [property@Ismb.Client:response-timeout] at most.
 */
void
ismb_out_of_band_offer_async (IsmbOutOfBand *self, IsmbJid *to, const char *url,
                              const char *description, GCancellable *cancellable,
                              GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (IsmbIq) iq = NULL;
  GTask *task;

  g_return_if_fail (ISMB_IS_OUT_OF_BAND (self) && ISMB_IS_JID (to) && url != NULL);
  g_return_if_fail (ismb_plugin_get_client (ISMB_PLUGIN (self)) != NULL);
  iq = ismb_iq_new (to, "set");
  write_url (ISMB_STANZA (iq), "query", ISMB_NS_OOB_IQ, url, description);
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, ismb_out_of_band_offer_async);
  _ismb_plugin_ask (ISMB_PLUGIN (self), iq, task, NULL, NULL);
}

/**
 * ismb_out_of_band_offer_finish:
 * @self: the plugin
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends [method@Ismb.OutOfBand.offer_async].
 *
 * Fails as [method@Ismb.Client.query_finish] does: with
 * [error@Ismb.StanzaError.NOT_ACCEPTABLE] where the other side refuses, and with
 * [error@Ismb.StanzaError.ITEM_NOT_FOUND] where it found nothing there.
 *
 * Returns: whether it was fetched
 */
gboolean
ismb_out_of_band_offer_finish (IsmbOutOfBand *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * ismb_out_of_band_set_url:
 * @message: a message that was not sent yet
 * @url: the URL
 * @description: (nullable): what it is
 *
 * Adds a URL to a message (XEP-0066, 3).
 */
void
ismb_out_of_band_set_url (IsmbMessage *message, const char *url, const char *description)
{
  g_return_if_fail (ISMB_IS_MESSAGE (message) && url != NULL);
  ismb_stanza_set_child_text (ISMB_STANZA (message), "x", ISMB_NS_OOB, NULL);
  write_url (ISMB_STANZA (message), "x", ISMB_NS_OOB, url, description);
}

/**
 * ismb_out_of_band_get_url:
 * @message: a message
 *
 * The URL in a message (XEP-0066, 3).
 *
 * Returns: (transfer full) (nullable): the URL; %NULL where there is none
 */
char *
ismb_out_of_band_get_url (IsmbMessage *message)
{
  IsmbNode *x;

  g_return_val_if_fail (ISMB_IS_MESSAGE (message), NULL);
  x = ismb_node_find (ismb_tree_root (_ismb_stanza_get_tree (ISMB_STANZA (message))), "x",
                      ISMB_NS_OOB);
  return x != NULL ? ismb_node_dup_child_text (x, "url", ISMB_NS_OOB) : NULL;
}
