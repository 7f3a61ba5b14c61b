/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "switchctl/tool/fabric.h"

#include <stdio.h>
#include <unistd.h>

#include "switchctl/control/duration.h"
#include "switchctl/tool/output.h"

#define TEXT_MAX (256 * 1024)

gboolean
fabric_read_duration (const char *option, const char *text, guint *seconds)
{
  gint64 given;

  if (text == NULL)
    return TRUE;
  if (switch_duration_parse (text, &given) && given > 0)
    {
      *seconds = (guint) given;
      return TRUE;
    }
  g_printerr ("switchctl: %s: “%s” is no duration from 1s to " SWITCH_DURATION_LONGEST "; write "
              SWITCH_DURATION_EXPECTED "\n", option, text);
  return FALSE;
}

char *
fabric_read_text (const char *path, GError **error)
{
  g_autoptr (GString) text = NULL;
  char buffer[4096];
  gsize got;
  char *contents = NULL;

  if (!g_str_equal (path, "-"))
    return g_file_get_contents (path, &contents, NULL, error) ? contents : NULL;
  text = g_string_new (NULL);
  while ((got = fread (buffer, 1, sizeof buffer, stdin)) > 0 && text->len < TEXT_MAX)
    g_string_append_len (text, buffer, got);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

void
fabric_print_json (const char *name, const char *text)
{
  GVariantDict object;

  g_variant_dict_init (&object, NULL);
  g_variant_dict_insert (&object, name, "s", text);
  output_json (g_variant_dict_end (&object), FALSE);
}

GVariant *
fabric_get_status (IsmbDBusFabric1 *fabric, GError **error)
{
  GVariant *status = NULL;

  return ismb_dbus_fabric1_call_status_sync (fabric, &status, NULL, error) ? status : NULL;
}

const char *
fabric_get_text (GVariant *dict, const char *name)
{
  const char *text = "";

  g_variant_lookup (dict, name, "&s", &text);
  return text;
}

char *
fabric_format_time (gint64 time)
{
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc (time);

  return date != NULL ? g_date_time_format (date, "%Y-%m-%d %H:%M UTC") : g_strdup ("?");
}

gboolean
fabric_confirm (const char *question, gboolean *asked)
{
  char answer[16];

  *asked = isatty (STDIN_FILENO);
  if (!*asked)
    return FALSE;
  g_print ("%s [y/N] ", question);
  fflush (stdout);
  return fgets (answer, sizeof answer, stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y');
}
