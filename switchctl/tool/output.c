/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "switchctl/tool/output.h"

#include <json-glib/json-glib.h>
#include <string.h>

struct _OutputTable
{
  GPtrArray *rows; /* of GStrv; the first is the titles */
};

/* What another switch sends may hold escape sequences that would drive this terminal. */
static void
append_safe (GString *out, gunichar character)
{
  if (g_unichar_iscntrl (character) || g_unichar_type (character) == G_UNICODE_FORMAT)
    g_string_append_printf (out, "\\x%02x", character);
  else
    g_string_append_unichar (out, character);
}

char *
output_escape (const char *text)
{
  GString *out = g_string_new (NULL);
  const char *at;

  for (at = text; *at != '\0'; at = g_utf8_next_char (at))
    {
      if (*at == '\n')
        g_string_append (out, "\\n");
      else
        append_safe (out, g_utf8_get_char (at));
    }
  return g_string_free (out, FALSE);
}

void
output_text (const char *text, const char *indent)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  g_autoptr (GString) out = g_string_new (NULL);
  gboolean at_start = TRUE;
  const char *at;

  for (at = valid; *at != '\0'; at = g_utf8_next_char (at))
    {
      if (at_start)
        g_string_append (out, indent);
      at_start = *at == '\n';
      if (*at == '\n' || *at == '\t')
        g_string_append_c (out, *at);
      else
        append_safe (out, g_utf8_get_char (at));
    }
  if (!at_start)
    g_string_append_c (out, '\n');
  g_print ("%s", out->str);
}

char *
output_short_id (const char *id)
{
  g_autofree char *safe = output_escape (id);

  if (strlen (safe) < 16)
    return g_steal_pointer (&safe);
  return g_strdup_printf ("%.4s-%.4s-%.4s-%.4s", safe, safe + 4, safe + 8, safe + 12);
}

void
output_json (GVariant *value, gboolean pretty)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (value);
  g_autoptr (JsonNode) node = json_gvariant_serialize (owned);
  g_autofree char *text = json_to_string (node, pretty);

  g_print ("%s\n", text);
}

static char **
row_new (const char *first, va_list rest)
{
  GPtrArray *cells = g_ptr_array_new ();
  const char *cell;

  for (cell = first; cell != NULL; cell = va_arg (rest, const char *))
    g_ptr_array_add (cells, output_escape (cell));
  g_ptr_array_add (cells, NULL);
  return (char **) g_ptr_array_free (cells, FALSE);
}

OutputTable *
output_table_new (const char *first_title, ...)
{
  OutputTable *table = g_new0 (OutputTable, 1);
  va_list rest;

  table->rows = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
  va_start (rest, first_title);
  g_ptr_array_add (table->rows, row_new (first_title, rest));
  va_end (rest);
  return table;
}

void
output_table_add (OutputTable *table, const char *first_cell, ...)
{
  va_list rest;

  va_start (rest, first_cell);
  g_ptr_array_add (table->rows, row_new (first_cell, rest));
  va_end (rest);
}

void
output_table_free (OutputTable *table)
{
  g_ptr_array_unref (table->rows);
  g_free (table);
}

static glong
column_width (OutputTable *table, guint column)
{
  glong width = 0;
  guint i;

  for (i = 0; i < table->rows->len; i++)
    {
      char **row = g_ptr_array_index (table->rows, i);

      width = MAX (width, g_utf8_strlen (row[column], -1));
    }
  return width;
}

void
output_table_print (OutputTable *table)
{
  guint columns = g_strv_length (g_ptr_array_index (table->rows, 0));
  guint i, column;

  for (i = 0; i < table->rows->len; i++)
    {
      char **row = g_ptr_array_index (table->rows, i);

      for (column = 0; column + 1 < columns; column++)
        {
          int padding = column_width (table, column) - g_utf8_strlen (row[column], -1);

          g_print ("%s%*s  ", row[column], padding, "");
        }
      g_print ("%s\n", row[columns - 1]);
    }
  output_table_free (table);
}
