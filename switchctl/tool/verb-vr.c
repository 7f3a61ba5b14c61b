/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "switchctl/tool/tool.h"

#define WORDS "enable|disable NAME"

ToolExit
tool_verb_vr (Tool *tool, int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbDBusManager1) manager = NULL;
  gboolean enable, well;

  if (!tool_parse (
          &argc, &argv, NULL, WORDS,
          "Enables or disables the bus in a virtual router, now and at the daemon's next start.\n"
          "`switchctl status` lists the virtual routers."))
    return TOOL_EXIT_USAGE;
  if (argc != 3 || !(g_str_equal (argv[1], "enable") || g_str_equal (argv[1], "disable")))
    return tool_usage ("vr", WORDS);
  enable = g_str_equal (argv[1], "enable");
  manager = tool_manager (tool, &error);
  if (manager == NULL)
    return tool_fail (error);
  well = enable
             ? ismb_dbus_manager1_call_enable_virtual_router_sync (manager, argv[2], NULL, &error)
             : ismb_dbus_manager1_call_disable_virtual_router_sync (manager, argv[2], NULL, &error);
  return well ? TOOL_EXIT_OK : tool_fail (error);
}
