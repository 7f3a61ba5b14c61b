/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Invitations, on a registrar. */
#include "config.h"
#include "switchctl/tool/fabric.h"

#include "ismb/trust/ismb-key-file.h"
#include "ismb/trust/ismb-token.h"
#include "switchctl/control/duration.h"
#include "switchctl/tool/output.h"

#define WORDS "[--uses N] [--expires DURATION] | --list | --withdraw ID"
#define EXPIRES_SECONDS 3600

typedef struct
{
  int uses;
  char *expires;
  gboolean list;
  char *withdraw;
} Options;

static void
options_clear (Options *options)
{
  g_free (options->expires);
  g_free (options->withdraw);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static GVariant *
make_options (guint uses, guint expires)
{
  GVariantDict options;

  g_variant_dict_init (&options, NULL);
  g_variant_dict_insert (&options, "uses", "u", uses);
  g_variant_dict_insert (&options, "expires", "u", expires);
  return g_variant_dict_end (&options);
}

static void
print_json (const char *token, const char *id, guint uses, guint expires)
{
  GVariantDict object;

  g_variant_dict_init (&object, NULL);
  g_variant_dict_insert (&object, "token", "s", token);
  g_variant_dict_insert (&object, "id", "s", id);
  g_variant_dict_insert (&object, "uses", "u", uses);
  g_variant_dict_insert (&object, "expires_in", "u", expires);
  output_json (g_variant_dict_end (&object), FALSE);
}

/* The token alone on stdout. */
static void
tell_token (Tool *tool, const char *text, guint uses, guint expires)
{
  g_autoptr (IsmbToken) token = ismb_token_parse (text, NULL);
  g_autofree char *id = token != NULL ? ismb_token_dup_id (token) : g_strdup ("");
  g_autofree char *duration = switch_duration_to_text (expires);

  if (tool->json)
    print_json (text, id, uses, expires);
  else
    g_print ("%s\n", text);
  g_printerr ("Lets %u %s join within %s: `switchctl fabric join TOKEN` there, or put it into "
              "/etc/ismb/join there before the\nfirst start. It is a secret. To take it back: "
              "`switchctl fabric invite --withdraw %s`\n",
              uses, uses == 1 ? "device" : "devices", duration, id);
}

static ToolExit
invite (Tool *tool, IsmbDBusFabric1 *fabric, guint uses, guint expires)
{
  g_autoptr (GError) error = NULL;
  char *text = NULL;

  if (!ismb_dbus_fabric1_call_invite_sync (fabric, make_options (uses, expires), &text, NULL,
                                           &error))
    return tool_fail (error);
  tell_token (tool, text, uses, expires);
  ismb_key_file_wipe (text);
  return TOOL_EXIT_OK;
}

static void
add_invitation (OutputTable *table, GVariant *row)
{
  guint uses = 0, used = 0;
  gint64 expires = 0;
  gboolean expired = FALSE;
  g_autofree char *count = NULL;
  g_autofree char *until = NULL;

  g_variant_lookup (row, "uses", "u", &uses);
  g_variant_lookup (row, "used", "u", &used);
  g_variant_lookup (row, "expires", "x", &expires);
  g_variant_lookup (row, "expired", "b", &expired);
  count = g_strdup_printf ("%u of %u", used, uses);
  until = fabric_format_time (expires);
  output_table_add (table, fabric_get_text (row, "id"), count, until,
                    expired       ? "expired"
                    : used < uses ? "open"
                                  : "used up",
                    NULL);
}

static void
print_list (GVariant *list)
{
  OutputTable *table = output_table_new ("ID", "USED", "EXPIRES", "STATE", NULL);

  for (gsize i = 0; i < g_variant_n_children (list); i++)
    {
      g_autoptr (GVariant) row = g_variant_get_child_value (list, i);

      add_invitation (table, row);
    }
  output_table_print (table);
}

static ToolExit
list_all (Tool *tool, IsmbDBusFabric1 *fabric)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) list = NULL;

  if (!ismb_dbus_fabric1_call_list_invitations_sync (fabric, &list, NULL, &error))
    return tool_fail (error);
  if (tool->json)
    output_json (list, TRUE);
  else
    print_list (list);
  return TOOL_EXIT_OK;
}

static ToolExit
withdraw (Tool *tool, IsmbDBusFabric1 *fabric, const char *id)
{
  g_autoptr (GError) error = NULL;

  if (!ismb_dbus_fabric1_call_withdraw_sync (fabric, id, NULL, &error))
    return tool_fail (error);
  if (tool->json)
    fabric_print_json ("withdrawn", id);
  return TOOL_EXIT_OK;
}

static gboolean
check (const Options *options, guint *expires)
{
  if (options->uses < 1)
    {
      g_printerr ("switchctl: --uses: an invitation is for one device at least\n");
      return FALSE;
    }
  return fabric_read_duration ("--expires", options->expires, expires);
}

ToolExit
fabric_invite (Tool *tool, int argc, char **argv)
{
  g_auto (Options) options = { .uses = 1 };
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbDBusFabric1) fabric = NULL;
  guint expires = EXPIRES_SECONDS;
  const GOptionEntry entries[] = {
    { "uses", 0, 0, G_OPTION_ARG_INT, &options.uses, "for so many devices (1)", "N" },
    { "expires", 0, 0, G_OPTION_ARG_STRING, &options.expires, "good for so long (1h)",
      "DURATION" },
    { "list", 0, 0, G_OPTION_ARG_NONE, &options.list, "list the invitations there are", NULL },
    { "withdraw", 0, 0, G_OPTION_ARG_STRING, &options.withdraw, "take one back", "ID" },
    { NULL },
  };

  if (!tool_parse (tool, &argc, &argv, entries, WORDS,
                   "On the registrar: prints a token that lets others join the fabric. Who has it "
                   "can join, so it is a secret;\nno more devices than --uses come in by it."))
    return TOOL_EXIT_USAGE;
  if (argc != 1 || (options.list && options.withdraw != NULL))
    return tool_usage (argv[0], WORDS);
  if (!check (&options, &expires))
    return TOOL_EXIT_USAGE;
  fabric = tool_fabric (tool, &error);
  if (fabric == NULL)
    return tool_fail (error);
  if (options.list)
    return list_all (tool, fabric);
  if (options.withdraw != NULL)
    return withdraw (tool, fabric, options.withdraw);
  return invite (tool, fabric, (guint) options.uses, expires);
}
