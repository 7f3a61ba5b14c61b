/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "switchctl.control.python-list"
#include "config.h"
#include "switchctl/control/python-list.h"

#include <string.h>

#include "ismb/core/ismb-error.h"

typedef struct
{
  const char *start;
  const char *at;
  const char *end;
  gboolean bracketed; /* inside brackets a newline is a space */
  GPtrArray *items;
  GString *item; /* the string being read */
  GError **error;
} Reader;

static gboolean
fail (Reader *self, const char *what)
{
  g_set_error (self->error, ISMB_ERROR, ISMB_ERROR_BAD_STANZA,
               "no Python list of strings: %s at byte %" G_GSIZE_FORMAT, what,
               (gsize) (self->at - self->start));
  return FALSE;
}

/* The next byte, 0 at the end: the text itself holds none. */
static char
peek (Reader *self)
{
  return self->at < self->end ? *self->at : '\0';
}

static gboolean
take (Reader *self, char byte)
{
  if (peek (self) != byte || self->at >= self->end)
    return FALSE;
  self->at++;
  return TRUE;
}

static void
skip_comment (Reader *self)
{
  while (self->at < self->end && *self->at != '\n')
    self->at++;
}

/* A backslash before a newline joins the lines, except before the end of the text. */
static gboolean
join_lines (Reader *self)
{
  if (self->end - self->at < 3 || self->at[1] != '\n')
    return fail (self, "a backslash that joins no lines");
  self->at += 2;
  return TRUE;
}

/* To the next token. Outside brackets a newline is one, and stays. */
static gboolean
skip_space (Reader *self)
{
  for (;;)
    {
      char byte = peek (self);

      if (byte == ' ' || byte == '\t' || byte == '\f' || (byte == '\n' && self->bracketed))
        self->at++;
      else if (byte == '#')
        skip_comment (self);
      else if (byte != '\\')
        return TRUE;
      else if (!join_lines (self))
        return FALSE;
    }
}

/* What Python's tokenizer does at the start of a line outside brackets: measures the indentation,
 * where a form feed counts as the margin and joined lines count as the first of them that is
 * indented. Ends on what stands in the line; `indent`: it stands right of the margin. */
static gboolean
skip_margin (Reader *self, gboolean *indent)
{
  gboolean joined_indent = FALSE;

  *indent = FALSE;
  for (;;)
    {
      char byte = peek (self);

      if (byte == ' ' || byte == '\t')
        *indent = TRUE;
      else if (byte == '\f')
        *indent = FALSE;
      else if (byte != '\\')
        break;
      else
        {
          joined_indent = joined_indent || *indent;
          if (!join_lines (self))
            return FALSE;
          continue;
        }
      self->at++;
    }
  *indent = *indent || joined_indent;
  return TRUE;
}

/* Empty lines and lines of comment only, which have no indentation. Blanks before the end of the
 * text do: literal_eval () refuses them. */
static gboolean
skip_empty_lines (Reader *self)
{
  for (;;)
    {
      gboolean indent;

      if (!skip_margin (self, &indent))
        return FALSE;
      if (peek (self) == '#')
        {
          skip_comment (self);
          indent = FALSE;
        }
      if (!take (self, '\n'))
        return indent ? fail (self, "an indentation") : TRUE;
    }
}

static gboolean
add_code_point (Reader *self, guint32 code_point)
{
  if (code_point == 0)
    return fail (self, "a NUL");
  if (!g_unichar_validate (code_point))
    return fail (self, "an escape that is no character");
  g_string_append_unichar (self->item, code_point);
  return TRUE;
}

static gboolean
read_hex (Reader *self, int digits)
{
  guint32 code_point = 0;

  for (int i = 0; i < digits; i++, self->at++)
    {
      int value = g_ascii_xdigit_value (peek (self));

      if (value < 0)
        return fail (self, "an escape that is cut short");
      code_point = code_point << 4 | (guint32) value;
    }
  return add_code_point (self, code_point);
}

static gboolean
read_octal (Reader *self)
{
  guint32 code_point = 0;

  for (int i = 0; i < 3 && peek (self) >= '0' && peek (self) <= '7'; i++, self->at++)
    code_point = code_point << 3 | (guint32) (*self->at - '0');
  return add_code_point (self, code_point);
}

/* After the backslash. */
static gboolean
read_escape (Reader *self)
{
  static const char names[] = "abfnrtv\\'\"";
  static const char values[] = "\a\b\f\n\r\t\v\\'\"";
  char byte = peek (self);
  const char *name;

  if (self->at >= self->end)
    return fail (self, "a string without its end");
  if (byte >= '0' && byte <= '7')
    return read_octal (self);
  self->at++;
  switch (byte)
    {
    case '\n':
      return TRUE;
    case 'x':
      return read_hex (self, 2);
    case 'u':
      return read_hex (self, 4);
    case 'U':
      return read_hex (self, 8);
    case 'N':
      return fail (self, "a character by its name");
    default:
      break;
    }
  name = strchr (names, byte);
  if (name != NULL)
    g_string_append_c (self->item, values[name - names]);
  else
    {
      /* An unknown escape stands for itself, backslash and all. The byte may begin a longer
       * character. */
      g_string_append_c (self->item, '\\');
      self->at--;
    }
  return TRUE;
}

/* In a raw string a backslash keeps the quote after it from ending the string, and stays. */
static gboolean
read_raw_escape (Reader *self)
{
  if (self->at >= self->end)
    return fail (self, "a string without its end");
  g_string_append_c (self->item, '\\');
  g_string_append_c (self->item, *self->at++);
  return TRUE;
}

static gboolean
at_quotes (Reader *self, char quote, int count)
{
  if (self->end - self->at < count)
    return FALSE;
  for (int i = 0; i < count; i++)
    if (self->at[i] != quote)
      return FALSE;
  return TRUE;
}

static gboolean
read_literal_body (Reader *self, char quote, gboolean raw)
{
  int quotes = at_quotes (self, quote, 3) ? 3 : 1;

  self->at += quotes;
  while (!at_quotes (self, quote, quotes))
    {
      if (self->at >= self->end || (quotes == 1 && *self->at == '\n'))
        return fail (self, "a string without its end");
      if (!take (self, '\\'))
        g_string_append_c (self->item, *self->at++);
      else if (!(raw ? read_raw_escape (self) : read_escape (self)))
        return FALSE;
    }
  self->at += quotes;
  return TRUE;
}

static gboolean
at_literal (Reader *self)
{
  const char *at = self->at;

  if (at < self->end && strchr ("rRuU", *at) != NULL)
    at++;
  return at < self->end && (*at == '\'' || *at == '"');
}

/* One string: literals side by side are one. */
static gboolean
read_string (Reader *self)
{
  if (!at_literal (self))
    return fail (self, "something that is no string");
  while (at_literal (self))
    {
      gboolean raw = take (self, 'r') || take (self, 'R');

      if (!raw && !take (self, 'u'))
        take (self, 'U');
      if (!read_literal_body (self, *self->at, raw) || !skip_space (self))
        return FALSE;
    }
  return TRUE;
}

static gboolean
open_parentheses (Reader *self, guint *depth)
{
  for (*depth = 0; take (self, '('); (*depth)++)
    {
      if (*depth == SWITCH_PYTHON_LIST_DEPTH_MAX)
        return fail (self, "too many parentheses");
      self->bracketed = TRUE;
      if (!skip_space (self))
        return FALSE;
    }
  return TRUE;
}

static gboolean
close_parentheses (Reader *self, guint depth, gboolean bracketed)
{
  for (; depth > 0; depth--)
    {
      if (!take (self, ')'))
        return fail (self, "a parenthesis that stays open");
      self->bracketed = bracketed || depth > 1;
      if (!skip_space (self))
        return FALSE;
    }
  return TRUE;
}

static gboolean
read_item (Reader *self)
{
  guint depth;

  g_string_truncate (self->item, 0);
  if (!open_parentheses (self, &depth) || !read_string (self)
      || !close_parentheses (self, depth, TRUE))
    return FALSE;
  if (self->items->len == SWITCH_PYTHON_LIST_ITEMS_MAX)
    return fail (self, "too many strings");
  g_ptr_array_add (self->items, g_strdup (self->item->str));
  return TRUE;
}

static gboolean
read_list (Reader *self, gboolean bracketed)
{
  if (!take (self, '['))
    return fail (self, "something that is no list");
  self->bracketed = TRUE;
  if (!skip_space (self))
    return FALSE;
  while (peek (self) != ']')
    {
      if (!read_item (self))
        return FALSE;
      if (!take (self, ','))
        break;
      if (!skip_space (self))
        return FALSE;
    }
  if (!take (self, ']'))
    return fail (self, "a list that stays open");
  self->bracketed = bracketed;
  return skip_space (self);
}

static gboolean
read_text (Reader *self)
{
  guint depth;

  /* literal_eval () strips these first; what follows is at the margin. */
  while (take (self, ' ') || take (self, '\t'))
    ;
  if (!skip_empty_lines (self) || !open_parentheses (self, &depth) || !read_list (self, depth > 0)
      || !close_parentheses (self, depth, FALSE))
    return FALSE;
  if (take (self, '\n') && !skip_empty_lines (self))
    return FALSE;
  return self->at >= self->end ? TRUE : fail (self, "something after the list");
}

/* Python reads \r\n and \r as newlines. */
static char *
normalise_newlines (const char *text, gsize length)
{
  GString *lines = g_string_sized_new (length + 1);

  for (gsize i = 0; i < length; i++)
    {
      if (text[i] != '\r')
        g_string_append_c (lines, text[i]);
      else if (i + 1 == length || text[i + 1] != '\n')
        g_string_append_c (lines, '\n');
    }
  return g_string_free (lines, FALSE);
}

static gboolean
check_text (const char *text, gsize length, GError **error)
{
  if (length > SWITCH_PYTHON_LIST_TEXT_MAX)
    g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_STANZA,
                 "a list of more than %d bytes", SWITCH_PYTHON_LIST_TEXT_MAX);
  else if (!g_utf8_validate_len (text, length, NULL))
    g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_BAD_STANZA, "a list that is not UTF-8");
  else
    return TRUE;
  return FALSE;
}

GStrv
switch_python_list_parse (const char *text, gsize length, GError **error)
{
  g_autofree char *lines = NULL;
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GString) item = g_string_new (NULL);
  Reader reader = { .items = items, .item = item, .error = error };

  if (!check_text (text, length, error))
    return NULL;
  lines = normalise_newlines (text, length);
  reader.start = reader.at = lines;
  reader.end = lines + strlen (lines);
  if (!read_text (&reader))
    return NULL;
  g_ptr_array_add (items, NULL);
  return (GStrv) g_ptr_array_steal (items, NULL);
}

/* str.isprintable () of one character. */
static gboolean
is_printable (gunichar character)
{
  switch (g_unichar_type (character))
    {
    case G_UNICODE_CONTROL:
    case G_UNICODE_FORMAT:
    case G_UNICODE_UNASSIGNED:
    case G_UNICODE_PRIVATE_USE:
    case G_UNICODE_SURROGATE:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
      return FALSE;
    case G_UNICODE_SPACE_SEPARATOR:
      return character == ' ';
    default:
      return TRUE;
    }
}

static void
write_character (GString *out, gunichar character, char quote)
{
  if (character == '\n')
    g_string_append (out, "\\n");
  else if (character == '\r')
    g_string_append (out, "\\r");
  else if (character == '\t')
    g_string_append (out, "\\t");
  else if (character == (gunichar) quote || character == '\\')
    g_string_append_printf (out, "\\%c", (char) character);
  else if (is_printable (character))
    g_string_append_unichar (out, character);
  else if (character <= 0xff)
    g_string_append_printf (out, "\\x%02x", character);
  else if (character <= 0xffff)
    g_string_append_printf (out, "\\u%04x", character);
  else
    g_string_append_printf (out, "\\U%08x", character);
}

static void
write_string (GString *out, const char *string)
{
  char quote = strchr (string, '\'') != NULL && strchr (string, '"') == NULL ? '"' : '\'';

  g_string_append_c (out, quote);
  for (const char *at = string; *at != '\0'; at = g_utf8_next_char (at))
    write_character (out, g_utf8_get_char (at), quote);
  g_string_append_c (out, quote);
}

char *
switch_python_list_write (const char *const *items)
{
  GString *out = g_string_new ("[");

  for (gsize i = 0; items[i] != NULL; i++)
    {
      if (i > 0)
        g_string_append (out, ", ");
      write_string (out, items[i]);
    }
  g_string_append_c (out, ']');
  return g_string_free (out, FALSE);
}
