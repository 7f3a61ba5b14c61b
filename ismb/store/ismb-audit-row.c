/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.store.audit"

#include "config.h"
#include "ismb/store/ismb-audit-row.h"

#include <string.h>

static const char *const names[] = { "id",   "about",  "time", "kind",   "who",     "role",
                                     "origin", "device", "what", "size",   "sha256",  "verdict",
                                     "rule", "outcome" };

/* Columns behind the named ones. */
#define PREVIOUS G_N_ELEMENTS (names)
#define HASH (PREVIOUS + 1)

static GBytes *
get_column (GVariant *row, gsize column)
{
  g_autoptr (GVariant) value = g_variant_get_child_value (row, column);
  gconstpointer bytes;
  gsize size;

  if (g_variant_is_of_type (value, G_VARIANT_TYPE_INT64))
    {
      char *text = g_strdup_printf ("%" G_GINT64_FORMAT, g_variant_get_int64 (value));
      return g_bytes_new_take (text, strlen (text));
    }
  bytes = g_variant_is_of_type (value, G_VARIANT_TYPE_STRING)
            ? g_variant_get_string (value, &size)
            : g_variant_get_fixed_array (value, &size, 1);
  return g_bytes_new (bytes, size);
}

char *
ismb_audit_row_hash (GVariant *row)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);

  for (gsize i = 0; i < HASH; i++)
    {
      g_autoptr (GBytes) column = get_column (row, i);
      g_autofree char *length = g_strdup_printf ("%" G_GSIZE_FORMAT ":", g_bytes_get_size (column));
      gsize size;
      const guchar *bytes = g_bytes_get_data (column, &size);

      g_checksum_update (checksum, (const guchar *) length, -1);
      if (size > 0)
        g_checksum_update (checksum, bytes, size);
      g_checksum_update (checksum, (const guchar *) ",", 1);
    }
  return g_strdup (g_checksum_get_string (checksum));
}

static char *
dup_text (GVariant *row, gsize column)
{
  g_autoptr (GBytes) bytes = get_column (row, column);
  gsize size;
  const char *text = g_bytes_get_data (bytes, &size);

  return size > 0 ? g_utf8_make_valid (text, size) : g_strdup ("");
}

gint64
ismb_audit_row_get_id (GVariant *row)
{
  gint64 id;

  g_variant_get_child (row, 0, "x", &id);
  return id;
}

char *
ismb_audit_row_dup_previous (GVariant *row)
{
  return dup_text (row, PREVIOUS);
}

char *
ismb_audit_row_dup_hash (GVariant *row)
{
  return dup_text (row, HASH);
}

/* Numbers that say nothing: about no other row, of no size. */
static gboolean
is_void (gsize column, gint64 number)
{
  return (g_str_equal (names[column], "about") && number == 0)
         || (g_str_equal (names[column], "size") && number < 0);
}

static void
describe_column (GVariantDict *dict, GVariant *row, gsize column)
{
  g_autoptr (GVariant) value = g_variant_get_child_value (row, column);
  g_autofree char *text = NULL;

  if (g_variant_is_of_type (value, G_VARIANT_TYPE_INT64))
    {
      if (!is_void (column, g_variant_get_int64 (value)))
        g_variant_dict_insert_value (dict, names[column], value);
      return;
    }
  text = dup_text (row, column);
  if (text[0] != '\0')
    g_variant_dict_insert (dict, names[column], "s", text);
}

GVariant *
ismb_audit_row_describe (GVariant *row)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    describe_column (&dict, row, i);
  return g_variant_dict_end (&dict);
}
