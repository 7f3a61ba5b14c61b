/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "switchctl/tool/tool.h"

#include "switchctl/tool/output.h"

#define WORDS "[LEVEL | MODULE=LEVEL …]"

static void
print_levels (IsmbDBusLog1 *log, gboolean json)
{
  const char *levels = ismb_dbus_log1_get_levels (log);
  GVariantBuilder object;

  if (!json)
    {
      g_print ("%s\n", levels);
      return;
    }
  g_variant_builder_init (&object, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&object, "{sv}", "levels", g_variant_new_string (levels));
  output_json (g_variant_builder_end (&object), TRUE);
}

static gboolean
change (IsmbDBusLog1 *log, gboolean reset, char **words, GError **error)
{
  g_autofree char *levels = g_strjoinv (";", words);

  if (reset && !ismb_dbus_log1_call_reset_levels_sync (log, NULL, error))
    return FALSE;
  return *words == NULL || ismb_dbus_log1_call_change_levels_sync (log, levels, NULL, error);
}

ToolExit
tool_verb_log (Tool *tool, int argc, char **argv)
{
  gboolean reset = FALSE;
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbDBusLog1) log = NULL;
  const GOptionEntry entries[] = {
    { "reset", 0, 0, G_OPTION_ARG_NONE, &reset, "go back to what is configured first", NULL },
    { NULL },
  };

  if (!tool_parse (tool, &argc, &argv, entries, WORDS,
                   "Shows the levels of the daemon's log, or changes them until it ends. A module's "
                   "level holds for\nall below it, the longest name wins: `ismb.listener=debug "
                   "ismb.listener.session=info`. Levels are\ndebug, info, message, warning, "
                   "critical and error; one alone holds for all modules without their own."))
    return TOOL_EXIT_USAGE;
  log = tool_log (tool, &error);
  if (log == NULL)
    return tool_fail (error);
  if (!reset && argc == 1)
    print_levels (log, tool->json);
  else if (!change (log, reset, argv + 1, &error))
    return tool_fail (error);
  return TOOL_EXIT_OK;
}
