/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "switchctl/tool/tool.h"

#include <locale.h>
#include <stdlib.h>

#include "ismb/local/ismb-control.h"

static const struct
{
  const char *name;
  ToolVerb run;
  const char *summary;
} verbs[] = {
  { "status", tool_verb_status, "the daemon, its identity and its virtual routers" },
  { "peers", tool_verb_peers,
    "the switches known, their addresses and what they are to this fabric" },
  { "run", tool_verb_run, "run CLI commands on switches" },
  { "push", tool_verb_push, "send a file to switches" },
  { "send", tool_verb_send, "send a message to an address on the bus" },
  { "listen", tool_verb_listen, "print the messages that arrive" },
  { "account", tool_verb_account, "make, remove and list accounts" },
  { "audit", tool_verb_audit, "what was asked of this switch, and whether the record is whole" },
  { "fabric", tool_verb_fabric, "make a fabric, let switches in and bar them" },
  { "log", tool_verb_log, "show and change how much the daemon's modules log" },
  { "policy", tool_verb_policy, "say who may run and write what, and which rule decides" },
  { "trace", tool_verb_trace, "catch what modules do, and the stanzas that go over streams" },
  { "vr", tool_verb_vr, "list, show, enable and disable virtual routers" },
};

static char *
describe_verbs (void)
{
  GString *text = g_string_new ("Verbs:\n");
  guint i;

  for (i = 0; i < G_N_ELEMENTS (verbs); i++)
    g_string_append_printf (text, "  %-9s %s\n", verbs[i].name, verbs[i].summary);
  g_string_append (text, "\n`switchctl VERB --help` tells more of each. Exit codes: 0 all well, 1 "
                         "some target failed,\n"
                         "2 usage, 3 the daemon is not reachable.");
  return g_string_free (text, FALSE);
}

static ToolExit
run_verb (Tool *tool, int argc, char **argv)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (verbs); i++)
    if (g_str_equal (verbs[i].name, argv[0]))
      return verbs[i].run (tool, argc, argv);
  g_printerr ("switchctl: there is no verb “%s”; `switchctl --help` lists them\n", argv[0]);
  return TOOL_EXIT_USAGE;
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new ("VERB …");
  g_autofree char *verbs_text = describe_verbs ();
  g_autoptr (GError) error = NULL;
  gboolean show_version = FALSE;
  Tool tool = { 0 };
  ToolExit code;
  const GOptionEntry entries[] = {
    { "runtime-dir", 0, 0, G_OPTION_ARG_FILENAME, &tool.runtime_dir,
      "the daemon's runtime folder (ISMB_RUNTIME_DIR, else /run/ismb)", "DIR" },
    { "vr", 0, 0, G_OPTION_ARG_STRING, &tool.vr, "the virtual router (VR-Mgmt)", "NAME" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &tool.json, "print JSON", NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &show_version, "print the version", NULL },
    { NULL },
  };

  setlocale (LC_ALL, "");
  g_option_context_set_strict_posix (context, TRUE);   /* what follows the verb is the verb's */
  g_option_context_set_summary (context, "Looks after the messaging bus between switches.");
  g_option_context_set_description (context, verbs_text);
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("switchctl: %s; see switchctl --help\n", error->message);
      return TOOL_EXIT_USAGE;
    }
  if (show_version)
    {
      g_print ("switchctl %s\n", ISMB_VERSION);
      return TOOL_EXIT_OK;
    }
  if (argc < 2)
    {
      g_autofree char *help = g_option_context_get_help (context, TRUE, NULL);

      g_printerr ("%s", help);
      return TOOL_EXIT_USAGE;
    }
  if (tool.runtime_dir == NULL)
    tool.runtime_dir = g_strdup (ismb_control_runtime_dir ());
  tool.vr_named = tool.vr != NULL;
  if (tool.vr == NULL)
    tool.vr = g_strdup ("VR-Mgmt");
  ismb_control_register_errors ();

  code = run_verb (&tool, argc - 1, argv + 1);
  g_clear_object (&tool.control);
  g_free (tool.runtime_dir);
  g_free (tool.vr);
  return code;
}
