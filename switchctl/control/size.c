/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "switchctl/control/size.h"

#include <string.h>

#define SIZE_MAX_BYTES (G_GUINT64_CONSTANT (1) << 40)

/* What the letter shifts by; -1: it is none. */
static int
shift_of (const char *suffix)
{
  static const char *const suffixes[] = { "", "k", "M" };

  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++)
    if (strcmp (suffix, suffixes[i]) == 0)
      return 10 * (int) i;
  return -1;
}

gboolean
switch_size_parse (const char *text, guint64 *bytes)
{
  gsize digits = strspn (text, "0123456789");
  g_autofree char *number = g_strndup (text, digits);
  int shift = shift_of (text + digits);
  guint64 count;

  if (shift < 0 || !g_ascii_string_to_unsigned (number, 10, 0, SIZE_MAX_BYTES >> shift, &count, NULL))
    return FALSE;
  *bytes = count << shift;
  return TRUE;
}
