/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.plugins.ad-hoc"

#include "config.h"
#include "ismb/plugins/ismb-command-run-private.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"

/**
 * IsmbCommandRun:
 *
 * One run of a command that somebody else offers (XEP-0050), begun with
 * [method@Ismb.AdHoc.start_async]: what it was answered last, and the way on.
 *
 * ```c
 * form = ismb_command_run_get_form (run);
 * answer = ismb_form_submit (form, g_variant_new_parsed ("{'port': <'1'>}"), &error);
 * ismb_command_run_act_async (run, "next", answer, NULL, on_answered, NULL);
 * ```
 */
struct _IsmbCommandRun
{
  GObject parent_instance;
  IsmbPlugin *plugin;
  IsmbJid *jid;
  char *node, *session_id;
  IsmbCommand *command; /* the last answer; NULL: none yet */
};

G_DEFINE_FINAL_TYPE (IsmbCommandRun, ismb_command_run, G_TYPE_OBJECT)

static void
ismb_command_run_finalize (GObject *object)
{
  IsmbCommandRun *self = ISMB_COMMAND_RUN (object);

  g_clear_object (&self->plugin);
  g_clear_object (&self->jid);
  g_clear_object (&self->command);
  g_free (self->node);
  g_free (self->session_id);
  G_OBJECT_CLASS (ismb_command_run_parent_class)->finalize (object);
}

static void
ismb_command_run_class_init (IsmbCommandRunClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ismb_command_run_finalize;
}

static void
ismb_command_run_init (IsmbCommandRun *self)
{
}

IsmbCommandRun *
_ismb_command_run_new (IsmbPlugin *plugin, IsmbJid *jid, const char *node)
{
  IsmbCommandRun *self = g_object_new (ISMB_TYPE_COMMAND_RUN, NULL);

  self->plugin = g_object_ref (plugin);
  self->jid = g_object_ref (jid);
  self->node = g_strdup (node);
  return self;
}

/**
 * ismb_command_run_get_jid:
 * @self: a run
 *
 * Who runs the command.
 *
 * Returns: (transfer none): the address
 */
IsmbJid *
ismb_command_run_get_jid (IsmbCommandRun *self)
{
  g_return_val_if_fail (ISMB_IS_COMMAND_RUN (self), NULL);
  return self->jid;
}

/**
 * ismb_command_run_get_node:
 * @self: a run
 *
 * Which command it is.
 *
 * Returns: the command's node
 */
const char *
ismb_command_run_get_node (IsmbCommandRun *self)
{
  g_return_val_if_fail (ISMB_IS_COMMAND_RUN (self), NULL);
  return self->node;
}

/**
 * ismb_command_run_get_status:
 * @self: a run
 *
 * How far it is.
 *
 * Returns: `executing`, `completed` or `canceled`
 */
const char *
ismb_command_run_get_status (IsmbCommandRun *self)
{
  g_return_val_if_fail (ISMB_IS_COMMAND_RUN (self), NULL);
  return self->command != NULL ? ismb_command_get_status (self->command) : "executing";
}

/**
 * ismb_command_run_get_command:
 * @self: a run
 *
 * The last answer: its notes, and what can be done next.
 *
 * Returns: (transfer none) (nullable): the answer; %NULL where none came
 */
IsmbCommand *
ismb_command_run_get_command (IsmbCommandRun *self)
{
  g_return_val_if_fail (ISMB_IS_COMMAND_RUN (self), NULL);
  return self->command;
}

/**
 * ismb_command_run_get_form:
 * @self: a run
 *
 * The form in the last answer: what is asked, or reported.
 *
 * Returns: (transfer full) (nullable): the form; %NULL where there is none
 */
IsmbForm *
ismb_command_run_get_form (IsmbCommandRun *self)
{
  g_return_val_if_fail (ISMB_IS_COMMAND_RUN (self), NULL);
  return self->command != NULL ? ismb_command_get_form (self->command) : NULL;
}

static void
take (IsmbCommandRun *self, IsmbCommand *command)
{
  const char *id = ismb_command_get_session_id (command);

  if (self->session_id == NULL)
    self->session_id = g_strdup (id);
  g_set_object (&self->command, command);
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  g_autoptr (IsmbIq) answer = ismb_client_query_finish (ISMB_CLIENT (source), result, &error);
  g_autoptr (IsmbPayload) command =
      answer != NULL ? ismb_stanza_get_payload (ISMB_STANZA (answer), ISMB_TYPE_COMMAND) : NULL;

  if (error != NULL)
    g_task_return_error (task, error);
  else if (command == NULL)
    g_task_return_new_error (task, ISMB_ERROR, ISMB_ERROR_BAD_STANZA,
                             "the answer has no command in it");
  else
    {
      take (g_task_get_source_object (task), ISMB_COMMAND (command));
      g_task_return_boolean (task, TRUE);
    }
}

static IsmbIq *
make_order (IsmbCommandRun *self, const char *action, IsmbForm *form)
{
  IsmbIq *iq = ismb_iq_new (self->jid, "set");
  g_autoptr (IsmbPayload) order = ismb_stanza_create_payload (ISMB_STANZA (iq), ISMB_TYPE_COMMAND);
  IsmbElement *element = ismb_payload_get_element (order);

  ismb_element_set_attribute (element, "node", self->node);
  ismb_element_set_attribute (element, "sessionid", self->session_id);
  ismb_element_set_attribute (element, "action", action);
  if (form != NULL)
    ismb_element_append (element, ismb_payload_get_element (ISMB_PAYLOAD (form)));
  return iq;
}

/**
 * ismb_command_run_act_async:
 * @self: a run
 * @action: (nullable): `next`, `prev`, `complete` or `cancel`; %NULL for what the last answer
 *   proposes
 * @form: (nullable): the answer to the form of the last answer; %NULL for none
 * @cancellable: (nullable): to stop waiting, which does not cancel the run
 * @callback: (scope async): called with the next answer
 * @user_data: for @callback
 *
 * Goes on. SleekXMPP's `continue_command`, `complete_command` and `cancel_command`.
 */
void
ismb_command_run_act_async (IsmbCommandRun *self, const char *action, IsmbForm *form,
                            GCancellable *cancellable, GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (IsmbIq) iq = NULL;
  IsmbClient *client;
  GTask *task;

  g_return_if_fail (ISMB_IS_COMMAND_RUN (self) && (form == NULL || ISMB_IS_FORM (form)));
  client = ismb_plugin_get_client (self->plugin);
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, ismb_command_run_act_async);
  if (client == NULL)
    {
      g_task_return_new_error (task, ISMB_ERROR, ISMB_ERROR_NOT_CONNECTED,
                               "the plugin is not enabled any more");
      g_object_unref (task);
      return;
    }
  if (action == NULL)
    action = self->command != NULL ? ismb_command_get_default_action (self->command) : "execute";
  iq = make_order (self, action, form);
  ismb_client_query_async (client, iq, 0, cancellable, on_answer, task);
}

/**
 * ismb_command_run_act_finish:
 * @self: a run
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends [method@Ismb.CommandRun.act_async]. Fails as [method@Ismb.Client.query_finish] does: with
 * [error@Ismb.StanzaError.BAD_REQUEST] where the answer to a form would not do, or the action cannot
 * be done now, or the run is not known any more, and with
 * [error@Ismb.StanzaError.NOT_ALLOWED] where it has expired; and with
 * [error@Ismb.Error.BAD_STANZA] where the answer is none.
 *
 * Returns: whether it was answered
 */
gboolean
ismb_command_run_act_finish (IsmbCommandRun *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}
