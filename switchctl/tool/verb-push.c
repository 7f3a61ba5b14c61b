/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "switchctl/tool/tool.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-private.h"
#include "ismb/transfer/ismb-transfer.h"
#include "switchctl/tool/bus.h"
#include "switchctl/tool/outcome.h"

#define WORDS "FILE"
#define PRESENCE_TIMEOUT_MS 10000

/* A file goes to a resource, and a resource is learned from presence: subscribed to, and waited
 * for. */
typedef struct
{
  GHashTable *absent;   /* domains whose Switch Control has not shown itself yet */
  gboolean done;
} Presence;

static void
on_available (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
  Presence *presence = user_data;
  IsmbJid *from = ismb_stanza_get_from_jid (ISMB_STANZA (payload));

  if (from == NULL || !g_str_equal (ismb_jid_get_local (from), "switch"))
    return;
  g_hash_table_remove (presence->absent, ismb_jid_get_domain (from));
  presence->done = g_hash_table_size (presence->absent) == 0;
}

static void
on_refused (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
  on_available (client, event, payload, user_data);   /* it will not come: waiting helps nobody */
}

static gboolean
subscribe (IsmbClient *client, char **targets, GError **error)
{
  Presence presence = { g_hash_table_new (g_str_hash, g_str_equal), targets[0] == NULL };
  gboolean well = ismb_client_send_presence (client, NULL, NULL, error);
  guint handlers[2];
  char **target;

  handlers[0] =
      ismb_client_add_event_handler (client, "presence_available",
                                     ISMB_EVENT_DEFAULT, on_available, &presence, NULL);
  handlers[1] =
      ismb_client_add_event_handler (client, "presence_error",
                                     ISMB_EVENT_DEFAULT, on_refused, &presence, NULL);
  for (target = targets; well && *target != NULL; target++)
    {
      g_autofree char *address = g_strdup_printf ("switch@%s", *target);

      g_hash_table_add (presence.absent, *target);
      well = ismb_client_send_presence_subscription (client, address, "subscribe", error);
    }
  if (well)
    bus_wait (&presence.done, PRESENCE_TIMEOUT_MS);
  ismb_client_remove_event_handler (client, handlers[0]);
  ismb_client_remove_event_handler (client, handlers[1]);
  g_hash_table_unref (presence.absent);
  return well;
}

/* Takes the subscription back on both sides (RFC 6121, 2.5), so that nothing stays behind in
 * rosters. */
static void
unsubscribe (IsmbClient *client, char **targets)
{
  char **target;

  for (target = targets; *target != NULL; target++)
    {
      g_autofree char *address = g_strdup_printf ("switch@%s", *target);
      g_autoptr (IsmbIq) request = ismb_iq_new (NULL, "set");
      g_autoptr (IsmbIq) answer = NULL;
      IsmbTree *tree = _ismb_stanza_get_tree (ISMB_STANZA (request));
      IsmbNode *query = ismb_tree_add (tree, ismb_tree_root (tree), "query", ISMB_NS_ROSTER);
      IsmbNode *item = ismb_tree_add (tree, query, "item", ISMB_NS_ROSTER);

      ismb_tree_set (tree, item, "jid", address);
      ismb_tree_set (tree, item, "subscription", "remove");
      answer = bus_ask (client, request, 5000, NULL);
    }
}

typedef struct
{
  gboolean done;
  GHashTable *outcomes;
  GError *error;
} Push;

static void
on_sent (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Push *push = user_data;

  push->outcomes =
      ismb_client_send_file_to_peers_finish (ISMB_CLIENT (source), result, &push->error);
  push->done = TRUE;
}

/* What an operator looks at where the outcome's name alone leaves him wondering. */
static const char *
advice (const char *outcome)
{
  if (g_str_equal (outcome, "refused"))
    return "its policy, the path (below its files root, no .., no symbolic link), or too many "
           "files at once";
  if (g_str_equal (outcome, "conflict"))
    return "a file of that name is there; it is replaced without --no-overwrite";
  return NULL;
}

static void
tell (OutcomeReport *report, const char *domain, const char *outcome, goffset size)
{
  gboolean stored = g_str_equal (outcome, "stored");
  g_autofree char *detail = stored ? g_strdup_printf ("%" G_GOFFSET_FORMAT " bytes", size)
                                   : g_strdup (advice (outcome));
  GVariantBuilder more;

  g_variant_builder_init (&more, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&more, "{sv}", "bytes", g_variant_new_int64 (stored ? size : 0));
  outcome_tell (report, domain, outcome, stored, detail, g_variant_builder_end (&more));
}

static goffset
size_of (const char *path)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFileInfo) info
    = g_file_query_info (file, G_FILE_ATTRIBUTE_STANDARD_SIZE, G_FILE_QUERY_INFO_NONE, NULL, NULL);

  return info != NULL ? g_file_info_get_size (info) : 0;
}

/* A shell's user means the file in front of them, the API's a path below the files root. */
static char *
resolve (IsmbClient *client, const char *file)
{
  if (!g_path_is_absolute (file) && g_file_test (file, G_FILE_TEST_EXISTS))
    return g_canonicalize_filename (file, NULL);
  return g_canonicalize_filename (file, ismb_client_get_files_root (client));
}

static ToolExit
push_to (Tool *tool, char **targets, const char *file, const char *as, gboolean overwrite)
{
  g_autoptr (GError) error = NULL;
  IsmbClient *client = bus_open (tool, NULL, &error);
  OutcomeReport report = { .json = tool->json };
  Push push = { FALSE, NULL, NULL };
  g_autofree char *path = NULL;
  char **target;

  if (client == NULL)
    return tool_fail (error);
  path = resolve (client, file);
  if (!subscribe (client, targets, &error))
    return tool_fail (error);
  ismb_client_send_file_to_peers_async (client, path, (const char *const *) targets, as, overwrite,
                                        NULL, on_sent, &push);
  bus_wait (&push.done, 0);
  for (target = targets; push.outcomes != NULL && *target != NULL; target++)
    tell (&report, *target, g_hash_table_lookup (push.outcomes, *target), size_of (path));
  unsubscribe (client, targets);
  bus_close (client);
  g_clear_pointer (&push.outcomes, g_hash_table_unref);
  if (push.error != NULL)
    {
      error = push.error;
      return tool_fail (error);
    }
  outcome_close (&report);
  if (report.failed > 0)
    tool_note_elsewhere (tool);
  return report.failed > 0 ? TOOL_EXIT_FAILED : TOOL_EXIT_OK;
}

ToolExit
tool_verb_push (Tool *tool, int argc, char **argv)
{
  g_autofree char *on = NULL;
  g_autofree char *as = NULL;
  gboolean no_overwrite = FALSE;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) targets = NULL;
  const GOptionEntry entries[] = {
    { "on", 0, 0, G_OPTION_ARG_STRING, &on,
      "names, with commas between; or others (the default), all, local", "TARGETS" },
    { "as", 0, 0, G_OPTION_ARG_STRING, &as, "its name and path there, below the files root",
      "NAME" },
    { "no-overwrite", 0, 0, G_OPTION_ARG_NONE, &no_overwrite, "leave a file of that name alone",
      NULL },
    { NULL },
  };

  if (!tool_parse (tool, &argc, &argv, entries, WORDS,
                   "Sends a file from below the files root (/usr/local unless configured "
                   "otherwise) to the same place on\n"
                   "other switches. One named outcome for each: stored, conflict, refused, "
                   "not-present, corrupt,\n"
                   "no-space, timeout, unreachable."))
    return TOOL_EXIT_USAGE;
  if (argc != 2)
    return tool_usage ("push", "[--on TARGETS] " WORDS " [--as NAME] [--no-overwrite]");
  targets = bus_targets (tool, on != NULL ? on : "others", &error);
  if (targets == NULL)
    return tool_fail (error);
  return push_to (tool, targets, argv[1], as, !no_overwrite);
}
