/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/stream/ismb-stream-header.h"

#include <string.h>

#define LANGUAGE_MAX 64 /* bytes of a language's tag; RFC 5646, 4.4.1, asks for 35 */
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"

gboolean
ismb_stream_header_has_features (const IsmbStreamHeader *header)
{
  const char *version = header->version != NULL ? header->version : "";
  gsize major = strspn (version, "0123456789");
  const char *minor = version[major] == '.' ? version + major + 1 : "";
  return strspn (version, "0") < major && *minor != '\0' &&
         strspn (minor, "0123456789") == strlen (minor);
}

/* "en" is what our own header says on every stream: where a stanza goes, it is the default too. */
char *
ismb_stream_header_dup_language (const IsmbStreamHeader *header)
{
  const char *tag = header->lang != NULL ? header->lang : "";
  gsize length = strlen (tag);
  gboolean is_tag = length > 0 && length <= LANGUAGE_MAX && strspn (tag, LETTERS) == length;
  return is_tag && g_ascii_strcasecmp (tag, "en") != 0 ? g_strdup (tag) : NULL;
}
