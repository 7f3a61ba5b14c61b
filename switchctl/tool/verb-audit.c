/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "switchctl/tool/tool.h"

#include <string.h>

#include "switchctl/control/duration.h"
#include "switchctl/tool/output.h"

#define WORDS "[--since TIME|DURATION] | verify"
#define PAGE 1000 /* rows the daemon gives at once */

static const char *
get_text (GVariantDict *row, const char *name)
{
  const char *text = "";

  g_variant_dict_lookup (row, name, "&s", &text);
  return text;
}

static gint64
get_number (GVariantDict *row, const char *name, gint64 otherwise)
{
  gint64 number = otherwise;

  g_variant_dict_lookup (row, name, "x", &number);
  return number;
}

/* Out of range: somebody wrote into the file. */
static char *
format_time (gint64 microseconds)
{
  g_autoptr (GDateTime) seconds = g_date_time_new_from_unix_local (microseconds / G_USEC_PER_SEC);
  g_autoptr (GDateTime) time
    = seconds != NULL ? g_date_time_add (seconds, microseconds % G_USEC_PER_SEC) : NULL;

  return time != NULL ? g_date_time_format (time, "%F %T.%f %z") : g_strdup ("?");
}

/* "bob@sw1.001122/tool (operator, device ABCD-...)" */
static char *
describe_sender (GVariantDict *row)
{
  g_autofree char *device = output_short_id (get_text (row, "device"));
  const char *role = get_text (row, "role");
  g_autoptr (GString) text = g_string_new (get_text (row, "who"));

  g_string_append_printf (text, " (%s", role[0] != '\0' ? role : "role not asked");
  if (device[0] != '\0')
    g_string_append_printf (text, ", device %s", device);
  g_string_append_c (text, ')');
  return g_strdup (text->str);
}

static void
print_detail (const char *label, const char *text)
{
  g_autofree char *safe = output_escape (text);

  if (text[0] != '\0')
    g_print ("    %s%s\n", label, safe);
}

static void
print_decision (GVariantDict *row, gint64 id, const char *time)
{
  g_autofree char *sender = describe_sender (row);
  g_autofree char *safe_sender = output_escape (sender);
  g_autofree char *rule = output_escape (get_text (row, "rule"));
  g_autofree char *kind = output_escape (get_text (row, "kind"));
  g_autofree char *verdict = output_escape (get_text (row, "verdict"));
  gint64 size = get_number (row, "size", -1);

  g_print ("%" G_GINT64_FORMAT "  %s  %s %s by %s: %s\n", id, time, kind, verdict, rule,
           safe_sender);
  print_detail ("", get_text (row, "what"));
  if (size >= 0)
    g_print ("    %" G_GINT64_FORMAT " bytes\n", size);
  print_detail ("SHA-256 ", get_text (row, "sha256"));
  print_detail ("outcome: ", get_text (row, "outcome"));
}

static void
print_row (GVariant *row)
{
  g_autoptr (GVariantDict) dict = g_variant_dict_new (row);
  g_autofree char *time = format_time (get_number (dict, "time", 0));
  gint64 id = get_number (dict, "id", 0);
  gint64 about = get_number (dict, "about", 0);

  if (about == 0)
    {
      print_decision (dict, id, time);
      return;
    }
  g_print ("%" G_GINT64_FORMAT "  %s  outcome of %" G_GINT64_FORMAT "\n", id, time, about);
  print_detail ("", get_text (dict, "outcome"));
}

/* Prints a page. Returns the id of its last row, or 0 where there was none. */
static gint64
print_page (GVariant *rows, gboolean json)
{
  gint64 last = 0;

  for (gsize i = 0; i < g_variant_n_children (rows); i++)
    {
      g_autoptr (GVariant) row = g_variant_get_child_value (rows, i);

      g_variant_lookup (row, "id", "x", &last);
      if (json)
        output_json (row, FALSE);
      else
        print_row (row);
    }
  return last;
}

static ToolExit
list (IsmbDBusVirtualRouter1 *router, gint64 since, gboolean json)
{
  gint64 after = G_MININT64;
  gsize count = PAGE;

  while (count == PAGE)
    {
      g_autoptr (GVariant) rows = NULL;
      g_autoptr (GError) error = NULL;

      if (!ismb_dbus_virtual_router1_call_list_audit_sync (router, after, since, PAGE, &rows, NULL,
                                                           &error))
        return tool_fail (error);
      count = g_variant_n_children (rows);
      after = print_page (rows, json);
    }
  return TOOL_EXIT_OK;
}

static void
print_verdict (GVariant *verdict, gboolean intact)
{
  g_autoptr (GVariantDict) dict = g_variant_dict_new (verdict);
  g_autofree char *problem = output_escape (get_text (dict, "problem"));
  gint64 first = get_number (dict, "first", 0);
  gint64 last = get_number (dict, "last", 0);

  if (!intact)
    g_print ("row %" G_GINT64_FORMAT " %s\n", get_number (dict, "row", 0), problem);
  if (last >= first)
    g_print ("rows %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT
             " are as they were written; hash of the last %s\n",
             first, last, get_text (dict, "hash"));
  else if (intact)
    g_print ("there are no rows\n");
}

static ToolExit
verify (IsmbDBusVirtualRouter1 *router, gboolean json)
{
  g_autoptr (GVariant) verdict = NULL;
  g_autoptr (GError) error = NULL;
  gboolean intact = FALSE;

  g_dbus_proxy_set_default_timeout (G_DBUS_PROXY (router), G_MAXINT); /* it reads the whole table */
  if (!ismb_dbus_virtual_router1_call_verify_audit_sync (router, &verdict, NULL, &error))
    return tool_fail (error);
  g_variant_lookup (verdict, "intact", "b", &intact);
  if (json)
    output_json (verdict, TRUE);
  else
    print_verdict (verdict, intact);
  return intact ? TOOL_EXIT_OK : TOOL_EXIT_FAILED;
}

/* That long ago. */
static gboolean
parse_duration (const char *text, gint64 *since)
{
  gint64 seconds;

  if (!switch_duration_parse (text, &seconds))
    return FALSE;
  *since = g_get_real_time () - seconds * G_USEC_PER_SEC;
  return TRUE;
}

/* ISO 8601; a day alone is its beginning, and without a zone it is the time here. */
static gboolean
parse_time (const char *text, gint64 *since)
{
  g_autoptr (GTimeZone) here = g_time_zone_new_local ();
  g_autofree char *midnight = g_strconcat (text, "T00:00:00", NULL);
  g_autoptr (GDateTime) time = g_date_time_new_from_iso8601 (
      strchr (text, 'T') != NULL || strchr (text, ' ') != NULL ? text : midnight, here);

  if (time == NULL)
    return FALSE;
  *since = g_date_time_to_unix (time) * G_USEC_PER_SEC + g_date_time_get_microsecond (time);
  return TRUE;
}

ToolExit
tool_verb_audit (Tool *tool, int argc, char **argv)
{
  g_autofree char *since_text = NULL;
  gint64 since = G_MININT64;
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbDBusVirtualRouter1) router = NULL;
  const GOptionEntry entries[] = {
    { "since", 0, 0, G_OPTION_ARG_STRING, &since_text,
      "from then on: 2026-11-22, 2026-11-22T08:00:00 or 90s, 15m, 2h, 7d ago", "WHEN" },
    { NULL },
  };

  if (!tool_parse (
          tool, &argc, &argv, entries, WORDS,
          "Lists what was asked of this switch in the virtual router: by whom, what was decided, "
          "and what became of\n"
          "it. `verify` finds a row that was changed, removed or moved; its exit code is 1 then."))
    return TOOL_EXIT_USAGE;
  if (argc > 2 || (argc == 2 && !g_str_equal (argv[1], "verify")))
    return tool_usage ("audit", WORDS);
  if (since_text != NULL && !parse_duration (since_text, &since) &&
      !parse_time (since_text, &since))
    {
      g_printerr (
          "switchctl: --since: “%s” is no time and no duration; write 2026-11-22T08:00:00 or 2h\n",
          since_text);
      return TOOL_EXIT_USAGE;
    }
  router = tool_virtual_router (tool, tool->vr, &error);
  if (router == NULL)
    return tool_fail (error);
  return argc == 2 ? verify (router, tool->json) : list (router, since, tool->json);
}
