/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "switchctl/tool/tool.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "switchctl/tool/output.h"

#define WORDS "add NAME | remove NAME | list"

/* From the terminal without an echo, else a line of stdin without its end. NULL where there is
 * none. */
static char *
read_password (void)
{
  char line[1026];

  if (isatty (STDIN_FILENO))
    return g_strdup (getpass ("Password: "));
  if (fgets (line, sizeof line, stdin) == NULL)
    return NULL;
  line[strcspn (line, "\r\n")] = '\0';
  return line[0] != '\0' ? g_strdup (line) : NULL;
}

static ToolExit
add (IsmbDBusVirtualRouter1 *router, const char *name, const char *password, const char *role)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *typed = password == NULL ? read_password () : NULL;
  g_autofree char *jid = NULL;
  GVariantBuilder options;

  if (password == NULL && typed == NULL)
    {
      g_printerr ("switchctl: no password; give one with --password or as a line on stdin\n");
      return TOOL_EXIT_USAGE;
    }
  g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
  if (role != NULL)
    g_variant_builder_add (&options, "{sv}", "role", g_variant_new_string (role));
  if (!ismb_dbus_virtual_router1_call_create_account_sync (
          router, name, password != NULL ? password : typed, g_variant_builder_end (&options), &jid,
          NULL, &error))
    return tool_fail (error);
  g_print ("%s\n", jid);
  return TOOL_EXIT_OK;
}

static ToolExit
list (Tool *tool, IsmbDBusVirtualRouter1 *router)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) accounts = NULL;
  GVariantBuilder array;
  OutputTable *table;
  GVariantIter iter;
  const char *name, *role;

  if (!ismb_dbus_virtual_router1_call_list_accounts_sync (router, &accounts, NULL, &error))
    return tool_fail (error);
  table = output_table_new ("NAME", "ROLE", NULL);
  g_variant_builder_init (&array, G_VARIANT_TYPE ("aa{ss}"));
  g_variant_iter_init (&iter, accounts);
  while (g_variant_iter_next (&iter, "(&s&s)", &name, &role))
    {
      output_table_add (table, name, role, NULL);
      g_variant_builder_open (&array, G_VARIANT_TYPE ("a{ss}"));
      g_variant_builder_add (&array, "{ss}", "name", name);
      g_variant_builder_add (&array, "{ss}", "role", role);
      g_variant_builder_close (&array);
    }
  if (tool->json)
    {
      output_json (g_variant_builder_end (&array), TRUE);
      output_table_free (table);
      return TOOL_EXIT_OK;
    }
  g_variant_builder_clear (&array);
  output_table_print (table);
  return TOOL_EXIT_OK;
}

ToolExit
tool_verb_account (Tool *tool, int argc, char **argv)
{
  g_autofree char *password = NULL;
  g_autofree char *role = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbDBusVirtualRouter1) router = NULL;
  const GOptionEntry entries[] = {
    { "password", 0, 0, G_OPTION_ARG_STRING, &password,
      "for add; without it the first line of stdin", "P" },
    { "role", 0, 0, G_OPTION_ARG_STRING, &role, "for add: operator (the default) or client", "R" },
    { NULL },
  };

  if (!tool_parse (tool, &argc, &argv, entries, WORDS,
                   "Makes, removes and lists the accounts of a virtual router. An operator may run "
                   "commands and send\n"
                   "files as the policy of each switch allows; a client may only talk."))
    return TOOL_EXIT_USAGE;
  if (!(argc == 3 && (g_str_equal (argv[1], "add") || g_str_equal (argv[1], "remove")))
      && !(argc == 2 && g_str_equal (argv[1], "list")))
    return tool_usage ("account", WORDS);
  router = tool_virtual_router (tool, tool->vr, &error);
  if (router == NULL)
    return tool_fail (error);
  if (g_str_equal (argv[1], "add"))
    return add (router, argv[2], password, role);
  if (g_str_equal (argv[1], "list"))
    return list (tool, router);
  if (!ismb_dbus_virtual_router1_call_remove_account_sync (router, argv[2], NULL, &error))
    return tool_fail (error);
  return TOOL_EXIT_OK;
}
