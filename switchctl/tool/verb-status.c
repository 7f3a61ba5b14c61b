/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "switchctl/tool/tool.h"

#include "ismb/core/ismb-error.h"
#include "switchctl/tool/output.h"

typedef struct
{
  const char *name;
  gboolean enabled, waiting;
  guint c2s_port, s2s_port, sessions, peers;
} RouterStatus;

static gboolean
read_router (Tool *tool, const char *name, RouterStatus *status, GError **error)
{
  g_autoptr (IsmbDBusVirtualRouter1) router = tool_virtual_router (tool, name, error);

  if (router == NULL)
    return FALSE;
  status->name = name;
  status->enabled = ismb_dbus_virtual_router1_get_enabled (router);
  status->waiting = g_strcmp0 (ismb_dbus_virtual_router1_get_state (router), "waiting") == 0;
  status->c2s_port = ismb_dbus_virtual_router1_get_c2s_port (router);
  status->s2s_port = ismb_dbus_virtual_router1_get_s2s_port (router);
  status->sessions = ismb_dbus_virtual_router1_get_sessions (router);
  status->peers = ismb_dbus_virtual_router1_get_peers (router);
  return TRUE;
}

static void
add_json (GVariantBuilder *routers, const RouterStatus *status)
{
  g_variant_builder_open (routers, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (routers, "{sv}", "name", g_variant_new_string (status->name));
  g_variant_builder_add (routers, "{sv}", "enabled", g_variant_new_boolean (status->enabled));
  g_variant_builder_add (routers, "{sv}", "c2s_port", g_variant_new_uint32 (status->c2s_port));
  g_variant_builder_add (routers, "{sv}", "s2s_port", g_variant_new_uint32 (status->s2s_port));
  g_variant_builder_add (routers, "{sv}", "sessions", g_variant_new_uint32 (status->sessions));
  g_variant_builder_add (routers, "{sv}", "peers", g_variant_new_uint32 (status->peers));
  g_variant_builder_close (routers);
}

static void
print_json (IsmbDBusManager1 *manager, const RouterStatus *status, guint count)
{
  GVariantBuilder all, routers;
  guint i;

  g_variant_builder_init (&routers, G_VARIANT_TYPE ("aa{sv}"));
  for (i = 0; i < count; i++)
    add_json (&routers, &status[i]);
  g_variant_builder_init (&all, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&all, "{sv}", "domain",
                         g_variant_new_string (ismb_dbus_manager1_get_domain (manager)));
  g_variant_builder_add (&all, "{sv}", "id",
                         g_variant_new_string (ismb_dbus_manager1_get_device_id (manager)));
  g_variant_builder_add (&all, "{sv}", "trust",
                         g_variant_new_string (ismb_dbus_manager1_get_trust (manager)));
  g_variant_builder_add (&all, "{sv}", "vrs", g_variant_builder_end (&routers));
  output_json (g_variant_builder_end (&all), TRUE);
}

static void
print_text (IsmbDBusManager1 *manager, const RouterStatus *status, guint count)
{
  g_autofree char *id = output_short_id (ismb_dbus_manager1_get_device_id (manager));
  OutputTable *table =
      output_table_new ("VR", "STATE", "CLIENTS ON", "SWITCHES ON", "SESSIONS", "PEERS", NULL);
  guint i;

  g_print ("%s, device %s, trust %s, switchctld %s\n\n", ismb_dbus_manager1_get_domain (manager),
           id, ismb_dbus_manager1_get_trust (manager),
           ismb_dbus_manager1_get_version (manager));
  for (i = 0; i < count; i++)
    {
      g_autofree char *c2s = g_strdup_printf ("%u", status[i].c2s_port);
      g_autofree char *s2s = g_strdup_printf ("%u", status[i].s2s_port);
      g_autofree char *sessions = g_strdup_printf ("%u", status[i].sessions);
      g_autofree char *peers = g_strdup_printf ("%u", status[i].peers);

      if (!status[i].enabled)
        output_table_add (table, status[i].name, "disabled", "-", "-", "-", "-", NULL);
      else if (status[i].waiting)
        output_table_add (table, status[i].name, "waiting", "-", "-", sessions, peers, NULL);
      else
        output_table_add (table, status[i].name, "enabled", c2s, s2s, sessions, peers, NULL);
    }
  output_table_print (table);
}

/* All of them, or the one that was asked for, be there such or not. */
static char **
choose_routers (Tool *tool, IsmbDBusManager1 *manager)
{
  const char *const one[] = { tool->vr, NULL };

  return g_strdupv (
      (char **) (tool->vr_named ? one : ismb_dbus_manager1_get_virtual_routers (manager)));
}

ToolExit
tool_verb_status (Tool *tool, int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbDBusManager1) manager = NULL;
  g_autofree RouterStatus *status = NULL;
  g_auto (GStrv) names = NULL;
  guint count, i;

  if (!tool_parse (tool, &argc, &argv, NULL, "",
                   "Shows the daemon, its identity and its virtual routers."))
    return TOOL_EXIT_USAGE;
  if (argc != 1)
    return tool_usage ("status", "");
  manager = tool_manager (tool, &error);
  if (manager == NULL)
    return tool_fail (error);

  names = choose_routers (tool, manager);
  count = g_strv_length (names);
  status = g_new0 (RouterStatus, count);
  for (i = 0; i < count; i++)
    if (!read_router (tool, names[i], &status[i], &error))
      return tool_fail (error);
  if (tool->json)
    print_json (manager, status, count);
  else
    print_text (manager, status, count);
  return TOOL_EXIT_OK;
}
