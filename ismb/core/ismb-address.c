/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.core.address"
#include "config.h"
#include "ismb/core/ismb-address.h"

#include <string.h>
#include <stringprep.h>

#include "ismb/core/ismb-error.h"

#define PART_MAX 1023   /* bytes; RFC 7622, 3.2 to 3.4 */
#define QUOTE_MAX 64    /* characters of a bad address that an error message repeats */

/* Which parts a byte may stand in and stay as it is, whatever its neighbours are. */
enum
{
  IN_LOCAL = 1 << 0,
  IN_DOMAIN = 1 << 1,
  IN_RESOURCE = 1 << 2,
};
#define ANYWHERE (IN_LOCAL | IN_DOMAIN | IN_RESOURCE)
#define ENDS (IN_LOCAL | IN_RESOURCE)

static const guint8 byte_class[256] = {
  [' '] = IN_RESOURCE,
  ['!'] = ENDS,
  ['"'] = IN_RESOURCE,
  ['#'] = ENDS, ['$'] = ENDS, ['%'] = ENDS,
  ['&'] = IN_RESOURCE, ['\''] = IN_RESOURCE,
  ['('] = ENDS, [')'] = ENDS, ['*'] = ENDS, ['+'] = ENDS, [','] = ENDS,
  ['-'] = ANYWHERE, ['.'] = ANYWHERE,
  ['/'] = IN_RESOURCE,
  ['0' ... '9'] = ANYWHERE,
  [':'] = IN_RESOURCE,
  [';'] = ENDS,
  ['<'] = IN_RESOURCE,
  ['='] = ENDS,
  ['>'] = IN_RESOURCE,
  ['?'] = ENDS,
  ['@'] = IN_RESOURCE,
  ['A' ... 'Z'] = IN_RESOURCE,
  ['['] = ENDS, ['\\'] = ENDS, [']'] = ENDS, ['^'] = ENDS,
  ['_'] = ANYWHERE,
  ['`'] = ENDS,
  ['a' ... 'z'] = ANYWHERE,
  ['{'] = ENDS, ['|'] = ENDS, ['}'] = ENDS, ['~'] = ENDS,
};

typedef struct
{
  const char *name;
  guint8 plain;
  const Stringprep_profile *profile;
} Part;

static const Part local_part = { "local part", IN_LOCAL, stringprep_xmpp_nodeprep };
static const Part domain_part = { "domain", IN_DOMAIN, stringprep_nameprep };
static const Part resource_part = { "resource", IN_RESOURCE, stringprep_xmpp_resourceprep };

static gboolean
fail (GError **error, const Part *part, const char *what)
{
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_ADDRESS, "its %s %s", part->name, what);
  return FALSE;
}

/* What a stranger wrote, fit for a log line: bounded, and nothing in it moves a cursor. */
static char *
quote (const char *text, gsize length)
{
  GString *quoted = g_string_new ("\"");
  const char *end = text + length;

  for (guint n = 0; text < end; n++)
    {
      gunichar c = g_utf8_get_char_validated (text, end - text);
      gboolean valid = c != (gunichar) -1 && c != (gunichar) -2;

      if (n == QUOTE_MAX)
        {
          g_string_append (quoted, "...");
          break;
        }
      if (c == '"' || c == '\\')
        g_string_append_printf (quoted, "\\%c", (char) c);
      else if (valid && g_unichar_isprint (c))
        g_string_append_unichar (quoted, c);
      else
        g_string_append_printf (quoted, valid ? "\\u%04x" : "\\x%02x", valid ? c : (guchar) *text);
      text = valid ? g_utf8_next_char (text) : text + 1;
    }
  return g_string_free (g_string_append_c (quoted, '"'), FALSE);
}

/* Unassigned code points pass, as they do in Prosody: a name both servers can route is worth more
 * than a check against the Unicode of 2002. */
static gboolean
append_stringprepped (const Part *part, const char *text, gsize length, GString *out,
                      GError **error)
{
  char buffer[PART_MAX + 1];
  int result;

  memcpy (buffer, text, length);
  buffer[length] = '\0';
  if (!g_utf8_validate_len (text, length, NULL))
    return fail (error, part, "is not valid UTF-8");
  result = stringprep (buffer, sizeof buffer, 0, part->profile);
  if (result == STRINGPREP_TOO_SMALL_BUFFER)
    return fail (error, part, "is longer than 1023 bytes");
  if (result != STRINGPREP_OK)
    return fail (error, part, "has a character that may not stand there");
  g_string_append (out, buffer);
  return TRUE;
}

static gboolean
append_part (const Part *part, const char *text, gsize length, GString *out, GError **error)
{
  gsize plain = 0;

  if (length == 0)
    return fail (error, part, "is empty");
  if (length > PART_MAX)
    return fail (error, part, "is longer than 1023 bytes");
  while (plain < length && byte_class[(guchar) text[plain]] & part->plain)
    plain++;
  if (plain < length)
    return append_stringprepped (part, text, length, out, error);
  g_string_append_len (out, text, length);
  return TRUE;
}

/* One way of writing each IPv6 address, so that equal hosts are equal strings. */
static gboolean
append_ip_literal (const char *text, gsize length, GString *out, GError **error)
{
  g_autofree char *inner = NULL;
  g_autofree char *canonical = NULL;
  g_autoptr (GInetAddress) address = NULL;

  if (length < 3 || length > PART_MAX || text[length - 1] != ']'
      || memchr (text, '\0', length) != NULL)
    return fail (error, &domain_part, "opens a bracket that holds no IPv6 address");
  inner = g_strndup (text + 1, length - 2);
  address = g_inet_address_new_from_string (inner);
  if (address == NULL || g_inet_address_get_family (address) != G_SOCKET_FAMILY_IPV6)
    return fail (error, &domain_part, "opens a bracket that holds no IPv6 address");
  canonical = g_inet_address_to_string (address);
  g_string_append_printf (out, "[%s]", canonical);
  return TRUE;
}

/* Nameprep folds and composes, and forbids next to nothing: a full-width `@` or `/` becomes the
 * plain one, and would split the address elsewhere when it is read again. Of ASCII a host name
 * has letters, digits, `-` and, in the real world, `_`. */
static gboolean
check_domain (const char *domain, gsize length, GError **error)
{
  if (length == 0)
    return fail (error, &domain_part, "is empty");
  for (gsize i = 0; i < length; i++)
    {
      guchar c = domain[i];

      if (c < 0x80 && !(byte_class[c] & IN_DOMAIN))
        return fail (error, &domain_part, "has a character that may not stand there");
      if (c == '.' && (i == 0 || i + 1 == length || domain[i + 1] == '.'))
        return fail (error, &domain_part, "has an empty label");
    }
  return TRUE;
}

static gboolean
append_domain (const char *text, gsize length, GString *out, GError **error)
{
  gsize start = out->len;

  if (length > 0 && text[0] == '[')
    return append_ip_literal (text, length, out, error);
  if (!append_part (&domain_part, text, length, out, error))
    return FALSE;
  if (out->len > start && out->str[out->len - 1] == '.')
    g_string_truncate (out, out->len - 1);
  return check_domain (out->str + start, out->len - start, error);
}

/* For local part and resource: preparing may leave nothing, as some characters map to nothing. */
static gboolean
append_end (const Part *part, const char *text, gsize length, GString *out, GError **error)
{
  gsize start = out->len;

  if (!append_part (part, text, length, out, error))
    return FALSE;
  return out->len > start || fail (error, part, "is empty");
}

/* A NULL end is absent; an empty one is an error. */
typedef struct
{
  const char *local, *domain, *resource;
  gsize local_length, domain_length, resource_length;
} Raw;

static gboolean
append_address (const Raw *raw, GString *out, IsmbAddressParts *parts, GError **error)
{
  gsize start = out->len;

  memset (parts, 0, sizeof *parts);
  if (raw->local != NULL)
    {
      if (!append_end (&local_part, raw->local, raw->local_length, out, error))
        return FALSE;
      parts->local = out->len - start;
      g_string_append_c (out, '@');
    }
  start = out->len;
  if (!append_domain (raw->domain, raw->domain_length, out, error))
    return FALSE;
  parts->domain = out->len - start;
  if (raw->resource == NULL)
    return TRUE;
  g_string_append_c (out, '/');
  start = out->len;
  if (!append_end (&resource_part, raw->resource, raw->resource_length, out, error))
    return FALSE;
  parts->resource = out->len - start;
  return TRUE;
}

static Raw
split_raw (const char *text, gsize length)
{
  const char *slash = memchr (text, '/', length);
  const char *at = memchr (text, '@', slash != NULL ? (gsize) (slash - text) : length);
  Raw raw = { .domain = text, .domain_length = length };

  if (slash != NULL)
    {
      raw.resource = slash + 1;
      raw.resource_length = text + length - raw.resource;
      raw.domain_length = slash - text;
    }
  if (at != NULL)
    {
      raw.local = text;
      raw.local_length = at - text;
      raw.domain = at + 1;
      raw.domain_length -= raw.local_length + 1;
    }
  return raw;
}

gboolean
ismb_address_prepare (const char *text, gsize length, GString *out, IsmbAddressParts *parts,
                      GError **error)
{
  Raw raw = split_raw (text, length);
  gsize start = out->len;
  g_autofree char *quoted = NULL;

  if (append_address (&raw, out, parts, error))
    return TRUE;
  g_string_truncate (out, start);
  if (error != NULL)
    {
      quoted = quote (text, length);
      g_prefix_error (error, "%s is no valid address: ", quoted);
    }
  return FALSE;
}

gboolean
ismb_address_join (const char *local, const char *domain, const char *resource, GString *out,
                   IsmbAddressParts *parts, GError **error)
{
  Raw raw = {
    local, domain, resource,
    local != NULL ? strlen (local) : 0, strlen (domain), resource != NULL ? strlen (resource) : 0,
  };
  gsize start = out->len;
  g_autofree char *quoted = NULL;

  if (append_address (&raw, out, parts, error))
    return TRUE;
  g_string_truncate (out, start);
  if (error != NULL)
    {
      quoted = quote (domain, raw.domain_length);
      g_prefix_error (error, "this is no valid address at %s: ", quoted);
    }
  return FALSE;
}

void
ismb_address_split (const char *prepared, IsmbAddressParts *parts)
{
  Raw raw = split_raw (prepared, strlen (prepared));

  parts->local = raw.local_length;
  parts->domain = raw.domain_length;
  parts->resource = raw.resource_length;
}
