/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "switchctl.control"
#include "config.h"
#include "switchctl/control/command-list.h"

#include <string.h>

#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-private.h"

#define JOB_ID_MAX 1024        /* bytes; like that of a stanza */
#define RESULTS_MAX (40 * 1024) /* bytes of text on the wire, beside a body that may be full */

/* The data of the task that runs a list. */
typedef struct
{
  IsmbMessage *request;
  SwitchEngine *engine;
  GStrv commands;
  gsize next;
  GString *text;      /* what the CLI said so far */
  GPtrArray *results; /* of SwitchResult: what each command did */
  char *failure;      /* of the engine, or NULL */
} List;

static void
list_free (gpointer data)
{
  List *list = data;

  g_object_unref (list->request);
  g_object_unref (list->engine);
  g_strfreev (list->commands);
  g_string_free (list->text, TRUE);
  g_ptr_array_unref (list->results);
  g_free (list->failure);
  g_free (list);
}

/* To the sender, with the thread and the id of what is answered. */
static IsmbMessage *
make_answer (IsmbMessage *request, const char *body)
{
  IsmbMessage *answer = ISMB_MESSAGE (ismb_stanza_copy (ISMB_STANZA (request)));

  ismb_message_reply (answer, body);
  ismb_stanza_set_id (ISMB_STANZA (answer), ismb_stanza_get_id (ISMB_STANZA (request)));
  return answer;
}

/* Cuts at a character, and says so. */
static void
limit_text (GString *text)
{
  const char *end;

  if (text->len <= SWITCH_ANSWER_TEXT_MAX)
    return;
  end = g_utf8_find_prev_char (text->str, text->str + SWITCH_ANSWER_TEXT_MAX + 1);
  g_string_truncate (text, end - text->str);
  g_string_append (text, "\n[answer truncated]\n");
}

/* Markup takes more bytes on the wire than in the text, and the bound is the wire's. */
static gsize
wire_length (const char *text)
{
  g_autoptr (GString) escaped = g_string_new (NULL);

  ismb_xml_escape (escaped, text, -1, FALSE);
  return escaped->len;
}

static char *
fit (const char *text)
{
  g_autoptr (GString) fitting = g_string_new (text);

  limit_text (fitting);
  while (wire_length (fitting->str) > SWITCH_ANSWER_TEXT_MAX + 1024)
    {
      const char *end = g_utf8_find_prev_char (fitting->str, fitting->str + fitting->len / 2 + 1);

      g_string_truncate (fitting, end - fitting->str);
      g_string_append (fitting, "\n[answer truncated]\n");
    }
  return g_strdup (fitting->str);
}

IsmbMessage *
switch_answer_text (IsmbMessage *request, const char *text)
{
  g_autofree char *body = fit (text);

  return make_answer (request, body);
}

static IsmbMessage *
make_error (IsmbMessage *request, const char *condition, const char *body)
{
  IsmbMessage *answer = make_answer (request, body);

  ismb_stanza_set_stanza_type (ISMB_STANZA (answer), "error");
  _ismb_tree_add_error (_ismb_stanza_get_tree (ISMB_STANZA (answer)),
                        _ismb_stanza_error_type_of (condition), condition, NULL);
  return answer;
}

IsmbMessage *
switch_answer_failure (IsmbMessage *request, const char *condition, const char *text)
{
  g_autofree char *fitting = fit (text);
  g_autofree char *body
    = g_strconcat ("<CLICommandError>", g_strchomp (fitting), "</CLICommandError>", NULL);

  return make_error (request, condition, body);
}

IsmbMessage *
switch_answer_syntax_error (IsmbMessage *request)
{
  return make_error (request, "bad-request", "<PythonSyntaxError></PythonSyntaxError>");
}

static const char *
condition_of (int status)
{
  switch (status)
    {
    case SWITCH_STATUS_UNKNOWN:
      return "item-not-found";
    case SWITCH_STATUS_DEADLINE:
      return "resource-constraint";
    default:
      return "not-acceptable";
    }
}

static void
log_command (List *list, const char *command, int status, const char *result)
{
  IsmbJid *from = ismb_stanza_get_from_jid (ISMB_STANZA (list->request));
  g_autofree char *printable = g_strescape (command, NULL);
  g_autofree char *status_text = g_strdup_printf ("%d", status);

  g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, "ISMB_FROM", ismb_jid_get_full (from),
                    "ISMB_COMMAND", printable, "ISMB_STATUS", status_text, "MESSAGE",
                    "%s ran \"%s\": %s", ismb_jid_get_full (from), printable, result);
}

static void
add_result (IsmbTree *tree, IsmbNode *results, const SwitchResult *ran, gsize *room)
{
  gsize length = wire_length (ran->text);
  IsmbNode *node
    = ismb_tree_add_leaf (tree, results, "result", ISMB_NS_JOB, length <= *room ? ran->text : NULL);
  g_autofree char *status = g_strdup_printf ("%d", ran->status);
  g_autofree char *duration = g_strdup_printf ("%" G_GINT64_FORMAT, ran->duration / 1000);

  ismb_tree_set (tree, node, "status", status);
  ismb_tree_set (tree, node, "duration", duration);
  if (length > *room)
    ismb_tree_set (tree, node, "truncated", "true");
  else
    *room -= length;
}

/* For a sender that asked with <job/>; the original's know nothing of it and get none. */
static void
add_results (List *list, IsmbMessage *answer)
{
  IsmbNode *request = ismb_tree_root (_ismb_stanza_get_tree (ISMB_STANZA (list->request)));
  IsmbNode *job = ismb_node_find (request, "job", ISMB_NS_JOB);
  IsmbTree *tree = _ismb_stanza_get_tree (ISMB_STANZA (answer));
  gsize room = RESULTS_MAX;
  IsmbNode *results;
  const char *id;
  guint i;

  id = job != NULL ? ismb_node_get (job, "id") : NULL;
  if (job == NULL || (id != NULL && strlen (id) > JOB_ID_MAX))
    return;
  results = ismb_tree_add (tree, ismb_tree_root (tree), "results", ISMB_NS_JOB);
  ismb_tree_set (tree, results, "id", id);
  for (i = 0; i < list->results->len; i++)
    add_result (tree, results, g_ptr_array_index (list->results, i), &room);
}

static void run_next (GTask *task);

static void
return_message (GTask *task, IsmbMessage *answer)
{
  add_results (g_task_get_task_data (task), answer);
  g_task_return_pointer (task, answer, g_object_unref);
}

static void
on_engine_failed (GTask *task, GError *error)
{
  List *list = g_task_get_task_data (task);

  list->failure = g_strdup (error->message);
  log_command (list, list->commands[list->next], -1, error->message);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_task_return_error (task, g_error_copy (error));
  else
    return_message (task,
                    switch_answer_failure (list->request, "internal-server-error", error->message));
}

static void
on_ran (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  SwitchResult *ran = switch_engine_run_finish (SWITCH_ENGINE (source), result, &error);
  List *list = g_task_get_task_data (task);

  if (ran == NULL)
    {
      on_engine_failed (task, error);
      return;
    }
  g_ptr_array_add (list->results, ran);
  log_command (list, list->commands[list->next], ran->status, ran->status == 0 ? "done" : "failed");
  if (ran->status != 0)
    {
      return_message (task,
                      switch_answer_failure (list->request, condition_of (ran->status), ran->text));
      return;
    }
  g_string_append (list->text, ran->text);
  if (!g_str_has_suffix (ran->text, "\n"))
    g_string_append_c (list->text, '\n');
  limit_text (list->text);
  list->next++;
  run_next (task);
}

static void
run_next (GTask *task)
{
  List *list = g_task_get_task_data (task);
  const char *command = list->commands[list->next];

  if (command == NULL)
    return_message (task, switch_answer_text (list->request, list->text->str));
  else
    switch_engine_run_async (list->engine, command, g_task_get_cancellable (task), on_ran,
                             g_object_ref (task));
}

void
switch_command_list_run_async (IsmbMessage *request, const char *const *commands,
                               SwitchEngine *engine, GCancellable *cancellable,
                               GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  List *list = g_new0 (List, 1);

  list->request = g_object_ref (request);
  list->engine = g_object_ref (engine);
  list->commands = g_strdupv ((char **) commands);
  list->text = g_string_new (NULL);
  list->results = g_ptr_array_new_with_free_func ((GDestroyNotify) switch_result_free);
  g_task_set_source_tag (task, switch_command_list_run_async);
  g_task_set_task_data (task, list, list_free);
  run_next (task);
}

IsmbMessage *
switch_command_list_run_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

char *
switch_command_list_dup_outcome (GAsyncResult *result)
{
  const List *list = g_task_get_task_data (G_TASK (result));
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) words = NULL;

  for (guint i = 0; i < list->results->len; i++)
    {
      const SwitchResult *ran = g_ptr_array_index (list->results, i);
      g_autofree char *status = g_strdup_printf ("%d", ran->status);

      g_strv_builder_add (builder, status);
    }
  if (list->failure != NULL)
    g_strv_builder_add (builder, list->failure);
  words = g_strv_builder_end (builder);
  return g_strjoinv (" ", words);
}
