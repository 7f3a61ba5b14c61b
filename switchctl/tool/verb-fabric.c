/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "switchctl/tool/tool.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ismb/core/ismb-error.h"
#include "ismb/trust/ismb-fabric.h"
#include "switchctl/tool/output.h"

#define WORDS "init NAME | request | sign FILE | install FILE | status"
#define PEM_MAX (256 * 1024)

typedef struct
{
  char *ca_hash;
  gboolean replace;
} Options;

static void
options_clear (Options *options)
{
  g_free (options->ca_hash);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

/* The file, or stdin for "-". */
static char *
read_pem (const char *path, GError **error)
{
  g_autoptr (GString) text = NULL;
  char buffer[4096];
  gsize got;
  char *contents = NULL;

  if (!g_str_equal (path, "-"))
    return g_file_get_contents (path, &contents, NULL, error) ? contents : NULL;
  text = g_string_new (NULL);
  while ((got = fread (buffer, 1, sizeof buffer, stdin)) > 0 && text->len < PEM_MAX)
    g_string_append_len (text, buffer, got);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static ToolExit
init (IsmbDBusManager1 *manager, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *ca_hash = NULL;

  if (!ismb_dbus_manager1_call_fabric_init_sync (manager, name, &ca_hash, NULL, &error))
    return tool_fail (error);
  g_print ("%s\n", ca_hash);
  return TOOL_EXIT_OK;
}

static ToolExit
request (IsmbDBusManager1 *manager)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *pem = NULL;

  if (!ismb_dbus_manager1_call_fabric_request_sync (manager, &pem, NULL, &error))
    return tool_fail (error);
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

static ToolExit
sign (IsmbDBusManager1 *manager, const char *path, gboolean replace)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *pem = read_pem (path, &error);
  g_autofree char *certificate = NULL;
  GVariantDict options;

  if (pem == NULL)
    return tool_fail (error);
  g_variant_dict_init (&options, NULL);
  g_variant_dict_insert (&options, "replace", "b", replace);
  if (!ismb_dbus_manager1_call_fabric_sign_sync (manager, pem, g_variant_dict_end (&options),
                                                 &certificate, NULL, &error))
    return tool_fail (error);
  g_print ("%s", certificate);
  tell_holder (certificate);
  return TOOL_EXIT_OK;
}

/* A person compares the fingerprint; a script must have brought it. */
static gboolean
is_confirmed (const char *found, const char *expected)
{
  char answer[16];

  if (expected != NULL)
    {
      if (g_ascii_strcasecmp (found, expected) == 0)
        return TRUE;
      g_printerr (
          "switchctl: the certificate is of another fabric: its CA is %s, and --ca-hash says %s\n",
          found, expected);
      return FALSE;
    }
  if (!isatty (STDIN_FILENO))
    {
      g_printerr ("switchctl: the certificate's CA is %s; say so with --ca-hash to install it\n",
                  found);
      return FALSE;
    }
  g_print ("The certificate's CA has the fingerprint\n  %s\nIs that what `switchctl fabric status` "
           "shows on the registrar? [y/N] ",
           found);
  fflush (stdout);
  return fgets (answer, sizeof answer, stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y');
}

static ToolExit
install (IsmbDBusManager1 *manager, const char *path, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *pem = read_pem (path, &error);
  g_autofree char *found = pem != NULL ? ismb_fabric_ca_hash_of (pem, &error) : NULL;

  if (found == NULL)
    return tool_fail (error);
  if (!is_confirmed (found, expected))
    return TOOL_EXIT_FAILED;
  if (!ismb_dbus_manager1_call_fabric_install_sync (manager, pem, found, NULL, &error))
    return tool_fail (error);
  return TOOL_EXIT_OK;
}

static void
print_status (GVariant *status)
{
  const char *trust = "", *name = "", *ca_hash = "", *id = "", *domain = "";
  gboolean member = FALSE, registrar = FALSE;
  g_autofree char *short_id = NULL;
  gint64 expires = 0;

  g_variant_lookup (status, "trust", "&s", &trust);
  g_variant_lookup (status, "name", "&s", &name);
  g_variant_lookup (status, "ca_hash", "&s", &ca_hash);
  g_variant_lookup (status, "id", "&s", &id);
  g_variant_lookup (status, "domain", "&s", &domain);
  g_variant_lookup (status, "member", "b", &member);
  g_variant_lookup (status, "registrar", "b", &registrar);
  g_variant_lookup (status, "expires", "x", &expires);
  short_id = output_short_id (id);
  g_print ("%s, device %s\n", domain, short_id);
  if (g_str_equal (trust, "open"))
    g_print ("trust=open: no fabric; whoever is on the link is believed, and Switch Control does "
             "nothing\n");
  else if (!member)
    g_print ("no fabric yet: `switchctl fabric init NAME` makes one; `fabric request` asks to join "
             "one\n");
  else
    {
      g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc (expires);
      g_autofree char *until =
          date != NULL ? g_date_time_format (date, "%Y-%m-%d %H:%M UTC") : g_strdup ("?");

      g_print ("%s of “%s”, CA %s\ncertified until %s\n", registrar ? "registrar" : "member", name,
               ca_hash, until);
    }
}

static ToolExit
show_status (Tool *tool, IsmbDBusManager1 *manager)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) status = NULL;

  if (!ismb_dbus_manager1_call_fabric_status_sync (manager, &status, NULL, &error))
    return tool_fail (error);
  if (tool->json)
    output_json (status, TRUE);
  else
    print_status (status);
  return TOOL_EXIT_OK;
}

static ToolExit
dispatch (Tool *tool, IsmbDBusManager1 *manager, int argc, char **argv, const Options *options)
{
  const char *deed = argv[1];

  if (argc == 3 && g_str_equal (deed, "init"))
    return init (manager, argv[2]);
  if (argc == 3 && g_str_equal (deed, "sign"))
    return sign (manager, argv[2], options->replace);
  if (argc == 3 && g_str_equal (deed, "install"))
    return install (manager, argv[2], options->ca_hash);
  if (argc == 2 && g_str_equal (deed, "request"))
    return request (manager);
  if (argc == 2 && g_str_equal (deed, "status"))
    return show_status (tool, manager);
  return tool_usage ("fabric", WORDS);
}

ToolExit
tool_verb_fabric (Tool *tool, int argc, char **argv)
{
  g_auto (Options) options = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbDBusManager1) manager = NULL;
  const GOptionEntry entries[] = {
    { "replace", 0, 0, G_OPTION_ARG_NONE, &options.replace,
      "for sign: take the name from the device that has it", NULL },
    { "ca-hash", 0, 0, G_OPTION_ARG_STRING, &options.ca_hash,
      "for install: the CA's fingerprint, instead of the question", "HASH" },
    { NULL },
  };

  if (!tool_parse (
          &argc, &argv, entries, WORDS,
          "Makes a fabric and certifies switches for it:\n"
          "  init NAME     makes its CA here and prints the CA's fingerprint; this switch is then "
          "the registrar\n"
          "  request       prints a certificate request of this switch\n"
          "  sign FILE     on the registrar: prints the certificate for a request (- is stdin)\n"
          "  install FILE  takes the certificate, after the CA's fingerprint was confirmed\n"
          "  status        what this switch is to its fabric"))
    return TOOL_EXIT_USAGE;
  if (argc < 2)
    return tool_usage ("fabric", WORDS);
  manager = tool_manager (tool, &error);
  if (manager == NULL)
    return tool_fail (error);
  return dispatch (tool, manager, argc, argv, &options);
}
