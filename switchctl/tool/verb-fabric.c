/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "switchctl/tool/tool.h"

#include "switchctl/tool/fabric.h"

#define WORDS "DEED …"

static const struct
{
  const char *name;
  ToolVerb run;
  const char *summary;
} deeds[] = {
  { "init", fabric_init, "NAME: make a fabric; this switch is its registrar then" },
  { "invite", fabric_invite, "on the registrar: print a token that lets others join" },
  { "join", fabric_join, "TOKEN: come into the fabric that the token is for" },
  { "accept", fabric_accept, "CA-HASH: come into that fabric once it is approved there" },
  { "approve", fabric_approve, "ID: on the registrar: let a device in that has no token" },
  { "status", fabric_status, "what this switch is to its fabric" },
  { "list", fabric_list, "every device that is known, and what it is to the fabric" },
  { "revoke", fabric_revoke, "ID: on the registrar: bar a device for ever" },
  { "leave", fabric_leave, "take this switch out of its fabric" },
  { "rollover", fabric_rollover, "on the registrar: change the CA's key" },
  { "ca", fabric_ca, "print the CA's certificate, for clients elsewhere" },
  { "request", fabric_request, "by hand: print a certificate request of this switch" },
  { "sign", fabric_sign, "FILE: by hand, on the registrar: print the certificate for a request" },
  { "install", fabric_install, "FILE: by hand: take the certificate" },
};

static char *
describe_deeds (void)
{
  GString *text = g_string_new ("Makes a fabric, and says who belongs to it:\n");

  for (guint i = 0; i < G_N_ELEMENTS (deeds); i++)
    g_string_append_printf (text, "  %-9s %s\n", deeds[i].name, deeds[i].summary);
  g_string_append (text, "\n`switchctl fabric DEED --help` tells more of each.");
  return g_string_free (text, FALSE);
}

static ToolExit
run_deed (Tool *tool, int argc, char **argv)
{
  g_autofree char *title = g_strconcat ("fabric ", argv[0], NULL);

  for (guint i = 0; i < G_N_ELEMENTS (deeds); i++)
    if (g_str_equal (deeds[i].name, argv[0]))
      {
        argv[0] = title;
        return deeds[i].run (tool, argc, argv);
      }
  g_printerr ("switchctl: there is no “fabric %s”; `switchctl fabric --help` lists what there is\n",
              argv[0]);
  return TOOL_EXIT_USAGE;
}

ToolExit
tool_verb_fabric (Tool *tool, int argc, char **argv)
{
  g_autofree char *summary = describe_deeds ();

  if (argc > 1 && argv[1][0] != '-')
    return run_deed (tool, argc - 1, argv + 1);
  if (!tool_parse (tool, &argc, &argv, NULL, WORDS, summary))
    return TOOL_EXIT_USAGE;
  return tool_usage ("fabric", WORDS);
}
