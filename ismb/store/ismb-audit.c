/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.store.audit"

#include "config.h"
#include "ismb/store/ismb-audit.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/store/ismb-audit-check.h"
#include "ismb/store/ismb-audit-row.h"

/* A row of the chain. */
typedef struct
{
  gint64 id;
  char *hash;
} Mark;

struct _IsmbAudit
{
  GObject parent_instance;
  IsmbStore *store;
  guint rows_max;
  gint64 cut;   /* the last row that was pruned */
  Mark end;     /* the newest row, written or on its way */
  Mark written; /* the newest that is in the file */
  guint on_their_way;
  gboolean failed; /* one of those on their way, and with it those behind it */
  guint checks;    /* running; nothing is pruned meanwhile */
};

G_DEFINE_FINAL_TYPE (IsmbAudit, ismb_audit, G_TYPE_OBJECT)

/* A row on its way. */
typedef struct
{
  IsmbAudit *self;
  Mark mark;
  IsmbStoreDone done;
  gpointer user_data;
} Append;

static void
mark_set (Mark *mark, gint64 id, const char *hash)
{
  char *copy = g_strdup (hash);

  g_free (mark->hash);
  mark->id = id;
  mark->hash = copy;
}

static void
ismb_audit_finalize (GObject *object)
{
  IsmbAudit *self = ISMB_AUDIT (object);

  g_clear_object (&self->store);
  g_free (self->end.hash);
  g_free (self->written.hash);
  G_OBJECT_CLASS (ismb_audit_parent_class)->finalize (object);
}

static void
ismb_audit_class_init (IsmbAuditClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ismb_audit_finalize;
}

static void
ismb_audit_init (IsmbAudit *self)
{
}

static void
on_mark (GVariant *row, gpointer user_data)
{
  IsmbAudit *self = user_data;
  const char *mark, *hash;
  gint64 id;

  g_variant_get (row, "(&sx&s)", &mark, &id, &hash);
  if (g_str_equal (mark, "cut"))
    self->cut = id;
  else
    mark_set (&self->end, id, hash);
}

IsmbAudit *
ismb_audit_load (IsmbStore *store, guint rows_max, GError **error)
{
  g_autoptr (IsmbAudit) self = g_object_new (ISMB_TYPE_AUDIT, NULL);

  self->store = g_object_ref (store);
  self->rows_max = MAX (rows_max, 1);
  if (!ismb_store_read (store, "SELECT mark, id, hash FROM audit_mark", "(sxs)", on_mark, self,
                        error))
    return NULL;
  if (self->end.hash == NULL)
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED,
                   "the audit table is damaged: the mark where it ends is missing");
      return NULL;
    }
  mark_set (&self->written, self->end.id, self->end.hash);
  return g_steal_pointer (&self);
}

/* Pruning: by moving the mark, and a trigger of the file removes what lies behind it; so both
 * happen or neither. The rows that stay remain a chain that begins at the mark's hash. */
static void
prune (IsmbAudit *self)
{
  gint64 rows = self->written.id - self->cut;

  if (self->checks > 0 || rows <= self->rows_max + self->rows_max / 10)
    return;
  self->cut = self->written.id - self->rows_max;
  ismb_store_write (self->store,
                    "UPDATE audit_mark SET id = ?1, hash = (SELECT hash FROM audit WHERE id = ?1)"
                    " WHERE mark = 'cut'",
                    g_variant_new ("(x)", self->cut), NULL, NULL);
}

static void
on_appended (const GError *error, gpointer user_data)
{
  Append *append = user_data;
  IsmbAudit *self = append->self;

  self->on_their_way--;
  if (error == NULL)
    mark_set (&self->written, append->mark.id, append->mark.hash);
  else
    {
      self->failed = TRUE;
      g_warning ("audit row %" G_GINT64_FORMAT " is lost: %s", append->mark.id, error->message);
    }
  if (self->on_their_way == 0 && self->failed)
    {
      self->failed = FALSE;
      mark_set (&self->end, self->written.id, self->written.hash);
    }
  prune (self);
  if (append->done != NULL)
    append->done (error, append->user_data);
  g_free (append->mark.hash);
  g_free (append);
  g_object_unref (self);
}

/* Valid and bounded: a stranger wrote some of these. */
static char *
bounded (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text != NULL ? text : "", -1);
  g_autofree char *hash = NULL;
  const char *end;

  if (strlen (valid) <= ISMB_AUDIT_TEXT_MAX)
    return g_steal_pointer (&valid);
  hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
  end = g_utf8_find_prev_char (valid, valid + ISMB_AUDIT_TEXT_MAX + 1);
  return g_strdup_printf ("%.*s… [%" G_GSIZE_FORMAT " bytes, SHA-256 %s]", (int) (end - valid),
                          valid, strlen (text), hash);
}

static void
add_text (GVariantBuilder *row, const char *text)
{
  g_variant_builder_add_value (row, g_variant_new_take_string (bounded (text)));
}

static void
add_number (GVariantBuilder *row, gint64 number)
{
  g_variant_builder_add (row, "x", number);
}

/* With `hash` last. */
static GVariant *
make_row (IsmbAudit *self, const IsmbAuditEntry *entry, gint64 time, const char *hash)
{
  GVariantBuilder row;

  g_variant_builder_init (&row, G_VARIANT_TYPE ("(xxxssssssxssssss)"));
  add_number (&row, self->end.id + 1);
  add_number (&row, entry->about);
  add_number (&row, time);
  add_text (&row, entry->kind);
  add_text (&row, entry->who);
  add_text (&row, entry->role);
  add_text (&row, entry->origin);
  add_text (&row, entry->device);
  add_text (&row, entry->what);
  add_number (&row, entry->size);
  add_text (&row, entry->sha256);
  add_text (&row, entry->verdict);
  add_text (&row, entry->rule);
  add_text (&row, entry->outcome);
  add_text (&row, self->end.hash);
  add_text (&row, hash);
  return g_variant_ref_sink (g_variant_builder_end (&row));
}

gint64
ismb_audit_append (IsmbAudit *self, const IsmbAuditEntry *entry, IsmbStoreDone done,
                   gpointer user_data)
{
  gint64 now = g_get_real_time ();
  g_autoptr (GVariant) bare = make_row (self, entry, now, "");
  g_autofree char *hash = ismb_audit_row_hash (bare);
  g_autoptr (GVariant) row = make_row (self, entry, now, hash);
  Append *append = g_new0 (Append, 1);

  append->self = g_object_ref (self);
  append->done = done;
  append->user_data = user_data;
  mark_set (&append->mark, self->end.id + 1, hash);
  mark_set (&self->end, append->mark.id, hash);
  self->on_their_way++;
  ismb_store_write (self->store,
                    "INSERT INTO audit (" ISMB_AUDIT_COLUMNS
                    ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                    row, on_appended, append);
  return append->mark.id;
}

static void
on_listed (GPtrArray *rows, const GError *error, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GVariantBuilder list;

  if (error != NULL)
    {
      g_task_return_error (task, g_error_copy (error));
      return;
    }
  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < rows->len; i++)
    g_variant_builder_add_value (&list, ismb_audit_row_describe (g_ptr_array_index (rows, i)));
  g_task_return_pointer (task, g_variant_ref_sink (g_variant_builder_end (&list)),
                         (GDestroyNotify) g_variant_unref);
}

void
ismb_audit_list_async (IsmbAudit *self, gint64 after, gint64 since, guint limit,
                       GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  gint64 rows = CLAMP (limit, 1, ISMB_AUDIT_PAGE_MAX);

  g_task_set_source_tag (task, ismb_audit_list_async);
  ismb_store_query (self->store,
                    "SELECT " ISMB_AUDIT_COLUMNS
                    " FROM audit WHERE id > ? AND time >= ? ORDER BY id LIMIT ?",
                    g_variant_new ("(xxx)", after, since, rows), ISMB_AUDIT_ROW_TYPE, on_listed,
                    g_steal_pointer (&task));
}

GVariant *
ismb_audit_list_finish (IsmbAudit *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
on_checked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  IsmbAudit *self = g_task_get_source_object (task);
  g_autoptr (GError) error = NULL;
  GVariant *verdict = ismb_audit_check_finish (result, &error);

  self->checks--;
  prune (self);
  if (verdict != NULL)
    g_task_return_pointer (task, verdict, (GDestroyNotify) g_variant_unref);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

void
ismb_audit_verify_async (IsmbAudit *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, ismb_audit_verify_async);
  self->checks++;
  ismb_audit_check_async (self->store, self->written.id, self->written.hash, on_checked,
                          g_steal_pointer (&task));
}

GVariant *
ismb_audit_verify_finish (IsmbAudit *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
