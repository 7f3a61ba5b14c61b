/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.store.drafts"

#include "config.h"
#include "ismb/store/ismb-drafts.h"

/* Shared with the writes that are on their way. */
struct _IsmbDrafts
{
  guint ref_count;
  IsmbStore *store;
  IsmbDraftsRestore restore;
  gpointer owner;   /* NULL: it is gone */
  GHashTable *open; /* set of Draft, by account and key; freed with their last write */
};

/* A row of which something is on its way. */
typedef struct
{
  char *account, *key;
  GVariant *kept;   /* on the disk, or NULL */
  GVariant *latest; /* in memory, or NULL */
  guint pending;    /* writes */
  gboolean failed;  /* one of them */
  gboolean forgotten;
} Draft;

typedef struct
{
  IsmbDrafts *drafts; /* a reference */
  Draft *draft;
  GVariant *row;      /* or NULL */
} Write;

static guint
hash_draft (gconstpointer key)
{
  const Draft *draft = key;

  return g_str_hash (draft->account) * 31 + g_str_hash (draft->key);
}

static gboolean
equal_drafts (gconstpointer a, gconstpointer b)
{
  const Draft *one = a, *other = b;

  return g_str_equal (one->account, other->account) && g_str_equal (one->key, other->key);
}

static void
set_row (GVariant **slot, GVariant *row)
{
  GVariant *old = *slot;

  *slot = row != NULL ? g_variant_ref (row) : NULL;
  g_clear_pointer (&old, g_variant_unref);
}

static gboolean
equal_rows (GVariant *one, GVariant *other)
{
  return one == other || (one != NULL && other != NULL && g_variant_equal (one, other));
}

static void
draft_free (Draft *draft)
{
  g_free (draft->account);
  g_free (draft->key);
  g_clear_pointer (&draft->kept, g_variant_unref);
  g_clear_pointer (&draft->latest, g_variant_unref);
  g_free (draft);
}

static void
drafts_unref (IsmbDrafts *self)
{
  if (--self->ref_count > 0)
    return;
  g_hash_table_unref (self->open);
  g_free (self);
}

IsmbDrafts *
ismb_drafts_new (IsmbStore *store, IsmbDraftsRestore restore, gpointer owner)
{
  IsmbDrafts *self = g_new0 (IsmbDrafts, 1);

  self->ref_count = 1;
  self->store = store;
  self->restore = restore;
  self->owner = owner;
  self->open = g_hash_table_new (hash_draft, equal_drafts);
  return self;
}

void
ismb_drafts_close (IsmbDrafts *self)
{
  self->owner = NULL;
  drafts_unref (self);
}

/* All of its writes have ended. */
static void
end (IsmbDrafts *self, Draft *draft)
{
  if (!draft->forgotten)
    g_hash_table_remove (self->open, draft);
  if (!draft->forgotten && draft->failed && self->owner != NULL &&
      !equal_rows (draft->kept, draft->latest))
    self->restore (draft->account, draft->key, draft->kept, self->owner);
  draft_free (draft);
}

/* What is refused at once is told before older writes have ended, so only the last to end
 * judges. */
static void
on_done (const GError *error, gpointer user_data)
{
  Write *write = user_data;
  Draft *draft = write->draft;

  if (error == NULL)
    set_row (&draft->kept, write->row);
  draft->failed |= error != NULL;
  if (--draft->pending == 0)
    end (write->drafts, draft);
  drafts_unref (write->drafts);
  g_clear_pointer (&write->row, g_variant_unref);
  g_free (write);
}

static Draft *
ensure (IsmbDrafts *self, const char *account, const char *key, GVariant *before)
{
  Draft sought = { (char *) account, (char *) key };
  Draft *draft = g_hash_table_lookup (self->open, &sought);

  if (draft != NULL)
    return draft;
  draft = g_new0 (Draft, 1);
  draft->account = g_strdup (account);
  draft->key = g_strdup (key);
  set_row (&draft->kept, before);
  g_hash_table_add (self->open, draft);
  return draft;
}

static GVariant *
sink (GVariant *row)
{
  return row != NULL ? g_variant_ref_sink (row) : NULL;
}

void
ismb_drafts_write (IsmbDrafts *self, const char *account, const char *key, GVariant *before,
                   GVariant *after, const char *sql, GVariant *parameters)
{
  g_autoptr (GVariant) old = sink (before);
  Write *write = g_new0 (Write, 1);

  *write = (Write){ self, ensure (self, account, key, old), sink (after) };
  self->ref_count++;
  write->draft->pending++;
  set_row (&write->draft->latest, write->row);
  ismb_store_write (self->store, sql, parameters, on_done, write);
}

void
ismb_drafts_forget (IsmbDrafts *self, const char *account)
{
  GHashTableIter iter;
  gpointer draft;

  g_hash_table_iter_init (&iter, self->open);
  while (g_hash_table_iter_next (&iter, &draft, NULL))
    if (g_str_equal (((Draft *) draft)->account, account))
      {
        ((Draft *) draft)->forgotten = TRUE;
        g_hash_table_iter_remove (&iter);
      }
}
