/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Certificates carried by hand, as files. */
#include "config.h"
#include "switchctl/tool/fabric.h"

#include "ismb/trust/ismb-fabric.h"
#include "switchctl/tool/output.h"

ToolExit
fabric_request (Tool *tool, int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbDBusFabric1) fabric = NULL;
  g_autofree char *pem = NULL;

  if (!tool_parse (tool, &argc, &argv, NULL, "",
                   "Prints a certificate request of this switch: the registrar's `fabric sign` "
                   "takes it."))
    return TOOL_EXIT_USAGE;
  if (argc != 1)
    return tool_usage (argv[0], "");
  fabric = tool_fabric (tool, &error);
  if (fabric == NULL || !ismb_dbus_fabric1_call_request_sync (fabric, &pem, NULL, &error))
    return tool_fail (error);
  if (tool->json)
    fabric_print_json ("request", pem);
  else
    g_print ("%s", pem);
  return TOOL_EXIT_OK;
}

/* Who got it is for the person; the certificate itself goes into a file. */
static void
tell_holder (const char *certificate)
{
  g_autoptr (IsmbNames) holder = ismb_fabric_holder_of (certificate, NULL);
  g_autofree char *domain = holder != NULL ? output_escape (holder->domain) : NULL;
  g_autofree char *id = holder != NULL ? output_short_id (holder->device_id) : NULL;

  if (holder != NULL)
    g_printerr ("certified %s, device %s\n", domain, id);
}

static GVariant *
make_sign_options (gboolean replace)
{
  GVariantDict options;

  g_variant_dict_init (&options, NULL);
  g_variant_dict_insert (&options, "replace", "b", replace);
  return g_variant_dict_end (&options);
}

static ToolExit
sign (Tool *tool, const char *path, gboolean replace)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *pem = fabric_read_text (path, &error);
  g_autoptr (IsmbDBusFabric1) fabric = pem != NULL ? tool_fabric (tool, &error) : NULL;
  g_autofree char *certificate = NULL;

  if (fabric == NULL
      || !ismb_dbus_fabric1_call_sign_sync (fabric, pem, make_sign_options (replace), &certificate,
                                            NULL, &error))
    return tool_fail (error);
  if (tool->json)
    fabric_print_json ("certificate", certificate);
  else
    g_print ("%s", certificate);
  tell_holder (certificate);
  return TOOL_EXIT_OK;
}

ToolExit
fabric_sign (Tool *tool, int argc, char **argv)
{
  gboolean replace = FALSE;
  const GOptionEntry entries[] = {
    { "replace", 0, 0, G_OPTION_ARG_NONE, &replace,
      "take the name from the device that has it, and revoke that one", NULL },
    { NULL },
  };

  if (!tool_parse (tool, &argc, &argv, entries, "FILE",
                   "On the registrar: prints the certificate for a request (- is stdin)."))
    return TOOL_EXIT_USAGE;
  return argc == 2 ? sign (tool, argv[1], replace) : tool_usage (argv[0], "FILE");
}

static gboolean
is_expected (const char *found, const char *expected)
{
  if (g_ascii_strcasecmp (found, expected) == 0)
    return TRUE;
  g_printerr (
    "switchctl: the certificate is of another fabric: its CA is %s, and --ca-hash says %s\n", found,
    expected);
  return FALSE;
}

/* A person compares the hash; a script must have brought it. */
static gboolean
is_confirmed (const char *found, const char *expected)
{
  g_autofree char *question = NULL;
  gboolean asked, confirmed;

  if (expected != NULL)
    return is_expected (found, expected);
  question = g_strdup_printf ("The certificate's CA has the hash\n  %s\nIs that what "
                              "`switchctl fabric status` shows on the registrar?",
                              found);
  confirmed = fabric_confirm (question, &asked);
  if (!asked)
    g_printerr ("switchctl: the certificate's CA is %s; say so with --ca-hash to install it\n",
                found);
  return confirmed;
}

static void
tell_installed (Tool *tool, IsmbDBusFabric1 *fabric, const char *ca_hash)
{
  g_autoptr (GVariant) status = tool->json ? NULL : fabric_get_status (fabric, NULL);
  g_autofree char *name = status != NULL ? output_escape (fabric_get_text (status, "name")) : NULL;

  if (tool->json)
    fabric_print_json ("ca_hash", ca_hash);
  else if (name != NULL)
    g_print ("joined “%s”\n", name);
}

static ToolExit
install (Tool *tool, const char *path, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *pem = fabric_read_text (path, &error);
  g_autofree char *found = pem != NULL ? ismb_fabric_ca_hash_of (pem, &error) : NULL;
  g_autoptr (IsmbDBusFabric1) fabric = found != NULL ? tool_fabric (tool, &error) : NULL;

  if (fabric == NULL)
    return tool_fail (error);
  if (!is_confirmed (found, expected))
    return TOOL_EXIT_FAILED;
  if (!ismb_dbus_fabric1_call_install_sync (fabric, pem, found, NULL, &error))
    return tool_fail (error);
  tell_installed (tool, fabric, found);
  return TOOL_EXIT_OK;
}

ToolExit
fabric_install (Tool *tool, int argc, char **argv)
{
  g_autofree char *ca_hash = NULL;
  const GOptionEntry entries[] = {
    { "ca-hash", 0, 0, G_OPTION_ARG_STRING, &ca_hash,
      "the CA's hash, instead of the question", "HASH" },
    { NULL },
  };

  if (!tool_parse (tool, &argc, &argv, entries, "FILE",
                   "Takes the certificate (- is stdin), after the CA's hash was "
                   "confirmed."))
    return TOOL_EXIT_USAGE;
  return argc == 2 ? install (tool, argv[1], ca_hash) : tool_usage (argv[0], "FILE");
}
