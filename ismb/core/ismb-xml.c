/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.core.xml"
#include "config.h"
#include "ismb/core/ismb-xml.h"

#include <string.h>

#include "ismb/core/ismb-namespaces.h"

#define REPLACEMENT "\357\277\275" /* U+FFFD */

/* Where a byte cannot stand as it is. A carriage return would come back as a line feed (XML 1.0,
 * 2.11), white space in an attribute as a space (3.3.3), and other controls may not be there at
 * all (2.2). */
enum
{
  IN_TEXT = 1 << 0,
  IN_ATTRIBUTE = 1 << 1,
};

static const guint8 byte_class[256] = {
  [0x00 ... 0x08] = IN_TEXT | IN_ATTRIBUTE,
  ['\t'] = IN_ATTRIBUTE,
  ['\n'] = IN_ATTRIBUTE,
  [0x0b ... 0x1f] = IN_TEXT | IN_ATTRIBUTE,
  ['"'] = IN_ATTRIBUTE,
  ['&'] = IN_TEXT | IN_ATTRIBUTE,
  ['\''] = IN_ATTRIBUTE,
  ['<'] = IN_TEXT | IN_ATTRIBUTE,
  ['>'] = IN_TEXT | IN_ATTRIBUTE,
  [0xef] = IN_TEXT | IN_ATTRIBUTE, /* perhaps U+FFFE or U+FFFF */
};

static const char *
escape_of (char c)
{
  switch (c)
    {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '\'': return "&apos;";
    case '"': return "&quot;";
    case '\t': return "&#9;";
    case '\n': return "&#10;";
    case '\r': return "&#13;";
    default: return REPLACEMENT;
    }
}

/* How many bytes of valid UTF-8 that begin with a special one have to be replaced; perhaps none. */
static gsize
special_length (const char *text)
{
  if ((guchar) text[0] != 0xef)
    return 1;
  return (guchar) text[1] == 0xbf && (guchar) text[2] >= 0xbe ? 3 : 0;
}

static void
append_escaped (GString *out, const char *text, const char *end, guint8 where)
{
  const char *run = text;

  while (text < end)
    {
      gsize special = byte_class[(guchar) *text] & where ? special_length (text) : 0;

      if (special == 0)
        {
          text++;
          continue;
        }
      g_string_append_len (out, run, text - run);
      g_string_append (out, escape_of (*text));
      text += special;
      run = text;
    }
  g_string_append_len (out, run, text - run);
}

void
ismb_xml_escape (GString *out, const char *text, gssize length, gboolean in_attribute)
{
  gsize bytes = length < 0 ? strlen (text) : (gsize) length;
  guint8 where = in_attribute ? IN_ATTRIBUTE : IN_TEXT;
  g_autofree char *valid = NULL;

  if (!g_utf8_validate_len (text, bytes, NULL))
    {
      text = valid = g_utf8_make_valid (text, bytes);
      bytes = strlen (valid);
    }
  append_escaped (out, text, text + bytes, where);
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

gboolean
ismb_xml_is_namespace (const char *text)
{
  return !g_str_equal (text, ISMB_NS_XML) && !g_str_equal (text, ISMB_NS_XMLNS);
}
