/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "switchctl/tool/tool.h"

#include "ismb/core/ismb-error.h"
#include "ismb/local/ismb-control.h"
#include "switchctl/tool/output.h"

#define EVERYWHERE "As before the verb: --vr NAME, --runtime-dir DIR."

static void
adopt (char **field, char *given)
{
  if (given == NULL)
    return;
  g_free (*field);
  *field = given;
}

/* People write these behind the verb as often as before it. */
static gboolean
parse_everywhere (Tool *tool, GOptionContext *context, int *argc, char ***argv, GError **error)
{
  g_autofree char *runtime_dir = NULL;
  g_autofree char *vr = NULL;
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "print JSON", NULL },
    { "vr", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_STRING, &vr, NULL, "NAME" },
    { "runtime-dir", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_FILENAME, &runtime_dir, NULL, "DIR" },
    { NULL },
  };

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, argc, argv, error))
    return FALSE;
  adopt (&tool->runtime_dir, g_steal_pointer (&runtime_dir));
  tool->vr_named |= vr != NULL;
  adopt (&tool->vr, g_steal_pointer (&vr));
  tool->json |= json;
  return TRUE;
}

gboolean
tool_parse (Tool *tool, int *argc, char ***argv, const GOptionEntry *entries, const char *words,
            const char *summary)
{
  g_autoptr (GOptionContext) context = g_option_context_new (words);
  g_autofree char *program = g_strconcat ("switchctl ", (*argv)[0], NULL);
  g_autoptr (GError) error = NULL;

  g_set_prgname (program);
  g_option_context_set_summary (context, summary);
  g_option_context_set_description (context, EVERYWHERE);
  if (entries != NULL)
    g_option_context_add_main_entries (context, entries, NULL);
  if (parse_everywhere (tool, context, argc, argv, &error))
    {
      g_set_prgname ("switchctl");
      return TRUE;
    }
  g_printerr ("%s: %s; see %s --help\n", program, error->message, program);
  return FALSE;
}

ToolExit
tool_usage (const char *verb, const char *words)
{
  g_printerr ("Usage: switchctl %s %s\nMore: switchctl %s --help\n", verb, words, verb);
  return TOOL_EXIT_USAGE;
}

ToolExit
tool_fail (const GError *error)
{
  g_autoptr (GError) plain = g_error_copy (error);
  g_autofree char *safe = NULL;

  if (g_dbus_error_is_remote_error (plain))
    g_dbus_error_strip_remote_error (plain);
  safe = output_escape (plain->message);   /* another switch may have said it */
  g_printerr ("switchctl: %s\n", safe);
  return g_error_matches (error, ISMB_ERROR, ISMB_ERROR_NO_DAEMON) ? TOOL_EXIT_NO_DAEMON
                                                                   : TOOL_EXIT_FAILED;
}

gboolean
tool_connect (Tool *tool, GError **error)
{
  if (tool->control == NULL)
    tool->control = ismb_control_connect_sync (tool->runtime_dir, NULL, error);
  return tool->control != NULL;
}

IsmbDBusManager1 *
tool_manager (Tool *tool, GError **error)
{
  if (!tool_connect (tool, error))
    return NULL;
  return ismb_dbus_manager1_proxy_new_sync (tool->control, G_DBUS_PROXY_FLAGS_NONE, NULL,
                                            ISMB_CONTROL_MANAGER_PATH, NULL, error);
}

IsmbDBusFabric1 *
tool_fabric (Tool *tool, GError **error)
{
  IsmbDBusFabric1 *fabric;

  if (!tool_connect (tool, error))
    return NULL;
  fabric = ismb_dbus_fabric1_proxy_new_sync (tool->control, G_DBUS_PROXY_FLAGS_NONE, NULL,
                                             ISMB_CONTROL_FABRIC_PATH, NULL, error);
  /* Some calls wait for others, and the daemon knows for how long. */
  if (fabric != NULL)
    g_dbus_proxy_set_default_timeout (G_DBUS_PROXY (fabric), G_MAXINT);
  return fabric;
}

IsmbDBusLog1 *
tool_log (Tool *tool, GError **error)
{
  IsmbDBusLog1 *log;

  if (!tool_connect (tool, error))
    return NULL;
  log = ismb_dbus_log1_proxy_new_sync (tool->control, G_DBUS_PROXY_FLAGS_NONE, NULL,
                                       ISMB_CONTROL_LOG_PATH, NULL, error);
  /* Who follows waits as long as nothing is said. */
  if (log != NULL)
    g_dbus_proxy_set_default_timeout (G_DBUS_PROXY (log), G_MAXINT);
  return log;
}

IsmbDBusVirtualRouter1 *
tool_virtual_router (Tool *tool, const char *name, GError **error)
{
  g_autoptr (IsmbDBusManager1) manager = tool_manager (tool, error);
  g_autofree char *path = NULL;

  if (manager == NULL)
    return NULL;
  if (!g_strv_contains (ismb_dbus_manager1_get_virtual_routers (manager), name))
    {
      g_autofree char *known
        = g_strjoinv (", ", (char **) ismb_dbus_manager1_get_virtual_routers (manager));

      g_set_error (error, ISMB_ERROR, ISMB_ERROR_NO_VIRTUAL_ROUTER,
                   "there is no virtual router “%s” in the configuration; it has: %s", name, known);
      return NULL;
    }
  path = ismb_control_vr_path (name);
  return ismb_dbus_virtual_router1_proxy_new_sync (tool->control, G_DBUS_PROXY_FLAGS_NONE, NULL,
                                                   path, NULL, error);
}

void
tool_note_waiting (IsmbDBusVirtualRouter1 *router)
{
  if (g_strcmp0 (ismb_dbus_virtual_router1_get_state (router), "waiting") == 0)
    g_printerr ("switchctl: no other switch is reached: the virtual router %s %s\n",
                ismb_dbus_virtual_router1_get_name (router),
                ismb_dbus_virtual_router1_get_reason (router));
}

void
tool_note_elsewhere (Tool *tool)
{
  if (!g_str_equal (tool->vr, "VR-Mgmt"))
    g_printerr ("switchctl: Switch Control is on VR-Mgmt alone; leave out --vr\n");
}
