/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.plugins.block-list"

#include "config.h"
#include "ismb/plugins/ismb-block-list.h"

#include "ismb/client/ismb-plugin-private.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-error.h"
#include "ismb/core/ismb-stanza-private.h"

/**
 * IsmbBlockList:
 *
 * Blocking Command (XEP-0191), `xep_0191`: from whom the server passes nothing on. When the list
 * changes, also by another program of the same account, the event `blocked` or `unblocked` tells
 * it, with the server's request ([func@Ismb.BlockList.get_jids]). The server tells those who
 * fetched the list.
 */
struct _IsmbBlockList
{
  IsmbPlugin parent_instance;
};

G_DEFINE_FINAL_TYPE (IsmbBlockList, ismb_block_list, ISMB_TYPE_PLUGIN)

/* From nobody else than our own account (XEP-0191, 5). */
static gboolean
is_from_us (IsmbClient *client, IsmbStanza *stanza)
{
  IsmbJid *from = ismb_stanza_get_from_jid (stanza);
  IsmbJid *own = ismb_client_get_bound_jid (client);

  return from == NULL
         || (own != NULL && g_str_equal (ismb_jid_get_full (from), ismb_jid_get_bare (own)));
}

static gboolean
tell (IsmbClient *client, IsmbStanza *stanza, const char *event, GError **error)
{
  g_autoptr (IsmbIq) answer = NULL;

  if (!is_from_us (client, stanza))
    {
      g_set_error_literal (error, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_SERVICE_UNAVAILABLE,
                           "only an account's own server tells its block list");
      return FALSE;
    }
  answer = ismb_iq_new (ismb_stanza_get_from_jid (stanza), "result");
  ismb_stanza_set_id (ISMB_STANZA (answer), ismb_stanza_get_id (stanza));
  if (!ismb_client_send (client, ISMB_STANZA (answer), error))
    return FALSE;
  ismb_client_emit_event (client, event, G_OBJECT (stanza));
  return TRUE;
}

static gboolean
on_block (IsmbClient *client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  return tell (client, stanza, "blocked", error);
}

static gboolean
on_unblock (IsmbClient *client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  return tell (client, stanza, "unblocked", error);
}

static void
ismb_block_list_enabled (IsmbPlugin *plugin)
{
  g_autoptr (IsmbMatcher) block
      = ismb_matcher_new_path ("iq@type=set/{" ISMB_NS_BLOCKING "}block", NULL);
  g_autoptr (IsmbMatcher) unblock
      = ismb_matcher_new_path ("iq@type=set/{" ISMB_NS_BLOCKING "}unblock", NULL);

  ismb_plugin_add_stanza_handler (plugin, block, on_block, NULL, NULL);
  ismb_plugin_add_stanza_handler (plugin, unblock, on_unblock, NULL, NULL);
}

static void
ismb_block_list_class_init (IsmbBlockListClass *klass)
{
  ISMB_PLUGIN_CLASS (klass)->enabled = ismb_block_list_enabled;
}

static void
ismb_block_list_init (IsmbBlockList *self)
{
}

/* Whatever of the three it is that the iq carries. */
static char **
list_jids (IsmbIq *iq)
{
  g_autoptr (GStrvBuilder) jids = g_strv_builder_new ();
  IsmbNode *root = ismb_tree_root (_ismb_stanza_get_tree (ISMB_STANZA (iq)));
  IsmbNode *list = ismb_node_find (root, NULL, ISMB_NS_BLOCKING);
  IsmbNode *item = list != NULL ? ismb_node_find (list, "item", ISMB_NS_BLOCKING) : NULL;

  for (; item != NULL; item = ismb_node_find_next (item, "item", ISMB_NS_BLOCKING))
    if (ismb_node_get (item, "jid") != NULL)
      g_strv_builder_add (jids, ismb_node_get (item, "jid"));
  return g_strv_builder_end (jids);
}

static gpointer
read_list (IsmbIq *answer, GError **error)
{
  return list_jids (answer);
}

/**
 * ismb_block_list_fetch_async:
 * @self: the plugin, enabled
 * @cancellable: (nullable): to stop waiting
 * @callback: (scope async): called with the list
 * @user_data: for @callback
 *
 * Fetches the list, and has the server tell its changes from now on.
 */
void
ismb_block_list_fetch_async (IsmbBlockList *self, GCancellable *cancellable,
                             GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (IsmbIq) iq = ismb_iq_new (NULL, "get");
  GTask *task;

  g_return_if_fail (ISMB_IS_BLOCK_LIST (self));
  g_return_if_fail (ismb_plugin_get_client (ISMB_PLUGIN (self)) != NULL);
  ismb_iq_set_payload (iq, "blocklist", ISMB_NS_BLOCKING);
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, ismb_block_list_fetch_async);
  _ismb_plugin_ask (ISMB_PLUGIN (self), iq, task, read_list, (GDestroyNotify) g_strfreev);
}

/**
 * ismb_block_list_fetch_finish:
 * @self: the plugin
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends [method@Ismb.BlockList.fetch_async]. Fails as [method@Ismb.Client.query_finish] does.
 *
 * Returns: (transfer full) (array zero-terminated=1): the addresses that are blocked: of accounts,
 * resources or whole domains
 */
char **
ismb_block_list_fetch_finish (IsmbBlockList *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* FALSE with BAD_ADDRESS: nothing is asked for then. */
static gboolean
write_items (IsmbIq *iq, const char *element, const char *const *jids, GError **error)
{
  IsmbTree *tree = _ismb_stanza_get_tree (ISMB_STANZA (iq));
  IsmbNode *list = ismb_tree_add (tree, ismb_tree_root (tree), element, ISMB_NS_BLOCKING);

  for (guint i = 0; jids != NULL && jids[i] != NULL; i++)
    {
      g_autoptr (IsmbJid) jid = ismb_jid_new (jids[i], error);

      if (jid == NULL)
        return FALSE;
      ismb_tree_set (tree, ismb_tree_add (tree, list, "item", ISMB_NS_BLOCKING), "jid",
                     ismb_jid_get_full (jid));
    }
  return TRUE;
}

static void
change (IsmbBlockList *self, const char *element, const char *const *jids, GTask *task)
{
  g_autoptr (IsmbIq) iq = ismb_iq_new (NULL, "set");
  GError *error = NULL;

  if (write_items (iq, element, jids, &error))
    {
      _ismb_plugin_ask (ISMB_PLUGIN (self), iq, task, NULL, NULL);
      return;
    }
  g_task_return_error (task, error);
  g_object_unref (task);
}

/**
 * ismb_block_list_block_async:
 * @self: the plugin, enabled
 * @jids: (array zero-terminated=1): addresses of accounts, resources or domains; one at least
 * @cancellable: (nullable): to stop waiting
 * @callback: (scope async): called when it is done
 * @user_data: for @callback
 *
 * Has the server block more addresses.
 */
void
ismb_block_list_block_async (IsmbBlockList *self, const char *const *jids,
                             GCancellable *cancellable, GAsyncReadyCallback callback,
                             gpointer user_data)
{
  GTask *task;

  g_return_if_fail (ISMB_IS_BLOCK_LIST (self) && jids != NULL && jids[0] != NULL);
  g_return_if_fail (ismb_plugin_get_client (ISMB_PLUGIN (self)) != NULL);
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, ismb_block_list_block_async);
  change (self, "block", jids, task);
}

/**
 * ismb_block_list_block_finish:
 * @self: the plugin
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends [method@Ismb.BlockList.block_async]. Fails as [method@Ismb.Client.query_finish] does, and
 * with [error@Ismb.Error.BAD_ADDRESS].
 *
 * Returns: whether they are blocked
 */
gboolean
ismb_block_list_block_finish (IsmbBlockList *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * ismb_block_list_unblock_async:
 * @self: the plugin, enabled
 * @jids: (nullable) (array zero-terminated=1): addresses that are blocked; %NULL or none: all
 * @cancellable: (nullable): to stop waiting
 * @callback: (scope async): called when it is done
 * @user_data: for @callback
 *
 * Has the server block addresses no more.
 */
void
ismb_block_list_unblock_async (IsmbBlockList *self, const char *const *jids,
                               GCancellable *cancellable, GAsyncReadyCallback callback,
                               gpointer user_data)
{
  GTask *task;

  g_return_if_fail (ISMB_IS_BLOCK_LIST (self));
  g_return_if_fail (ismb_plugin_get_client (ISMB_PLUGIN (self)) != NULL);
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, ismb_block_list_unblock_async);
  change (self, "unblock", jids, task);
}

/**
 * ismb_block_list_unblock_finish:
 * @self: the plugin
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends [method@Ismb.BlockList.unblock_async]. Fails as [method@Ismb.BlockList.block_finish] does.
 *
 * Returns: whether they are blocked no more
 */
gboolean
ismb_block_list_unblock_finish (IsmbBlockList *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * ismb_block_list_get_jids:
 * @push: what came with the event `blocked` or `unblocked`
 *
 * The addresses that a change of the list is about.
 *
 * Returns: (transfer full) (array zero-terminated=1): the addresses; none with `unblocked`: all
 */
char **
ismb_block_list_get_jids (IsmbIq *push)
{
  g_return_val_if_fail (ISMB_IS_IQ (push), NULL);
  return list_jids (push);
}
