/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "switchctl/tool/tool.h"

#include <string.h>

#include "switchctl/tool/output.h"

#define WORDS "check JID COMMAND | check JID --path PATH"

static GVariant *
make_options (const char *role)
{
  GVariantDict options;

  g_variant_dict_init (&options, NULL);
  if (role != NULL)
    g_variant_dict_insert (&options, "role", "s", role);
  return g_variant_dict_end (&options);
}

static void
print_line (const char *title, const char *text)
{
  g_autofree char *safe = output_escape (text);

  g_print ("  %-9s %s\n", title, safe);
}

/* As it could be typed: a word with a blank in it is one word. */
static char *
join_words (GVariant *verdict)
{
  g_autofree const char **words = NULL;
  GString *text = g_string_new (NULL);

  g_variant_lookup (verdict, "words", "^a&s", &words);
  for (gsize i = 0; words != NULL && words[i] != NULL; i++)
    {
      g_autofree char *quoted = g_shell_quote (words[i]);
      gboolean plain = *words[i] != '\0' && strpbrk (words[i], " \t\n'\"\\$`;*?#") == NULL;

      g_string_append_printf (text, "%s%s", i > 0 ? " " : "", plain ? words[i] : quoted);
    }
  return g_string_free (text, FALSE);
}

static void
print_verdict (GVariant *verdict, gboolean allowed, gboolean is_path)
{
  g_autofree char *words = join_words (verdict);
  g_autofree char *safe = NULL;
  const char *text = NULL;
  guint32 line;

  if (g_variant_lookup (verdict, "why", "&s", &text))
    safe = output_escape (text);
  g_print ("%s: %s\n", allowed ? "allowed" : "denied", safe != NULL ? safe : "");
  print_line (is_path ? "file" : "executes", *words != '\0' ? words : "nothing: no such command");
  if (g_variant_lookup (verdict, "file", "&s", &text)
      && g_variant_lookup (verdict, "line", "u", &line))
    {
      g_autofree char *where = g_strdup_printf ("%s:%u", text, line);

      print_line ("decided", where);
    }
}

static void
print_stale (GVariant *verdict)
{
  const char *stale;
  g_autofree char *safe = NULL;

  if (!g_variant_lookup (verdict, "stale", "&s", &stale))
    return;
  safe = output_escape (stale);
  g_printerr ("switchctl: the rules of an earlier file hold: %s\n", safe);
}

ToolExit
tool_verb_policy (Tool *tool, int argc, char **argv)
{
  g_autofree char *path = NULL;
  g_autofree char *role = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbDBusManager1) manager = NULL;
  g_autoptr (GVariant) verdict = NULL;
  gboolean allowed = FALSE;
  const GOptionEntry entries[] = {
    { "path", 0, 0, G_OPTION_ARG_STRING, &path, "a file below the files root, instead of a command",
      "PATH" },
    { "role", 0, 0, G_OPTION_ARG_STRING, &role,
      "operator, switch or client; without it the switch of the address is asked", "ROLE" },
    { NULL },
  };

  if (!tool_parse (tool, &argc, &argv, entries, WORDS,
                   "Says whether an address may run a command or write a file on this switch, and "
                   "which line of\n"
                   "its policy decides. Exit code: 0 allowed, 1 denied. Nothing is run."))
    return TOOL_EXIT_USAGE;
  if (argc != (path != NULL ? 3 : 4) || !g_str_equal (argv[1], "check"))
    return tool_usage ("policy", WORDS);
  manager = tool_manager (tool, &error);
  if (manager == NULL ||
      !ismb_dbus_manager1_call_policy_check_sync (
          manager, argv[2], path != NULL ? "path" : "command", path != NULL ? path : argv[3],
          make_options (role), &verdict, NULL, &error))
    return tool_fail (error);
  g_variant_lookup (verdict, "allowed", "b", &allowed);
  print_stale (verdict);
  if (tool->json)
    output_json (g_variant_ref (verdict), TRUE);
  else
    print_verdict (verdict, allowed, path != NULL);
  return allowed ? TOOL_EXIT_OK : TOOL_EXIT_FAILED;
}
