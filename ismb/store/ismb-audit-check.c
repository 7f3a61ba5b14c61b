/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.store.audit"

#include "config.h"
#include "ismb/store/ismb-audit-check.h"

#include "ismb/core/ismb-error.h"
#include "ismb/store/ismb-audit-row.h"

#define PAGE 256 /* rows hashed in one turn of the main loop */

/* The data of the task that walks. */
typedef struct
{
  IsmbStore *store;
  gint64 end_id;
  char *end_hash;
  gint64 first; /* the first row that must be there */
  gint64 at;    /* the row that was seen last, and its hash; or the cut */
  char *hash;
  gboolean begun;
} Walk;

static void
walk_free (gpointer data)
{
  Walk *walk = data;

  g_object_unref (walk->store);
  g_free (walk->end_hash);
  g_free (walk->hash);
  g_free (walk);
}

/* `problem` NULL: the chain holds. */
static void
conclude (GTask *task, gint64 row, const char *problem)
{
  Walk *walk = g_task_get_task_data (task);
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "intact", "b", problem == NULL);
  g_variant_dict_insert (&dict, "first", "x", walk->first);
  g_variant_dict_insert (&dict, "last", "x", walk->at);
  g_variant_dict_insert (&dict, "hash", "s", walk->hash);
  if (problem != NULL)
    {
      g_variant_dict_insert (&dict, "row", "x", row);
      g_variant_dict_insert (&dict, "problem", "s", problem);
    }
  g_task_return_pointer (task, g_variant_ref_sink (g_variant_dict_end (&dict)),
                         (GDestroyNotify) g_variant_unref);
}

/* What is wrong with the row that comes after the one we are at, or NULL; `*where` tells the id. */
static const char *
judge (Walk *walk, GVariant *row, const char *hash, gint64 *where)
{
  g_autofree char *stored = ismb_audit_row_dup_hash (row);
  g_autofree char *previous = ismb_audit_row_dup_previous (row);

  *where = ismb_audit_row_get_id (row);
  if (*where <= walk->at)
    return "does not belong here: it is from before the first row";
  if (!g_str_equal (hash, stored))
    return "was changed";
  if (*where != walk->at + 1)
    {
      *where = walk->at + 1;
      return "is missing";
    }
  if (!g_str_equal (previous, walk->hash))
    return "does not follow the one before it";
  if (*where == walk->end_id && !g_str_equal (hash, walk->end_hash))
    return "is not the one that was written last";
  return NULL;
}

static void ask_for_page (GTask *task);

static void
on_page (GPtrArray *rows, const GError *error, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Walk *walk = g_task_get_task_data (task);

  if (error != NULL)
    {
      g_task_return_error (task, g_error_copy (error));
      return;
    }
  for (guint i = 0; i < rows->len; i++)
    {
      g_autofree char *hash = ismb_audit_row_hash (g_ptr_array_index (rows, i));
      gint64 where = 0;
      const char *problem = judge (walk, g_ptr_array_index (rows, i), hash, &where);

      if (problem != NULL)
        {
          conclude (task, where, problem);
          return;
        }
      walk->at = where;
      g_free (walk->hash);
      walk->hash = g_steal_pointer (&hash);
    }
  if (rows->len > 0)
    ask_for_page (task);
  else if (walk->at < walk->end_id)
    conclude (task, walk->at + 1, "is missing");
  else
    conclude (task, 0, NULL);
}

/* The first page begins below the cut, where nothing may be. */
static void
ask_for_page (GTask *task)
{
  Walk *walk = g_task_get_task_data (task);
  gint64 after = walk->begun ? walk->at : G_MININT64;

  walk->begun = TRUE;
  ismb_store_query (walk->store,
                    "SELECT " ISMB_AUDIT_COLUMNS " FROM audit WHERE id > ? ORDER BY id LIMIT ?",
                    g_variant_new ("(xx)", after, (gint64) PAGE), ISMB_AUDIT_ROW_TYPE, on_page,
                    g_object_ref (task));
}

static void
on_cut (GPtrArray *rows, const GError *error, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Walk *walk = g_task_get_task_data (task);

  if (error != NULL)
    g_task_return_error (task, g_error_copy (error));
  else if (rows->len != 1)
    g_task_return_new_error (task, ISMB_ERROR, ISMB_ERROR_FAILED,
                             "the mark where the audit table begins is missing");
  else
    {
      g_variant_get (g_ptr_array_index (rows, 0), "(xs)", &walk->at, &walk->hash);
      walk->first = walk->at + 1;
      ask_for_page (task);
    }
}

void
ismb_audit_check_async (IsmbStore *store, gint64 end_id, const char *end_hash,
                        GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  Walk *walk = g_new0 (Walk, 1);

  walk->store = g_object_ref (store);
  walk->end_id = end_id;
  walk->end_hash = g_strdup (end_hash);
  g_task_set_source_tag (task, ismb_audit_check_async);
  g_task_set_task_data (task, walk, walk_free);
  ismb_store_query (store, "SELECT id, hash FROM audit_mark WHERE mark = 'cut'", NULL, "(xs)",
                    on_cut, g_steal_pointer (&task));
}

GVariant *
ismb_audit_check_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
