/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.core.xml"
#include "config.h"
#include "ismb/core/ismb-xml.h"

#include <string.h>

#define REPLACEMENT "\357\277\275" /* U+FFFD */

/* Which bytes cannot stand as they are, and what stands for them. A carriage return would come back
 * as a line feed (XML 1.0, 2.11), white space in an attribute as a space (3.3.3), and the other
 * controls may not be there at all (2.2): they become U+FFFD. */
static const char *
escape_of (guchar c, gboolean in_attribute)
{
  switch (c)
    {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '\'': return in_attribute ? "&apos;" : NULL;
    case '"': return in_attribute ? "&quot;" : NULL;
    case '\r': return "&#13;";
    case '\n': return in_attribute ? "&#10;" : NULL;
    case '\t': return in_attribute ? "&#9;" : NULL;
    default: return c < 0x20 ? REPLACEMENT : NULL;
    }
}

static gboolean
is_noncharacter (const char *text, const char *end)
{
  return end - text >= 3 && (guchar) text[0] == 0xef && (guchar) text[1] == 0xbf
         && (guchar) text[2] >= 0xbe;
}

void
ismb_xml_escape (GString *out, const char *text, gssize length, gboolean in_attribute)
{
  const char *end = text + (length < 0 ? strlen (text) : (gsize) length);
  const char *run = text;
  g_autofree char *valid = NULL;

  if (!g_utf8_validate (text, end - text, NULL))
    {
      run = text = valid = g_utf8_make_valid (text, end - text);
      end = text + strlen (text);
    }
  for (; text < end; text++)
    {
      gboolean noncharacter = (guchar) *text == 0xef && is_noncharacter (text, end);
      const char *escape = noncharacter ? REPLACEMENT : escape_of (*text, in_attribute);

      if (escape == NULL)
        continue;
      g_string_append_len (out, run, text - run);
      g_string_append (out, escape);
      text += noncharacter ? 2 : 0;
      run = text + 1;
    }
  g_string_append_len (out, run, text - run);
}

gboolean
ismb_xml_is_name (const char *text)
{
  if (!g_ascii_isalpha (text[0]) && text[0] != '_')
    return FALSE;
  for (text++; *text != '\0'; text++)
    {
      if (!g_ascii_isalnum (*text) && strchr ("-_.", *text) == NULL)
        return FALSE;
    }
  return TRUE;
}
