/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/stream/ismb-tag-scanner.h"

#include <string.h>

#define ATTRIBUTES_MAX 1000 /* of a tag: each is compared with all before it */

enum { TEXT, TAG };

static gboolean
is_space (char byte)
{
  return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r';
}

/* Text: up to the next `<`. Outside of elements only space is allowed. */
static gboolean
scan_text (IsmbTagScanner *scanner, const char *bytes, gsize length, gsize *seen)
{
  const char *less = memchr (bytes, '<', length);
  gsize count = less != NULL ? (gsize) (less - bytes) : length;

  *seen += count;
  if (scanner->depth >= 2)
    {
      scanner->element += count;
      scanner->text |= count > 0;
    }
  else
    for (gsize i = 0; i < count; i++)
      if (!is_space (bytes[i]))
        return FALSE;
  if (scanner->element > scanner->bytes_max)
    return FALSE;
  if (less != NULL)
    {
      *seen += 1;
      scanner->state = TAG;
      scanner->tag = 1;
      scanner->attributes = 0;
      scanner->first = scanner->last = scanner->quote = '\0';
    }
  return TRUE;
}

static IsmbScan
end_tag (IsmbTagScanner *scanner)
{
  gboolean empty = scanner->last == '/';
  IsmbScan result = ISMB_SCAN_TAG;

  scanner->state = TEXT;
  scanner->element += scanner->tag;
  scanner->longest_tag = MAX (scanner->longest_tag, scanner->tag);
  scanner->tags++;
  if (scanner->first == '?')
    return scanner->depth == 0 && empty == FALSE ? ISMB_SCAN_HEADER : ISMB_SCAN_BAD;
  if (scanner->first == '/')
    {
      if (scanner->depth == 0)
        return ISMB_SCAN_BAD;
      scanner->depth--;
      result = scanner->depth == 0   ? ISMB_SCAN_END
               : scanner->depth == 1 ? ISMB_SCAN_ELEMENT
                                     : ISMB_SCAN_TAG;
    }
  else if (empty)
    result = scanner->depth == 0   ? ISMB_SCAN_BAD
             : scanner->depth == 1 ? ISMB_SCAN_ELEMENT
                                   : ISMB_SCAN_TAG;
  else if (++scanner->depth == 1)
    result = ISMB_SCAN_HEADER;
  if (scanner->tags > scanner->tags_max || scanner->depth > scanner->depth_max
      || scanner->element > scanner->bytes_max)
    return ISMB_SCAN_BAD;
  if (scanner->depth > 1)
    return result;
  scanner->hollow = scanner->tags == (empty ? 1 : 2) && !scanner->text;
  scanner->element = scanner->tags = 0;
  scanner->text = FALSE;
  return result;
}

/* What stands before the end of a value, which is most of a tag. */
static gboolean
skip_value (IsmbTagScanner *scanner, const char *bytes, gsize length, gsize *seen)
{
  const char *end = memchr (bytes, scanner->quote, length);
  gsize count = end != NULL ? (gsize) (end - bytes) : length;

  *seen += count;
  scanner->tag += count;
  return memchr (bytes, '\0', count) == NULL
         && scanner->element + scanner->tag <= scanner->bytes_max;
}

/* One byte inside a tag; MORE goes on. */
static IsmbScan
scan_tag_byte (IsmbTagScanner *scanner, char byte)
{
  scanner->tag++;
  if (byte == '\0' || scanner->element + scanner->tag > scanner->bytes_max)
    return ISMB_SCAN_BAD;
  if (scanner->first == '\0')
    {
      scanner->first = byte;
      if (byte == '!' || byte == '>' || byte == '<' || is_space (byte))
        return ISMB_SCAN_BAD;
    }
  if (scanner->quote != '\0')
    scanner->quote = '\0'; /* its end */
  else if (byte == '"' || byte == '\'')
    {
      scanner->quote = byte;
      if (++scanner->attributes > ATTRIBUTES_MAX)
        return ISMB_SCAN_BAD;
    }
  else if (byte == '<')
    return ISMB_SCAN_BAD;
  else if (byte == '>')
    return end_tag (scanner);
  scanner->last = byte;
  return ISMB_SCAN_MORE;
}

IsmbScan
ismb_tag_scanner_next (IsmbTagScanner *scanner, const char *bytes, gsize length, gsize *seen)
{
  *seen = 0;
  while (*seen < length)
    if (scanner->state == TEXT)
      {
        if (!scan_text (scanner, bytes + *seen, length - *seen, seen))
          return ISMB_SCAN_BAD;
      }
    else if (scanner->quote != '\0' && bytes[*seen] != scanner->quote)
      {
        if (!skip_value (scanner, bytes + *seen, length - *seen, seen))
          return ISMB_SCAN_BAD;
      }
    else
      {
        IsmbScan result = scan_tag_byte (scanner, bytes[(*seen)++]);

        if (result != ISMB_SCAN_MORE)
          return result;
      }
  return ISMB_SCAN_MORE;
}

gboolean
ismb_tag_scanner_is_between (const IsmbTagScanner *scanner)
{
  return scanner->state == TEXT && scanner->depth <= 1;
}

void
ismb_tag_scanner_reset (IsmbTagScanner *scanner)
{
  scanner->state = TEXT;
  scanner->depth = scanner->tags = 0;
  scanner->element = 0;
  scanner->text = FALSE;
}
