/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an IsmbAdHoc asks of others. */
#define G_LOG_DOMAIN "ismb.plugins.ad-hoc"

#include "config.h"
#include "ismb/plugins/ismb-ad-hoc.h"

#include "ismb/core/ismb-namespaces.h"
#include "ismb/plugins/ismb-command-run-private.h"
#include "ismb/plugins/ismb-disco.h"

static void
on_commands (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  IsmbDiscoItems *items = ismb_disco_get_items_finish (ISMB_DISCO (source), result, &error);

  if (items != NULL)
    g_task_return_pointer (task, items, g_object_unref);
  else
    g_task_return_error (task, error);
}

/**
 * ismb_ad_hoc_get_commands_async:
 * @self: the plugin, enabled
 * @jid: whom
 * @cancellable: (nullable): to stop waiting
 * @callback: (scope async): called with the answer
 * @user_data: for @callback
 *
 * Asks somebody which commands it offers. SleekXMPP's `get_commands`.
 */
void
ismb_ad_hoc_get_commands_async (IsmbAdHoc *self, IsmbJid *jid, GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer user_data)
{
  IsmbDisco *disco;
  GTask *task;

  g_return_if_fail (ISMB_IS_AD_HOC (self) && ISMB_IS_JID (jid));
  g_return_if_fail (ismb_plugin_get_client (ISMB_PLUGIN (self)) != NULL);
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, ismb_ad_hoc_get_commands_async);
  disco = ISMB_DISCO (
      ismb_client_get_plugin (ismb_plugin_get_client (ISMB_PLUGIN (self)), "xep_0030"));
  ismb_disco_get_items_async (disco, jid, ISMB_NS_COMMANDS, cancellable, on_commands, task);
}

/**
 * ismb_ad_hoc_get_commands_finish:
 * @self: the plugin
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends [method@Ismb.AdHoc.get_commands_async]. Fails as [method@Ismb.Disco.get_items_finish] does.
 *
 * Returns: (transfer full): the commands: of each its node and its name
 */
IsmbDiscoItems *
ismb_ad_hoc_get_commands_finish (IsmbAdHoc *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
on_started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (ismb_command_run_act_finish (ISMB_COMMAND_RUN (source), result, &error))
    g_task_return_pointer (task, g_object_ref (source), g_object_unref);
  else
    g_task_return_error (task, error);
}

/**
 * ismb_ad_hoc_start_async:
 * @self: the plugin, enabled
 * @jid: who offers it
 * @node: the command's node
 * @cancellable: (nullable): to stop waiting
 * @callback: (scope async): called with the answer
 * @user_data: for @callback
 *
 * Runs a command. SleekXMPP's `start_command`.
 */
void
ismb_ad_hoc_start_async (IsmbAdHoc *self, IsmbJid *jid, const char *node,
                         GCancellable *cancellable, GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_autoptr (IsmbCommandRun) run = NULL;
  GTask *task;

  g_return_if_fail (ISMB_IS_AD_HOC (self) && ismb_plugin_get_client (ISMB_PLUGIN (self)) != NULL);
  g_return_if_fail (ISMB_IS_JID (jid) && node != NULL);
  run = _ismb_command_run_new (ISMB_PLUGIN (self), jid, node);
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, ismb_ad_hoc_start_async);
  ismb_command_run_act_async (run, "execute", NULL, cancellable, on_started, task);
}

/**
 * ismb_ad_hoc_start_finish:
 * @self: the plugin
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends [method@Ismb.AdHoc.start_async]. Fails as [method@Ismb.CommandRun.act_finish] does; with
 * [error@Ismb.StanzaError.FORBIDDEN] where the client may not, and
 * [error@Ismb.StanzaError.ITEM_NOT_FOUND] where there is no such command.
 *
 * Returns: (transfer full): the run, which may be over already
 */
IsmbCommandRun *
ismb_ad_hoc_start_finish (IsmbAdHoc *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}
