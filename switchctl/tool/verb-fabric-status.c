/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A fabric from its beginning: what this switch is to it. */
#include "config.h"
#include "switchctl/tool/fabric.h"

#include <string.h>

#include "switchctl/control/duration.h"
#include "switchctl/tool/output.h"

#define OVERLAP_SECONDS (180 * 86400)

ToolExit
fabric_init (Tool *tool, int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbDBusFabric1) fabric = NULL;
  g_autofree char *ca_hash = NULL;

  if (!tool_parse (tool, &argc, &argv, NULL, "NAME",
                   "Makes a fabric of that name: its CA is on this switch, which is the registrar "
                   "then. Prints the CA's\nhash, by which the fabric is known. Do this once; all "
                   "others join."))
    return TOOL_EXIT_USAGE;
  if (argc != 2)
    return tool_usage (argv[0], "NAME");
  fabric = tool_fabric (tool, &error);
  if (fabric == NULL || !ismb_dbus_fabric1_call_init_sync (fabric, argv[1], &ca_hash, NULL, &error))
    return tool_fail (error);
  if (tool->json)
    fabric_print_json ("ca_hash", ca_hash);
  else
    g_print ("%s\n", ca_hash);
  g_printerr ("This switch is the registrar of “%s”. Invite others with `switchctl fabric invite`, "
              "and give what it prints to\n`switchctl fabric join` there.\n",
              argv[1]);
  return TOOL_EXIT_OK;
}

ToolExit
fabric_ca (Tool *tool, int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbDBusFabric1) fabric = NULL;
  g_autofree char *pem = NULL;

  if (!tool_parse (tool, &argc, &argv, NULL, "",
                   "Prints the certificate of the fabric's CA: clients on other hosts verify this "
                   "switch's listener with it\n(IsmbClient's property ca-file, or what their XMPP "
                   "library calls it). It is no secret."))
    return TOOL_EXIT_USAGE;
  if (argc != 1)
    return tool_usage (argv[0], "");
  fabric = tool_fabric (tool, &error);
  if (fabric == NULL || !ismb_dbus_fabric1_call_get_authority_sync (fabric, &pem, NULL, &error))
    return tool_fail (error);
  if (tool->json)
    fabric_print_json ("certificate", pem);
  else
    g_print ("%s", pem);
  return TOOL_EXIT_OK;
}

static void
print_membership (GVariant *status)
{
  g_autofree char *name = output_escape (fabric_get_text (status, "name"));
  g_autofree char *until = NULL;
  gboolean registrar = FALSE;
  gint64 expires = 0;

  g_variant_lookup (status, "registrar", "b", &registrar);
  g_variant_lookup (status, "expires", "x", &expires);
  until = fabric_format_time (expires);
  g_print ("%s of “%s”, CA %s\ncertified until %s\n", registrar ? "registrar" : "member", name,
           fabric_get_text (status, "ca_hash"), until);
}

static void
print_waiting (GVariant *status)
{
  g_autofree char *id = output_short_id (fabric_get_text (status, "id"));
  const char *accepted = fabric_get_text (status, "accepted");

  g_print ("waiting to be approved%s%s: `switchctl fabric approve %s` on the registrar\n",
           *accepted != '\0' ? " in the fabric of CA " : "", accepted, id);
}

static void
print_looking (GVariant *status)
{
  const char *accepted = fabric_get_text (status, "accepted");
  g_autofree char *why_not = output_escape (fabric_get_text (status, "why_not"));

  g_print ("looking for %s%s\nNobody of it let this switch in yet: %s\n",
           *accepted != '\0' ? "the fabric of CA " : "the fabric to join", accepted,
           *why_not != '\0' ? why_not
                            : "its registrar must be up, and it or a member on this link");
}

static void
print_expired (GVariant *status)
{
  g_autofree char *name = output_escape (fabric_get_text (status, "name"));
  g_autofree char *until = NULL;
  gint64 expires = 0;

  g_variant_lookup (status, "expires", "x", &expires);
  until = fabric_format_time (expires);
  g_print ("was a member of “%s”, and its certificate ended on %s: come in again with `switchctl "
           "fabric join` and a new\ninvitation\n",
           name, until);
}

static void
print_state (GVariant *status)
{
  const char *state = fabric_get_text (status, "state");

  if (g_str_equal (fabric_get_text (status, "trust"), "open"))
    g_print ("trust=open: no fabric; whoever is on the link is believed, and Switch Control does "
             "nothing\n");
  else if (g_str_equal (state, "member"))
    print_membership (status);
  else if (g_str_equal (state, "waiting"))
    print_waiting (status);
  else if (g_str_equal (state, "looking"))
    print_looking (status);
  else if (g_str_equal (state, "expired"))
    print_expired (status);
  else if (g_str_equal (state, "revoked"))
    g_print ("revoked: this device is barred from its fabric for ever. `switchctl fabric leave "
             "--new-key` makes it another one,\nwhich may be invited again\n");
  else
    g_print ("in no fabric: `switchctl fabric join TOKEN` with what `switchctl fabric invite` "
             "printed on a registrar, or\n`switchctl fabric init NAME` to make a new one\n");
}

static void
print_clock (GVariant *status)
{
  gboolean behind = FALSE;
  gint64 host = 0, floor = 0;
  g_autofree char *host_text = NULL;
  g_autofree char *floor_text = NULL;

  g_variant_lookup (status, "clock_behind", "b", &behind);
  g_variant_lookup (status, "host_time", "x", &host);
  g_variant_lookup (status, "clock_floor", "x", &floor);
  host_text = fabric_format_time (host);
  floor_text = fabric_format_time (floor);
  if (behind)
    g_print ("the clock is wrong: it says %s, and it is %s at least; set it (NTP, or `date -s`)\n",
             host_text, floor_text);
}

static void
print_missing_vrs (GVariant *status)
{
  g_autofree const char **names = NULL;
  g_autofree char *all = NULL;

  g_variant_lookup (status, "vrs_missing", "^a&s", &names);
  if (names == NULL || names[0] == NULL)
    return;
  all = g_strjoinv (", ", (char **) names);
  g_print ("not certified for %s: others do not talk to this switch there until it is; "
           "`switchctl fabric join` with a new token adds that\n",
           all);
}

static void
print_status (GVariant *status)
{
  g_autofree char *id = output_short_id (fabric_get_text (status, "id"));

  g_print ("%s, device %s\n", fabric_get_text (status, "domain"), id);
  print_state (status);
  print_missing_vrs (status);
  print_clock (status);
}

ToolExit
fabric_status (Tool *tool, int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbDBusFabric1) fabric = NULL;
  g_autoptr (GVariant) status = NULL;

  if (!tool_parse (tool, &argc, &argv, NULL, "",
                   "Shows what this switch is to its fabric, or what it waits for."))
    return TOOL_EXIT_USAGE;
  if (argc != 1)
    return tool_usage (argv[0], "");
  fabric = tool_fabric (tool, &error);
  status = fabric != NULL ? fabric_get_status (fabric, &error) : NULL;
  if (status == NULL)
    return tool_fail (error);
  if (tool->json)
    output_json (status, TRUE);
  else
    print_status (status);
  return TOOL_EXIT_OK;
}

static GVariant *
make_overlap (guint seconds)
{
  GVariantDict options;

  g_variant_dict_init (&options, NULL);
  g_variant_dict_insert (&options, "overlap", "u", seconds);
  return g_variant_dict_end (&options);
}

static ToolExit
roll_over (Tool *tool, guint overlap)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbDBusFabric1) fabric = tool_fabric (tool, &error);
  g_autofree char *duration = switch_duration_to_text (overlap);
  g_autofree char *ca_hash = NULL;

  if (fabric == NULL
      || !ismb_dbus_fabric1_call_roll_over_sync (fabric, make_overlap (overlap), &ca_hash, NULL,
                                                 &error))
    return tool_fail (error);
  if (tool->json)
    fabric_print_json ("ca_hash", ca_hash);
  else
    g_print ("%s\n", ca_hash);
  g_printerr ("That is the new CA. Members take it by themselves as they renew; those that do not "
              "within %s must join again.\nWhat names the former one (ca-hash=, a file from "
              "`switchctl fabric ca`) needs the new one by then.\n",
              duration);
  return TOOL_EXIT_OK;
}

ToolExit
fabric_rollover (Tool *tool, int argc, char **argv)
{
  g_autofree char *text = NULL;
  guint overlap = OVERLAP_SECONDS;
  const GOptionEntry entries[] = {
    { "overlap", 0, 0, G_OPTION_ARG_STRING, &text, "how long the former one is believed (180d)",
      "DURATION" },
    { NULL },
  };

  if (!tool_parse (tool, &argc, &argv, entries, "",
                   "On the registrar: makes a new key for the fabric's CA. For as long as the "
                   "overlap the former CA is believed\ntoo, and members change over by "
                   "themselves. Prints the new CA's hash."))
    return TOOL_EXIT_USAGE;
  if (argc != 1)
    return tool_usage (argv[0], "[--overlap DURATION]");
  if (!fabric_read_duration ("--overlap", text, &overlap))
    return TOOL_EXIT_USAGE;
  return roll_over (tool, overlap);
}
