/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "switchctl/tool/tool.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-random.h"
#include "ismb/core/ismb-stanza-private.h"
#include "switchctl/control/python-list.h"
#include "switchctl/tool/bus.h"
#include "switchctl/tool/outcome.h"

#define WORDS "COMMAND…"

/* One list of commands under way to many switches. */
typedef struct
{
  char **commands;
  GHashTable *waiting;      /* message id -> domain */
  OutcomeReport report;
  gboolean done;
} Run;

static GVariant *
command_result (const IsmbNode *node, const char *command)
{
  g_autofree char *text = ismb_node_dup_text (node);
  const char *status = ismb_node_get (node, "status");
  GVariantBuilder object;

  g_variant_builder_init (&object, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&object, "{sv}", "command", g_variant_new_string (command));
  g_variant_builder_add (
      &object, "{sv}", "status",
      g_variant_new_int32 (status != NULL ? (int) g_ascii_strtoll (status, NULL, 10) : -1));
  g_variant_builder_add (&object, "{sv}", "text", g_variant_new_string (text));
  return g_variant_builder_end (&object);
}

/* What each command did, in their order, where the other side tells it (urn:ismb:job:1). */
static GVariant *
command_results (IsmbMessage *message, char **commands)
{
  IsmbNode *root = ismb_tree_root (_ismb_stanza_get_tree (ISMB_STANZA (message)));
  IsmbNode *results = ismb_node_find (root, "results", ISMB_NS_JOB);
  IsmbNode *result = results != NULL ? ismb_node_find (results, "result", ISMB_NS_JOB) : NULL;
  GVariantBuilder array;

  g_variant_builder_init (&array, G_VARIANT_TYPE ("aa{sv}"));
  for (; result != NULL && *commands != NULL;
       result = ismb_node_find_next (result, "result", ISMB_NS_JOB))
    g_variant_builder_add_value (&array, command_result (result, *commands++));
  return g_variant_builder_end (&array);
}

static const char *
outcome_of (IsmbMessage *message)
{
  g_autofree char *condition = NULL;

  if (!ismb_stanza_is_error (ISMB_STANZA (message)))
    return "ok";
  if (ismb_message_get_body (message) != NULL
      && strstr (ismb_message_get_body (message), "<CLICommandError>") != NULL)
    {
      condition = ismb_stanza_get_error_condition (ISMB_STANZA (message));
      return g_strcmp0 (condition, "forbidden") == 0 ? "refused" : "failed";
    }
  condition = ismb_stanza_get_error_condition (ISMB_STANZA (message));
  if (g_strcmp0 (condition, "forbidden") == 0 || g_strcmp0 (condition, "not-allowed") == 0)
    return "refused";
  return ismb_message_get_body (message) != NULL ? "failed" : "unreachable";
}

/* Commands that said nothing, before the first that did. */
static const char *
skip_empty_lines (const char *text)
{
  return text + strspn (text, "\n");
}

static void
describe_failure (GString *out, const char *command, const char *text, const char *status)
{
  g_string_append_printf (out, "“%s” failed: %s", command, text);
  if (g_strcmp0 (status, "127") == 0)
    g_string_append (out, "\nexec-allow= in that switch's configuration lists what may run there");
}

/* For a person: what the commands before it said, which one failed, and why. NULL where nothing is
 * told of single commands. */
static char *
describe_results (IsmbMessage *message, char **commands)
{
  IsmbNode *root = ismb_tree_root (_ismb_stanza_get_tree (ISMB_STANZA (message)));
  IsmbNode *results = ismb_node_find (root, "results", ISMB_NS_JOB);
  IsmbNode *result = results != NULL ? ismb_node_find (results, "result", ISMB_NS_JOB) : NULL;
  g_autoptr (GString) out = g_string_new (NULL);

  if (result == NULL)
    return NULL;
  for (; result != NULL && *commands != NULL;
       result = ismb_node_find_next (result, "result", ISMB_NS_JOB))
    {
      g_autofree char *text = ismb_node_dup_text (result);
      const char *status = ismb_node_get (result, "status");

      if (ismb_node_get (result, "truncated") != NULL)
        return NULL;
      if (g_strcmp0 (status, "0") == 0)
        g_string_append (out, text);
      else
        describe_failure (out, *commands, text, status);
      commands++;
    }
  return g_string_free (g_steal_pointer (&out), FALSE);
}

/* The original's tags are for programs. */
static char *
without_tags (const char *body)
{
  static const char start[] = "<CLICommandError>", end[] = "</CLICommandError>";

  if (!g_str_has_prefix (body, start) || !g_str_has_suffix (body, end))
    return g_strdup (body);
  return g_strndup (body + sizeof start - 1, strlen (body) - (sizeof start - 1) - (sizeof end - 1));
}

static void
tell (Run *run, const char *domain, const char *outcome, const char *text, IsmbMessage *answer)
{
  g_autofree char *described = answer != NULL ? describe_results (answer, run->commands) : NULL;
  g_autofree char *plain = described == NULL && text != NULL ? without_tags (text) : NULL;
  const char *shown = described != NULL ? described : plain;
  GVariantBuilder more;

  g_variant_builder_init (&more, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&more, "{sv}", "text", g_variant_new_string (text != NULL ? text : ""));
  g_variant_builder_add (&more, "{sv}", "results",
                         answer != NULL ? command_results (answer, run->commands)
                                        : g_variant_new_array (G_VARIANT_TYPE_VARDICT, NULL, 0));
  outcome_tell (&run->report, domain, outcome, g_str_equal (outcome, "ok"),
                shown != NULL ? skip_empty_lines (shown) : NULL, g_variant_builder_end (&more));
}

static void
on_answer (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
  Run *run = user_data;
  const char *id = ismb_stanza_get_id (ISMB_STANZA (payload));
  const char *domain = id != NULL ? g_hash_table_lookup (run->waiting, id) : NULL;
  g_autofree char *error_text = NULL;
  const char *text = ismb_message_get_body (ISMB_MESSAGE (payload));
  IsmbJid *from = ismb_stanza_get_from_jid (ISMB_STANZA (payload));

  if (domain == NULL || (from != NULL && !g_str_equal (ismb_jid_get_domain (from), domain)))
    return;
  if (text == NULL)
    {
      error_text = ismb_stanza_get_error_text (ISMB_STANZA (payload));
      if (error_text == NULL)
        error_text = ismb_stanza_get_error_condition (ISMB_STANZA (payload));
    }
  tell (run, domain, outcome_of (ISMB_MESSAGE (payload)), text != NULL ? text : error_text,
        ISMB_MESSAGE (payload));
  g_hash_table_remove (run->waiting, id);
  run->done = g_hash_table_size (run->waiting) == 0;
}

/* The original's message, to the letter, and beside it what asks for a result of each command. */
static gboolean
send_commands (IsmbClient *client, const char *domain, const char *body, const char *id,
               GError **error)
{
  g_autofree char *address = g_strdup_printf ("switch@%s", domain);
  g_autoptr (IsmbJid) to = ismb_jid_new (address, error);
  g_autoptr (IsmbMessage) message = NULL;
  IsmbTree *tree;
  IsmbNode *job;

  if (to == NULL)
    return FALSE;
  message = ismb_message_new (to, body);
  ismb_message_set_subject (message, "command");
  ismb_stanza_set_id (ISMB_STANZA (message), id);
  tree = _ismb_stanza_get_tree (ISMB_STANZA (message));
  job = ismb_tree_add (tree, ismb_tree_root (tree), "job", ISMB_NS_JOB);
  ismb_tree_set (tree, job, "id", id);
  /* Who is away now is to run nothing later, when nobody waits for it any more. */
  ismb_tree_add (tree, ismb_tree_root (tree), "no-store", ISMB_NS_HINTS);
  return ismb_client_send (client, ISMB_STANZA (message), error);
}

static gboolean
send_all (Run *run, IsmbClient *client, char **targets, const char *body, GError **error)
{
  char **target;

  for (target = targets; *target != NULL; target++)
    {
      char *id = ismb_random_token ();

      g_hash_table_insert (run->waiting, id, *target);
      if (!send_commands (client, *target, body, id, error))
        return FALSE;
    }
  return TRUE;
}

static void
tell_silent (Run *run)
{
  GHashTableIter iter;
  gpointer domain;

  g_hash_table_iter_init (&iter, run->waiting);
  while (g_hash_table_iter_next (&iter, NULL, &domain))
    tell (run, domain, "timeout", "no answer in time; it may still be at work", NULL);
}

static ToolExit
run_on (Tool *tool, char **targets, char **commands, int seconds)
{
  g_autofree char *body = switch_python_list_write ((const char *const *) commands);
  g_autoptr (GError) error = NULL;
  IsmbClient *client = bus_open (tool, NULL, &error);
  Run run = { .commands = commands, .report.json = tool->json, .done = targets[0] == NULL };
  gboolean sent;

  if (client == NULL)
    return tool_fail (error);
  run.waiting = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  ismb_client_add_event_handler (client, "message", ISMB_EVENT_DEFAULT, on_answer, &run, NULL);
  ismb_client_add_event_handler (client, "message_error",
                                 ISMB_EVENT_DEFAULT, on_answer, &run, NULL);
  sent = send_all (&run, client, targets, body, &error);
  if (sent && !bus_wait (&run.done, seconds * 1000))
    tell_silent (&run);
  bus_close (client);
  g_hash_table_unref (run.waiting);
  if (!sent)
    return tool_fail (error);
  outcome_close (&run.report);
  if (run.report.failed > 0)
    tool_note_elsewhere (tool);
  return run.report.failed > 0 ? TOOL_EXIT_FAILED : TOOL_EXIT_OK;
}

ToolExit
tool_verb_run (Tool *tool, int argc, char **argv)
{
  g_autofree char *on = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) targets = NULL;
  int seconds = 60;
  const GOptionEntry entries[] = {
    { "on", 0, 0, G_OPTION_ARG_STRING, &on,
      "names, with commas between; or all (the default), others, local", "TARGETS" },
    { "timeout", 0, 0, G_OPTION_ARG_INT, &seconds, "how long to wait for answers (60)", "SECONDS" },
    { NULL },
  };

  if (!tool_parse (tool, &argc, &argv, entries, WORDS,
                   "Runs commands on switches, each argument one command, in order; a switch stops "
                   "at the first that\n"
                   "fails. One named outcome for each: ok, failed, refused, timeout, unreachable. "
                   "Write `--` before a\n"
                   "command that begins with a dash."))
    return TOOL_EXIT_USAGE;
  if (argc > 1 && g_str_equal (argv[1], "--"))
    argv++, argc--;
  if (argc < 2 || seconds < 1 || seconds > 86400)
    return tool_usage ("run", "[--on TARGETS] " WORDS);
  targets = bus_targets (tool, on, &error);
  if (targets == NULL)
    return tool_fail (error);
  return run_on (tool, targets, argv + 1, seconds);
}
