/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an IsmbDisco asks others. */
#define G_LOG_DOMAIN "ismb.plugins.disco"

#include "config.h"
#include "ismb/plugins/ismb-disco-private.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"

/* What was asked; and, of a question that is answered with yes or no, what is to be looked for. */
typedef struct
{
  IsmbJid *jid;
  char *node, *feature, *category, *type;
} Question;

static void
question_free (gpointer data)
{
  Question *question = data;

  g_clear_object (&question->jid);
  g_free (question->node);
  g_free (question->feature);
  g_free (question->category);
  g_free (question->type);
  g_free (question);
}

static IsmbIq *
make_query (IsmbJid *jid, const char *node, GType type)
{
  IsmbIq *iq = ismb_iq_new (jid, "get");
  g_autoptr (IsmbPayload) query = ismb_stanza_create_payload (ISMB_STANZA (iq), type);

  if (node != NULL)
    ismb_element_set_attribute (ismb_payload_get_element (query), "node", node);
  return iq;
}

/* The payload of an answer; NULL with an error. */
static IsmbPayload *
take_answer (GObject *source, GAsyncResult *result, GType type, GError **error)
{
  g_autoptr (IsmbIq) answer = ismb_client_query_finish (ISMB_CLIENT (source), result, error);
  IsmbPayload *payload =
      answer != NULL ? ismb_stanza_get_payload (ISMB_STANZA (answer), type) : NULL;

  if (answer != NULL && payload == NULL)
    g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_STANZA, "the answer has nothing in it");
  return payload;
}

/* Takes what is part of an answer, which may be much larger: it is remembered, and that is not. */
static IsmbDiscoInfo *
cut_out (IsmbDiscoInfo *part)
{
  IsmbDiscoInfo *info = ismb_disco_info_new (ismb_disco_info_get_node (part));
  g_autolist (IsmbElement) children
      = ismb_element_list_children (ismb_payload_get_element (ISMB_PAYLOAD (part)));

  for (GList *at = children; at != NULL; at = at->next)
    ismb_element_append (ismb_payload_get_element (ISMB_PAYLOAD (info)), at->data);
  g_object_unref (part);
  return info;
}

static void
on_info_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  IsmbDisco *self = g_task_get_source_object (task);
  GError *error = NULL;
  IsmbPayload *answer = take_answer (source, result, ISMB_TYPE_DISCO_INFO, &error);
  IsmbDiscoInfo *info;
  Question *question;

  if (answer == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  info = cut_out (ISMB_DISCO_INFO (answer));
  question = g_task_get_task_data (task);
  _ismb_disco_note (self, question->jid, question->node, info);
  g_task_return_pointer (task, info, g_object_unref);
}

static void
ask (IsmbDisco *self, IsmbIq *iq, GCancellable *cancellable, GAsyncReadyCallback callback,
     GTask *task)
{
  IsmbClient *client = ismb_plugin_get_client (ISMB_PLUGIN (self));

  if (client != NULL)
    ismb_client_query_async (client, iq, 0, cancellable, callback, task);
  else
    {
      g_task_return_new_error (task, ISMB_ERROR, ISMB_ERROR_NOT_CONNECTED,
                               "the plugin is not enabled");
      g_object_unref (task);
    }
}

/**
 * ismb_disco_get_info_async:
 * @self: the plugin
 * @jid: (nullable): whom; %NULL for the client's own account
 * @node: (nullable): which node of it; %NULL for none
 * @cached: whether what is known already will do: what was asked for before, or what presence tells
 *   (`xep_0115`)
 * @cancellable: (nullable): to stop waiting
 * @callback: (scope async): called with the answer
 * @user_data: for @callback
 *
 * Asks somebody what it is and what it can do. SleekXMPP's `get_info`.
 */
void
ismb_disco_get_info_async (IsmbDisco *self, IsmbJid *jid, const char *node, gboolean cached,
                           GCancellable *cancellable, GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_autoptr (IsmbIq) iq = NULL;
  IsmbDiscoInfo *info;
  Question *question;
  GTask *task;

  g_return_if_fail (ISMB_IS_DISCO (self));
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, ismb_disco_get_info_async);
  info = cached ? _ismb_disco_look_up (self, jid, node) : NULL;
  if (info != NULL)
    {
      g_task_return_pointer (task, g_object_ref (info), g_object_unref);
      g_object_unref (task);
      return;
    }
  question = g_new0 (Question, 1);
  question->jid = jid != NULL ? g_object_ref (jid) : NULL;
  question->node = g_strdup (node);
  g_task_set_task_data (task, question, question_free);
  iq = make_query (jid, node, ISMB_TYPE_DISCO_INFO);
  ask (self, iq, cancellable, on_info_answer, task);
}

/**
 * ismb_disco_get_info_finish:
 * @self: the plugin
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends [method@Ismb.Disco.get_info_async]. Fails as [method@Ismb.Client.query_finish] does, and with
 * [error@Ismb.Error.BAD_STANZA] where the answer is none.
 *
 * Returns: (transfer full): what was told; others may have the same object, so it is not to be
 *   changed
 */
IsmbDiscoInfo *
ismb_disco_get_info_finish (IsmbDisco *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
on_items_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  IsmbPayload *items = take_answer (source, result, ISMB_TYPE_DISCO_ITEMS, &error);

  if (items != NULL)
    g_task_return_pointer (task, items, g_object_unref);
  else
    g_task_return_error (task, error);
}

/**
 * ismb_disco_get_items_async:
 * @self: the plugin
 * @jid: (nullable): whom; %NULL for the client's own account
 * @node: (nullable): which node of it; %NULL for none
 * @cancellable: (nullable): to stop waiting
 * @callback: (scope async): called with the answer
 * @user_data: for @callback
 *
 * Asks somebody what belongs to it. SleekXMPP's `get_items`. Where that may be very much, a
 * result set (XEP-0059) asks for it page by page.
 */
void
ismb_disco_get_items_async (IsmbDisco *self, IsmbJid *jid, const char *node,
                            GCancellable *cancellable, GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (IsmbIq) iq = NULL;
  GTask *task;

  g_return_if_fail (ISMB_IS_DISCO (self));
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, ismb_disco_get_items_async);
  iq = make_query (jid, node, ISMB_TYPE_DISCO_ITEMS);
  ask (self, iq, cancellable, on_items_answer, task);
}

/**
 * ismb_disco_get_items_finish:
 * @self: the plugin
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends [method@Ismb.Disco.get_items_async]. Fails as [method@Ismb.Disco.get_info_finish] does.
 *
 * Returns: (transfer full): what was told
 */
IsmbDiscoItems *
ismb_disco_get_items_finish (IsmbDisco *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
on_question_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Question *question = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (IsmbDiscoInfo) info = ismb_disco_get_info_finish (ISMB_DISCO (source), result, &error);

  if (info == NULL)
    g_task_return_error (task, error);
  else if (question->feature != NULL)
    g_task_return_boolean (task, ismb_disco_info_has_feature (info, question->feature));
  else
    g_task_return_boolean (
        task, ismb_disco_info_has_identity (info, question->category, question->type));
}

static void
put (IsmbDisco *self, IsmbJid *jid, Question *question, GTask *task)
{
  g_task_set_task_data (task, question, question_free);
  ismb_disco_get_info_async (self, jid, NULL, TRUE, g_task_get_cancellable (task),
                             on_question_answered, task);
}

/**
 * ismb_disco_supports_async:
 * @self: the plugin
 * @jid: (nullable): whom; %NULL for the client's own account
 * @feature: a feature, a namespace as a rule
 * @cancellable: (nullable): to stop waiting
 * @callback: (scope async): called with the answer
 * @user_data: for @callback
 *
 * Asks whether somebody can do something, or knows it already. SleekXMPP's `supports`.
 */
void
ismb_disco_supports_async (IsmbDisco *self, IsmbJid *jid, const char *feature,
                           GCancellable *cancellable, GAsyncReadyCallback callback,
                           gpointer user_data)
{
  Question *what;
  GTask *task;

  g_return_if_fail (ISMB_IS_DISCO (self) && feature != NULL);
  what = g_new0 (Question, 1);
  what->feature = g_strdup (feature);
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, ismb_disco_supports_async);
  put (self, jid, what, task);
}

/**
 * ismb_disco_supports_finish:
 * @self: the plugin
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends [method@Ismb.Disco.supports_async]. Fails as [method@Ismb.Disco.get_info_finish] does.
 *
 * Returns: whether it can; %FALSE, and @error is set, where that is not known
 */
gboolean
ismb_disco_supports_finish (IsmbDisco *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * ismb_disco_has_identity_async:
 * @self: the plugin
 * @jid: (nullable): whom; %NULL for the client's own account
 * @category: a category, e.g. `server`
 * @identity_type: (nullable): a type in it; %NULL for any
 * @cancellable: (nullable): to stop waiting
 * @callback: (scope async): called with the answer
 * @user_data: for @callback
 *
 * Asks whether somebody is something, or knows it already. SleekXMPP's `has_identity`.
 */
void
ismb_disco_has_identity_async (IsmbDisco *self, IsmbJid *jid, const char *category,
                               const char *identity_type, GCancellable *cancellable,
                               GAsyncReadyCallback callback, gpointer user_data)
{
  Question *what;
  GTask *task;

  g_return_if_fail (ISMB_IS_DISCO (self) && category != NULL);
  what = g_new0 (Question, 1);
  what->category = g_strdup (category);
  what->type = g_strdup (identity_type);
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, ismb_disco_has_identity_async);
  put (self, jid, what, task);
}

/**
 * ismb_disco_has_identity_finish:
 * @self: the plugin
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends [method@Ismb.Disco.has_identity_async]. Fails as [method@Ismb.Disco.get_info_finish] does.
 *
 * Returns: whether it is; %FALSE, and @error is set, where that is not known
 */
gboolean
ismb_disco_has_identity_finish (IsmbDisco *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}
