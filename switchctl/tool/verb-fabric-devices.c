/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which devices there are, which may come in, and which are out for ever. */
#include "config.h"
#include "switchctl/tool/fabric.h"

#include "switchctl/control/duration.h"
#include "switchctl/tool/output.h"

#define APPROVE_SECONDS (7 * 86400)

static void
add_device (OutputTable *table, GVariant *device)
{
  g_autofree char *id = output_short_id (fabric_get_text (device, "id"));
  const char *domain = fabric_get_text (device, "domain");
  const char *vr = fabric_get_text (device, "vr");
  const char *link = fabric_get_text (device, "link");
  gboolean local = FALSE;

  g_variant_lookup (device, "local", "b", &local);
  if (local)
    link = "this one";
  output_table_add (table, *domain != '\0' ? domain : "-", fabric_get_text (device, "state"), id,
                    *vr != '\0' ? vr : "-", *link != '\0' ? link : "-", NULL);
}

static void
print_devices (GVariant *devices)
{
  OutputTable *table = output_table_new ("DOMAIN", "STATE", "ID", "VR", "LINK", NULL);

  for (gsize i = 0; i < g_variant_n_children (devices); i++)
    {
      g_autoptr (GVariant) device = g_variant_get_child_value (devices, i);

      add_device (table, device);
    }
  output_table_print (table);
}

ToolExit
fabric_list (Tool *tool, int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbDBusFabric1) fabric = NULL;
  g_autoptr (GVariant) devices = NULL;

  if (!tool_parse (tool, &argc, &argv, NULL, "",
                   "Lists every device that is known: members, those that are only seen (pending), "
                   "approved ones that have not\ncome in yet, and those that were revoked. The "
                   "registrar knows them all, others whom they met."))
    return TOOL_EXIT_USAGE;
  if (argc != 1)
    return tool_usage (argv[0], "");
  fabric = tool_fabric (tool, &error);
  if (fabric == NULL || !ismb_dbus_fabric1_call_list_sync (fabric, &devices, NULL, &error))
    return tool_fail (error);
  if (tool->json)
    output_json (devices, TRUE);
  else
    print_devices (devices);
  return TOOL_EXIT_OK;
}

static GVariant *
make_expires (guint seconds)
{
  GVariantDict options;

  g_variant_dict_init (&options, NULL);
  g_variant_dict_insert (&options, "expires", "u", seconds);
  return g_variant_dict_end (&options);
}

static void
print_approved (Tool *tool, const char *id, const char *domain)
{
  GVariantDict object;
  g_autofree char *safe = output_escape (domain);
  g_autofree char *short_id = output_short_id (id);

  g_variant_dict_init (&object, NULL);
  g_variant_dict_insert (&object, "id", "s", id);
  g_variant_dict_insert (&object, "domain", "s", domain);
  if (tool->json)
    output_json (g_variant_dict_end (&object), FALSE);
  else if (*id == '\0')
    g_print ("approved; the device was not seen yet\n");
  else
    g_print ("approved %s, device %s\n", *domain != '\0' ? safe : "one not seen yet", short_id);
  if (!tool->json)
    g_variant_dict_clear (&object);
}

static gboolean
is_member (IsmbDBusFabric1 *fabric, const char *id)
{
  g_autoptr (GVariant) devices = NULL;

  ismb_dbus_fabric1_call_list_sync (fabric, &devices, NULL, NULL);
  for (gsize i = 0; devices != NULL && i < g_variant_n_children (devices); i++)
    {
      g_autoptr (GVariant) device = g_variant_get_child_value (devices, i);

      if (g_str_equal (fabric_get_text (device, "id"), id))
        return g_str_equal (fabric_get_text (device, "state"), "member");
    }
  return FALSE;
}

static ToolExit
approve (Tool *tool, const char *id, guint expires)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbDBusFabric1) fabric = tool_fabric (tool, &error);
  g_autoptr (GVariant) status = fabric != NULL ? fabric_get_status (fabric, &error) : NULL;
  g_autofree char *full_id = NULL;
  g_autofree char *domain = NULL;
  g_autofree char *duration = switch_duration_to_text (expires);

  if (status == NULL
      || !ismb_dbus_fabric1_call_approve_sync (fabric, id, make_expires (expires), &full_id,
                                               &domain, NULL, &error))
    return tool_fail (error);
  print_approved (tool, full_id, domain);
  g_printerr ("%s once `switchctl fabric accept %s`\nwas given on it, within %s\n",
              is_member (fabric, full_id) ? "It is a member already. Should it have left, it joins"
                                          : "It joins",
              fabric_get_text (status, "ca_hash"), duration);
  return TOOL_EXIT_OK;
}

ToolExit
fabric_approve (Tool *tool, int argc, char **argv)
{
  g_autofree char *text = NULL;
  guint expires = APPROVE_SECONDS;
  const GOptionEntry entries[] = {
    { "expires", 0, 0, G_OPTION_ARG_STRING, &text, "good for so long (7d)", "DURATION" },
    { NULL },
  };

  if (!tool_parse (tool, &argc, &argv, entries, "ID",
                   "On the registrar: lets a device in that has no token, by its id as `switchctl "
                   "status` shows it there. It comes\nonly after `switchctl fabric accept` on it. "
                   "16 digits will do of one that was not seen yet."))
    return TOOL_EXIT_USAGE;
  if (argc != 2)
    return tool_usage (argv[0], "ID [--expires DURATION]");
  if (!fabric_read_duration ("--expires", text, &expires))
    return TOOL_EXIT_USAGE;
  return approve (tool, argv[1], expires);
}

static void
print_revoked (GVariant *revoked)
{
  g_autofree char *domain = output_escape (fabric_get_text (revoked, "domain"));
  g_autofree char *id = output_short_id (fabric_get_text (revoked, "id"));

  g_print ("revoked %s%sdevice %s\n", domain, *domain != '\0' ? ", " : "", id);
  g_printerr ("It is out for ever. The switch comes back as another device: `switchctl fabric leave "
              "--new-key` on it, and a new\ninvitation.\n");
}

ToolExit
fabric_revoke (Tool *tool, int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbDBusFabric1) fabric = NULL;
  g_autoptr (GVariant) revoked = NULL;

  if (!tool_parse (tool, &argc, &argv, NULL, "ID",
                   "On the registrar: bars a device from the fabric for ever, by its id as "
                   "`switchctl fabric list` shows it. All\nmembers learn of it, at once or when "
                   "they are up again, and close what is open to it."))
    return TOOL_EXIT_USAGE;
  if (argc != 2)
    return tool_usage (argv[0], "ID");
  fabric = tool_fabric (tool, &error);
  if (fabric == NULL
      || !ismb_dbus_fabric1_call_revoke_sync (fabric, argv[1], &revoked, NULL, &error))
    return tool_fail (error);
  if (tool->json)
    output_json (revoked, FALSE);
  else
    print_revoked (revoked);
  return TOOL_EXIT_OK;
}
