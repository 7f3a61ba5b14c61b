/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "switchctl/tool/tool.h"

#include "switchctl/tool/output.h"

#define WORDS "list | show NAME | enable NAME | disable NAME"

typedef IsmbDBusVirtualRouter1 Router;

/* What `list` and `show` have in common. */
static void
describe (GVariantBuilder *out, Router *router)
{
  const struct
  {
    const char *key;
    GVariant *value;
  } all[] = {
    { "name", g_variant_new_string (ismb_dbus_virtual_router1_get_name (router)) },
    { "enabled", g_variant_new_boolean (ismb_dbus_virtual_router1_get_enabled (router)) },
    { "state", g_variant_new_string (ismb_dbus_virtual_router1_get_state (router)) },
    { "reason", g_variant_new_string (ismb_dbus_virtual_router1_get_reason (router)) },
    { "place", g_variant_new_string (ismb_dbus_virtual_router1_get_place (router)) },
    { "c2s_port", g_variant_new_uint32 (ismb_dbus_virtual_router1_get_c2s_port (router)) },
    { "s2s_port", g_variant_new_uint32 (ismb_dbus_virtual_router1_get_s2s_port (router)) },
    { "sessions", g_variant_new_uint32 (ismb_dbus_virtual_router1_get_sessions (router)) },
    { "peers", g_variant_new_uint32 (ismb_dbus_virtual_router1_get_peers (router)) },
  };

  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    g_variant_builder_add (out, "{sv}", all[i].key, all[i].value);
}

static void
describe_more (GVariantBuilder *out, Router *router)
{
  const char *const *listen = ismb_dbus_virtual_router1_get_listen (router);
  const char *const *addresses = ismb_dbus_virtual_router1_get_addresses (router);

  g_variant_builder_add (out, "{sv}", "netns",
                         g_variant_new_string (ismb_dbus_virtual_router1_get_netns (router)));
  g_variant_builder_add (out, "{sv}", "bind_device",
                         g_variant_new_string (ismb_dbus_virtual_router1_get_bind_device (router)));
  g_variant_builder_add (out, "{sv}", "listen", g_variant_new_strv (listen, -1));
  g_variant_builder_add (out, "{sv}", "addresses", g_variant_new_strv (addresses, -1));
  g_variant_builder_add (out, "{sv}", "c2s_path",
                         g_variant_new_string (ismb_dbus_virtual_router1_get_c2s_path (router)));
}

static GPtrArray *
read_routers (Tool *tool, GError **error)
{
  g_autoptr (IsmbDBusManager1) manager = tool_manager (tool, error);
  g_autoptr (GPtrArray) routers = g_ptr_array_new_with_free_func (g_object_unref);
  const char *const *names;

  if (manager == NULL)
    return NULL;
  names = ismb_dbus_manager1_get_virtual_routers (manager);
  for (guint i = 0; names[i] != NULL; i++)
    {
      Router *router = tool_virtual_router (tool, names[i], error);

      if (router == NULL)
        return NULL;
      g_ptr_array_add (routers, router);
    }
  return g_steal_pointer (&routers);
}

static void
list_json (GPtrArray *routers)
{
  GVariantBuilder list;

  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < routers->len; i++)
    {
      g_variant_builder_open (&list, G_VARIANT_TYPE_VARDICT);
      describe (&list, g_ptr_array_index (routers, i));
      g_variant_builder_close (&list);
    }
  output_json (g_variant_builder_end (&list), TRUE);
}

static char *
port_text (guint port)
{
  return port != 0 ? g_strdup_printf ("%u", port) : g_strdup ("-");
}

static void
list_text (GPtrArray *routers)
{
  OutputTable *table = output_table_new ("VR", "STATE", "PLACE", "CLIENTS ON", "SWITCHES ON",
                                         "SESSIONS", "PEERS", "WHY", NULL);

  for (guint i = 0; i < routers->len; i++)
    {
      Router *router = g_ptr_array_index (routers, i);
      g_autofree char *c2s = port_text (ismb_dbus_virtual_router1_get_c2s_port (router));
      g_autofree char *s2s = port_text (ismb_dbus_virtual_router1_get_s2s_port (router));
      g_autofree char *sessions
        = g_strdup_printf ("%u", ismb_dbus_virtual_router1_get_sessions (router));
      g_autofree char *peers = g_strdup_printf ("%u", ismb_dbus_virtual_router1_get_peers (router));

      output_table_add (table, ismb_dbus_virtual_router1_get_name (router),
                        ismb_dbus_virtual_router1_get_state (router),
                        ismb_dbus_virtual_router1_get_place (router), c2s, s2s, sessions, peers,
                        ismb_dbus_virtual_router1_get_reason (router), NULL);
    }
  output_table_print (table);
}

static ToolExit
list_routers (Tool *tool)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) routers = read_routers (tool, &error);

  if (routers == NULL)
    return tool_fail (error);
  if (tool->json)
    list_json (routers);
  else
    list_text (routers);
  return TOOL_EXIT_OK;
}

static void
print_words (const char *title, const char *const *words)
{
  g_autofree char *joined = g_strjoinv (" ", (char **) words);

  g_print ("%-12s %s\n", title, *joined != '\0' ? joined : "-");
}

static void
show_text (Router *router)
{
  const char *reason = ismb_dbus_virtual_router1_get_reason (router);
  g_autofree char *c2s = port_text (ismb_dbus_virtual_router1_get_c2s_port (router));
  g_autofree char *s2s = port_text (ismb_dbus_virtual_router1_get_s2s_port (router));

  g_print ("%s is %s\n", ismb_dbus_virtual_router1_get_name (router),
           ismb_dbus_virtual_router1_get_state (router));
  if (*reason != '\0')
    g_print ("%-12s it %s\n", "why", reason);
  g_print ("%-12s %s\n", "place", ismb_dbus_virtual_router1_get_place (router));
  print_words ("listens on", ismb_dbus_virtual_router1_get_listen (router));
  print_words ("reached by", ismb_dbus_virtual_router1_get_addresses (router));
  g_print ("%-12s %s, and %s\n", "clients on", c2s,
           ismb_dbus_virtual_router1_get_c2s_path (router));
  g_print ("%-12s %s\n", "switches on", s2s);
  g_print ("%-12s %u\n", "sessions", ismb_dbus_virtual_router1_get_sessions (router));
  g_print ("%-12s %u\n", "peers", ismb_dbus_virtual_router1_get_peers (router));
}

static ToolExit
show_router (Tool *tool, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbDBusVirtualRouter1) router = tool_virtual_router (tool, name, &error);
  GVariantBuilder object;

  if (router == NULL)
    return tool_fail (error);
  if (!tool->json)
    {
      show_text (router);
      return TOOL_EXIT_OK;
    }
  g_variant_builder_init (&object, G_VARIANT_TYPE_VARDICT);
  describe (&object, router);
  describe_more (&object, router);
  output_json (g_variant_builder_end (&object), TRUE);
  return TOOL_EXIT_OK;
}

static ToolExit
set_enabled (Tool *tool, const char *name, gboolean enabled)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbDBusManager1) manager = tool_manager (tool, &error);
  gboolean well;

  if (manager == NULL)
    return tool_fail (error);
  well = enabled ? ismb_dbus_manager1_call_enable_virtual_router_sync (manager, name, NULL, &error)
                 : ismb_dbus_manager1_call_disable_virtual_router_sync (manager, name, NULL, &error);
  return well ? TOOL_EXIT_OK : tool_fail (error);
}

ToolExit
tool_verb_vr (Tool *tool, int argc, char **argv)
{
  if (!tool_parse (tool, &argc, &argv, NULL, WORDS,
                   "The virtual routers of this switch. What is enabled or disabled is so at the "
                   "daemon's next\nstart, too. One whose namespace, interface or address is missing "
                   "waits for it, and is there\nfor programs on this host meanwhile."))
    return TOOL_EXIT_USAGE;
  if (argc == 2 && g_str_equal (argv[1], "list"))
    return list_routers (tool);
  if (argc == 3 && g_str_equal (argv[1], "show"))
    return show_router (tool, argv[2]);
  if (argc == 3 && (g_str_equal (argv[1], "enable") || g_str_equal (argv[1], "disable")))
    return set_enabled (tool, argv[2], g_str_equal (argv[1], "enable"));
  return tool_usage ("vr", WORDS);
}
