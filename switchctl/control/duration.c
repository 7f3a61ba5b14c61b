/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "switchctl/control/duration.h"

static const struct
{
  char letter;
  gint64 seconds;
  const char *name;
} units[] = {
  { 'd', 86400, "day" },
  { 'h', 3600, "hour" },
  { 'm', 60, "minute" },
  { 's', 1, "second" },
};

static gint64
seconds_of (char letter)
{
  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    if (units[i].letter == letter)
      return units[i].seconds;
  return 0;
}

gboolean
switch_duration_parse (const char *text, gint64 *seconds)
{
  char *end = NULL;
  guint64 count = g_ascii_isdigit (text[0]) ? g_ascii_strtoull (text, &end, 10) : 0;
  gint64 unit = end != NULL && end[0] != '\0' && end[1] == '\0' ? seconds_of (end[0]) : 0;

  if (unit == 0 || count > (guint64) (SWITCH_DURATION_MAX / unit))
    return FALSE;
  *seconds = (gint64) count * unit;
  return TRUE;
}

char *
switch_duration_to_text (gint64 seconds)
{
  guint unit = 0;
  gint64 count;

  while (unit + 1 < G_N_ELEMENTS (units) && seconds < units[unit].seconds)
    unit++;
  count = MAX (seconds, 0) / units[unit].seconds;
  return g_strdup_printf ("%" G_GINT64_FORMAT " %s%s", count, units[unit].name,
                          count == 1 ? "" : "s");
}
