/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.store"

#include "config.h"
#include "ismb/store/ismb-statement.h"

#include "ismb/core/ismb-error.h"

static int
bind_bytes (sqlite3_stmt *statement, int index, GVariant *value)
{
  gsize size = 0;
  const void *bytes = g_variant_get_fixed_array (value, &size, 1);

  /* A NULL pointer would bind NULL, not the empty blob. */
  return sqlite3_bind_blob64 (statement, index, size > 0 ? bytes : "", size, SQLITE_TRANSIENT);
}

static int
bind_one (sqlite3_stmt *statement, int index, GVariant *value)
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_MAYBE))
    {
      g_autoptr (GVariant) inner = g_variant_get_maybe (value);
      return inner != NULL ? bind_one (statement, index, inner)
                           : sqlite3_bind_null (statement, index);
    }
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return sqlite3_bind_text (statement, index, g_variant_get_string (value, NULL), -1,
                              SQLITE_TRANSIENT);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_INT64))
    return sqlite3_bind_int64 (statement, index, g_variant_get_int64 (value));
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN))
    return sqlite3_bind_int (statement, index, g_variant_get_boolean (value));
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_BYTESTRING))
    return bind_bytes (statement, index, value);
  g_return_val_if_reached (SQLITE_MISUSE);
}

gboolean
ismb_statement_bind (sqlite3_stmt *statement, GVariant *parameters)
{
  gsize count = parameters != NULL ? g_variant_n_children (parameters) : 0;

  g_return_val_if_fail (count == (gsize) sqlite3_bind_parameter_count (statement), FALSE);
  for (gsize i = 0; i < count; i++)
    {
      g_autoptr (GVariant) value = g_variant_get_child_value (parameters, i);
      if (bind_one (statement, i + 1, value) != SQLITE_OK)
        return FALSE;
    }
  return TRUE;
}

gboolean
ismb_statement_run (sqlite3_stmt *statement)
{
  int result = sqlite3_step (statement);

  while (result == SQLITE_ROW)
    result = sqlite3_step (statement);
  return result == SQLITE_DONE;
}

static GVariant *
get_bytes (sqlite3_stmt *statement, int column)
{
  const void *bytes = sqlite3_column_blob (statement, column);

  return g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, bytes,
                                    sqlite3_column_bytes (statement, column), 1);
}

/* NULL where the file holds something that is no text. */
static GVariant *
get_text (sqlite3_stmt *statement, int column)
{
  const char *text = (const char *) sqlite3_column_text (statement, column);

  if (text == NULL || !g_utf8_validate (text, sqlite3_column_bytes (statement, column), NULL))
    return NULL;
  return g_variant_new_string (text);
}

static GVariant *
get_one (sqlite3_stmt *statement, int column, const GVariantType *type)
{
  if (g_variant_type_equal (type, G_VARIANT_TYPE_STRING))
    return get_text (statement, column);
  if (g_variant_type_equal (type, G_VARIANT_TYPE_INT64))
    return g_variant_new_int64 (sqlite3_column_int64 (statement, column));
  if (g_variant_type_equal (type, G_VARIANT_TYPE_BOOLEAN))
    return g_variant_new_boolean (sqlite3_column_int (statement, column) != 0);
  if (g_variant_type_equal (type, G_VARIANT_TYPE_BYTESTRING))
    return get_bytes (statement, column);
  if (g_variant_type_equal (type, G_VARIANT_TYPE ("ms")))
    {
      gboolean null = sqlite3_column_type (statement, column) == SQLITE_NULL;
      GVariant *text = null ? NULL : get_text (statement, column);
      return null || text != NULL ? g_variant_new_maybe (G_VARIANT_TYPE_STRING, text) : NULL;
    }
  g_return_val_if_reached (NULL);
}

static GVariant *
get_row (sqlite3_stmt *statement, const GVariantType *row_type)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (row_type);
  const GVariantType *type = g_variant_type_first (row_type);

  for (int column = 0; type != NULL; column++, type = g_variant_type_next (type))
    {
      GVariant *value = get_one (statement, column, type);
      if (value == NULL)
        return NULL;
      g_variant_builder_add_value (&builder, value);
    }
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

GPtrArray *
ismb_statement_read (sqlite3_stmt *statement, const char *row_type, const char *path,
                     GError **error)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  int result = sqlite3_step (statement);

  for (; result == SQLITE_ROW; result = sqlite3_step (statement))
    {
      GVariant *row = get_row (statement, G_VARIANT_TYPE (row_type));
      if (row == NULL)
        {
          g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED,
                       "the store %s is damaged: a text in it is none", path);
          return NULL;
        }
      g_ptr_array_add (rows, row);
    }
  if (result == SQLITE_DONE)
    return g_steal_pointer (&rows);
  ismb_statement_set_error (error, sqlite3_db_handle (statement), path);
  return NULL;
}

static const char *
advice_for (int code)
{
  switch (code & 0xff)
    {
    case SQLITE_FULL:
      return ": make room on its disk";
    case SQLITE_IOERR:
      return ": its disk is full, read-only or failing";
    case SQLITE_READONLY:
      return ": make it writable";
    default:
      return "";
    }
}

void
ismb_statement_set_error (GError **error, sqlite3 *db, const char *path)
{
  int code = sqlite3_errcode (db);

  if ((code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB)
    ismb_statement_set_damaged (error, path, sqlite3_errmsg (db));
  else
    g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED, "the store %s: %s%s", path,
                 sqlite3_errmsg (db), advice_for (code));
}

void
ismb_statement_set_damaged (GError **error, const char *path, const char *how)
{
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED,
               "the store %s is damaged (%s): put a copy in its place, or move it away to begin "
               "anew; `sqlite3 FILE .recover` shows what can be saved of it",
               path, how);
}
