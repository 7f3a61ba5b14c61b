/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Into a fabric, and out of it. */
#include "config.h"
#include "switchctl/tool/fabric.h"

#include "ismb/trust/ismb-key-file.h"
#include "switchctl/tool/output.h"

#define JOIN_SECONDS 30
#define ACCEPT_WORDS "CA-HASH | --none"

static GVariant *
make_number (const char *name, guint number)
{
  GVariantDict options;

  g_variant_dict_init (&options, NULL);
  g_variant_dict_insert (&options, name, "u", number);
  return g_variant_dict_end (&options);
}

static ToolExit
tell_joined (Tool *tool, IsmbDBusFabric1 *fabric)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) status = fabric_get_status (fabric, &error);
  g_autofree char *name = NULL;

  if (status == NULL)
    return tool_fail (error);
  name = output_escape (fabric_get_text (status, "name"));
  if (tool->json)
    output_json (status, FALSE);
  else
    g_print ("joined “%s”\n", name);
  return TOOL_EXIT_OK;
}

static char *
read_token (GError **error)
{
  char *text = fabric_read_text ("-", error);

  if (text == NULL || *g_strstrip (text) != '\0')
    return text;
  g_free (text);
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                       "nothing came on stdin: a token is read there, as `switchctl fabric invite` "
                       "prints it");
  return NULL;
}

static ToolExit
join (Tool *tool, const char *word, guint timeout)
{
  g_autoptr (GError) error = NULL;
  char *token = g_str_equal (word, "-") ? read_token (&error) : g_strdup (word);
  g_autoptr (IsmbDBusFabric1) fabric = token != NULL ? tool_fabric (tool, &error) : NULL;
  gboolean joined
    = fabric != NULL
      && ismb_dbus_fabric1_call_join_sync (fabric, token, make_number ("timeout", timeout), NULL,
                                           &error);

  ismb_key_file_wipe (token);
  return joined ? tell_joined (tool, fabric) : tool_fail (error);
}

ToolExit
fabric_join (Tool *tool, int argc, char **argv)
{
  g_autofree char *text = NULL;
  guint timeout = JOIN_SECONDS;
  const GOptionEntry entries[] = {
    { "timeout", 0, 0, G_OPTION_ARG_STRING, &text, "how long to try (30s)", "DURATION" },
    { NULL },
  };

  if (!tool_parse (tool, &argc, &argv, entries, "TOKEN",
                   "Comes into the fabric that the token is for (- reads it from stdin, so that "
                   "`ps` does not show it). Returns when\nthis switch has joined, or says why it "
                   "has not."))
    return TOOL_EXIT_USAGE;
  if (argc != 2)
    return tool_usage (argv[0], "TOKEN [--timeout DURATION]");
  if (!fabric_read_duration ("--timeout", text, &timeout))
    return TOOL_EXIT_USAGE;
  return join (tool, argv[1], timeout);
}

static void
tell_progress (IsmbDBusFabric1 *fabric, const char *state)
{
  g_autoptr (GVariant) status = fabric_get_status (fabric, NULL);
  g_autofree char *id
    = status != NULL ? output_short_id (fabric_get_text (status, "id")) : g_strdup ("ID");

  g_print ("%s\n", state);
  if (g_str_equal (state, "waiting") || g_str_equal (state, "looking"))
    g_printerr ("It joins by itself once `switchctl fabric approve %s` was given on the registrar\n",
                id);
}

static ToolExit
accept_hash (Tool *tool, const char *ca_hash, guint wait)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbDBusFabric1) fabric = tool_fabric (tool, &error);
  g_autofree char *state = NULL;

  if (fabric == NULL
      || !ismb_dbus_fabric1_call_accept_sync (fabric, ca_hash, make_number ("wait", wait), &state,
                                              NULL, &error))
    return tool_fail (error);
  if (tool->json)
    fabric_print_json ("state", state);
  else if (*ca_hash != '\0')
    tell_progress (fabric, state);
  return TOOL_EXIT_OK;
}

ToolExit
fabric_accept (Tool *tool, int argc, char **argv)
{
  g_autofree char *text = NULL;
  gboolean none = FALSE;
  guint wait = 0;
  const GOptionEntry entries[] = {
    { "wait", 0, 0, G_OPTION_ARG_STRING, &text, "wait for it to join, so long at most",
      "DURATION" },
    { "none", 0, 0, G_OPTION_ARG_NONE, &none, "accept none any more", NULL },
    { NULL },
  };

  if (!tool_parse (tool, &argc, &argv, entries, ACCEPT_WORDS,
                   "Comes into the fabric of that CA once this device is approved there "
                   "(`switchctl fabric approve`); it is\nremembered until then. Prints joined, "
                   "waiting (a registrar knows this device) or looking."))
    return TOOL_EXIT_USAGE;
  if (argc != (none ? 1 : 2))
    return tool_usage (argv[0], ACCEPT_WORDS);
  if (!fabric_read_duration ("--wait", text, &wait))
    return TOOL_EXIT_USAGE;
  return accept_hash (tool, none ? "" : argv[1], wait);
}

static char *
ask_leave (GVariant *status, gboolean destroy, gboolean new_key)
{
  g_autofree char *name = output_escape (fabric_get_text (status, "name"));

  if (*name == '\0')
    return g_strdup ("This switch is in no fabric. Give it another key?");
  if (destroy)
    return g_strdup_printf ("This ends the CA of “%s”: nobody can join it or renew any more. Leave?",
                            name);
  return g_strdup_printf ("Take this switch out of “%s”%s?", name,
                          new_key ? ", and give it another key" : "");
}

static gboolean
is_confirmed (GVariant *status, gboolean destroy, gboolean new_key)
{
  g_autofree char *question = ask_leave (status, destroy, new_key);
  gboolean asked;
  gboolean confirmed = fabric_confirm (question, &asked);

  if (!asked)
    g_printerr ("switchctl: nobody is there to ask: say --yes to leave\n");
  return confirmed;
}

static GVariant *
make_leave_options (gboolean destroy, gboolean new_key)
{
  GVariantDict options;

  g_variant_dict_init (&options, NULL);
  g_variant_dict_insert (&options, "destroy", "b", destroy);
  g_variant_dict_insert (&options, "new_key", "b", new_key);
  return g_variant_dict_end (&options);
}

static void
tell_left (IsmbDBusFabric1 *fabric, const char *former, gboolean new_key)
{
  g_autoptr (GVariant) status = new_key ? fabric_get_status (fabric, NULL) : NULL;
  g_autofree char *name = output_escape (former);
  g_autofree char *id
    = status != NULL ? output_short_id (fabric_get_text (status, "id")) : NULL;

  if (*name != '\0')
    g_print ("left “%s”\n", name);
  if (id != NULL)
    g_print ("is device %s from now on\n", id);
}

static ToolExit
leave (Tool *tool, gboolean destroy, gboolean new_key, gboolean yes)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbDBusFabric1) fabric = tool_fabric (tool, &error);
  g_autoptr (GVariant) status = fabric != NULL ? fabric_get_status (fabric, &error) : NULL;

  if (status == NULL)
    return tool_fail (error);
  if (!yes && !is_confirmed (status, destroy, new_key))
    return TOOL_EXIT_FAILED;
  if (!ismb_dbus_fabric1_call_leave_sync (fabric, make_leave_options (destroy, new_key), NULL,
                                          &error))
    return tool_fail (error);
  if (tool->json)
    fabric_print_json ("left", fabric_get_text (status, "name"));
  else
    tell_left (fabric, fabric_get_text (status, "name"), new_key);
  return TOOL_EXIT_OK;
}

ToolExit
fabric_leave (Tool *tool, int argc, char **argv)
{
  gboolean destroy = FALSE, new_key = FALSE, yes = FALSE;
  const GOptionEntry entries[] = {
    { "destroy", 0, 0, G_OPTION_ARG_NONE, &destroy, "on the registrar: the fabric's CA ends with it",
      NULL },
    { "new-key", 0, 0, G_OPTION_ARG_NONE, &new_key,
      "and be another device from now on: the way back for one that was revoked", NULL },
    { "yes", 0, 0, G_OPTION_ARG_NONE, &yes, "do not ask", NULL },
    { NULL },
  };

  if (!tool_parse (tool, &argc, &argv, entries, "",
                   "Takes this switch out of its fabric: it forgets its certificate and the CA, and "
                   "belongs to none then."))
    return TOOL_EXIT_USAGE;
  if (argc != 1)
    return tool_usage (argv[0], "[--destroy] [--new-key] [--yes]");
  return leave (tool, destroy, new_key, yes);
}
