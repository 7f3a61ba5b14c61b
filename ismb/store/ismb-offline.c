/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.store.offline"

#include "config.h"
#include "ismb/store/ismb-offline.h"

#include <string.h>

#define READ_AT_ONCE 64 /* rows */

struct _IsmbOffline
{
  GObject parent_instance;
  IsmbStore *store;
  IsmbAccounts *accounts;
  guint messages_max; /* of one account */
  gsize bytes_max;
  gint64 next;          /* number */
  GHashTable *places;   /* account => Place, owned */
  GHashTable *pending;  /* set of Keeping, by number: no word yet of the commit */
  GHashTable *leaving;  /* set of Dropping, by number: no word yet of that either */
  GHashTable *arrived;  /* set of gint64, owned: the disk would not have them dropped */
  guint again;          /* of these, that are being dropped once more */
};

/* What waits for one account. */
typedef struct
{
  gint64 first; /* older numbers were of an account of the same name that is gone */
  guint messages;
  gsize bytes;
} Place;

/* A write of one message. The number comes first: it is the key. */
typedef struct
{
  gint64 number;
  IsmbOffline *offline; /* a reference */
  char *account;
  gsize length;
  gboolean dropped; /* meanwhile */
  IsmbStoreDone done;
  gpointer user_data;
} Keeping;

typedef struct
{
  IsmbOffline *offline; /* a reference */
  char *account;
  IsmbOfflineFunc each;
  IsmbStoreDone done;
  gpointer user_data;
} Reading;

typedef struct
{
  gint64 number;
  IsmbOffline *offline; /* a reference */
  gboolean again;
} Dropping;

G_DEFINE_FINAL_TYPE (IsmbOffline, ismb_offline, G_TYPE_OBJECT)

static void
ismb_offline_finalize (GObject *object)
{
  IsmbOffline *self = ISMB_OFFLINE (object);

  g_hash_table_unref (self->arrived);
  g_hash_table_unref (self->leaving);
  g_hash_table_unref (self->pending);
  g_hash_table_unref (self->places);
  g_clear_object (&self->accounts);
  g_clear_object (&self->store);
  G_OBJECT_CLASS (ismb_offline_parent_class)->finalize (object);
}

static void
ismb_offline_class_init (IsmbOfflineClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ismb_offline_finalize;
}

static void
ismb_offline_init (IsmbOffline *self)
{
  self->places = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->pending = g_hash_table_new (g_int64_hash, g_int64_equal);
  self->leaving = g_hash_table_new (g_int64_hash, g_int64_equal);
  self->arrived = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  self->next = 1;
}

static void
on_place (GVariant *row, gpointer user_data)
{
  IsmbOffline *self = user_data;
  const char *account = NULL;
  gint64 messages = 0, bytes = 0, last = 0;
  Place *place;

  g_variant_get (row, "(&sxxx)", &account, &messages, &bytes, &last);
  self->next = MAX (self->next, last + 1);
  if (!ismb_accounts_has (self->accounts, account))
    return;
  place = g_new0 (Place, 1);
  place->messages = messages;
  place->bytes = bytes;
  g_hash_table_insert (self->places, g_strdup (account), place);
}

/* The rows went with it (a trigger of the schema); what is dropped of them later is nothing. */
static void
on_account_removed (IsmbOffline *self, const char *account)
{
  g_hash_table_remove (self->places, account);
}

IsmbOffline *
ismb_offline_load (IsmbStore *store, IsmbAccounts *accounts, guint messages, gsize bytes,
                   GError **error)
{
  g_autoptr (IsmbOffline) self = g_object_new (ISMB_TYPE_OFFLINE, NULL);

  self->store = g_object_ref (store);
  self->accounts = g_object_ref (accounts);
  self->messages_max = messages;
  self->bytes_max = bytes;
  if (!ismb_store_read (store,
                        "SELECT account, count(*), sum(size), max(number) FROM offline"
                        " GROUP BY account",
                        "(sxxx)", on_place, self, error))
    return NULL;
  ismb_store_write (store, "DELETE FROM offline WHERE account NOT IN (SELECT name FROM account)",
                    NULL, NULL, NULL);
  g_signal_connect_object (accounts, "removed", G_CALLBACK (on_account_removed), self,
                           G_CONNECT_SWAPPED);
  return g_steal_pointer (&self);
}

gboolean
ismb_offline_has_room (IsmbOffline *self)
{
  return self->messages_max > 0 && self->bytes_max > 0;
}

/* Keeping */

static Place *
ensure_place (IsmbOffline *self, const char *account)
{
  Place *place = g_hash_table_lookup (self->places, account);

  if (place != NULL)
    return place;
  place = g_new0 (Place, 1);
  place->first = self->next;
  g_hash_table_insert (self->places, g_strdup (account), place);
  return place;
}

/* Makes the room free that `number` had. */
static void
leave_place (IsmbOffline *self, const char *account, gint64 number, gsize length)
{
  Place *place = g_hash_table_lookup (self->places, account);

  if (place == NULL || number < place->first)
    return;
  place->messages--;
  place->bytes -= length;
  if (place->messages == 0)
    g_hash_table_remove (self->places, account);
}

static void drop_row (IsmbOffline *self, gint64 number, gboolean again);

/* There is room on the disk again, it seems. */
static void
drop_arrived (IsmbOffline *self)
{
  GHashTableIter iter;
  gpointer number;

  if (self->again > 0)
    return;
  g_hash_table_iter_init (&iter, self->arrived);
  while (g_hash_table_iter_next (&iter, &number, NULL))
    drop_row (self, *(gint64 *) number, TRUE);
}

static void
on_dropped (const GError *error, gpointer user_data)
{
  Dropping *dropping = user_data;
  g_autoptr (IsmbOffline) self = dropping->offline;

  if (dropping->again)
    self->again--;
  else
    g_hash_table_remove (self->leaving, dropping);
  if (error != NULL)
    g_hash_table_add (self->arrived, g_memdup2 (&dropping->number, sizeof dropping->number));
  else
    {
      g_hash_table_remove (self->arrived, &dropping->number);
      drop_arrived (self);
    }
  g_free (dropping);
}

static void
drop_row (IsmbOffline *self, gint64 number, gboolean again)
{
  Dropping *dropping = g_new0 (Dropping, 1);

  *dropping = (Dropping){ number, g_object_ref (self), again };
  if (again)
    self->again++;
  else
    g_hash_table_add (self->leaving, dropping);
  ismb_store_write (self->store, "DELETE FROM offline WHERE number = ?",
                    g_variant_new ("(x)", number), on_dropped, dropping);
}

static void
on_kept (const GError *error, gpointer user_data)
{
  Keeping *keeping = user_data;
  g_autoptr (IsmbOffline) self = keeping->offline;

  g_hash_table_remove (self->pending, keeping);
  if (error != NULL && !keeping->dropped)
    leave_place (self, keeping->account, keeping->number, keeping->length);
  if (error == NULL)
    drop_arrived (self);
  keeping->done (error, keeping->user_data);
  g_free (keeping->account);
  g_free (keeping);
}

static gboolean
has_room (IsmbOffline *self, const char *account, gsize length)
{
  const Place *place = g_hash_table_lookup (self->places, account);
  guint messages = place != NULL ? place->messages : 0;
  gsize bytes = place != NULL ? place->bytes : 0;

  return messages < self->messages_max && length <= self->bytes_max &&
         bytes <= self->bytes_max - length;
}

gboolean
ismb_offline_takes (IsmbOffline *self, const char *account)
{
  return ismb_offline_has_room (self) && ismb_accounts_is_kept (self->accounts, account);
}

gint64
ismb_offline_keep (IsmbOffline *self, const char *account, gint64 time, const char *stanza,
                   gsize length, IsmbStoreDone done, gpointer user_data)
{
  g_autofree char *text = NULL;
  Keeping *keeping;
  Place *place;

  if (!ismb_accounts_is_kept (self->accounts, account) || !has_room (self, account, length))
    return 0;
  place = ensure_place (self, account);
  place->messages++;
  place->bytes += length;
  keeping = g_new0 (Keeping, 1);
  *keeping = (Keeping){ self->next++, g_object_ref (self), g_strdup (account), length,
                        .done = done, .user_data = user_data };
  g_hash_table_add (self->pending, keeping);
  text = g_strndup (stanza, length);
  ismb_store_write (self->store,
                    "INSERT INTO offline (number, account, time, size, stanza) VALUES (?,?,?,?,?)",
                    g_variant_new ("(xsxxs)", keeping->number, account, time, (gint64) length,
                                   text),
                    on_kept, keeping);
  return keeping->number;
}

void
ismb_offline_drop (IsmbOffline *self, const char *account, gint64 number, gsize length)
{
  Keeping *keeping = g_hash_table_lookup (self->pending, &number);

  if (keeping != NULL)
    keeping->dropped = TRUE;
  leave_place (self, account, number, length);
  drop_row (self, number, FALSE);
}

guint
ismb_offline_count (IsmbOffline *self, const char *account)
{
  const Place *place = g_hash_table_lookup (self->places, account);

  return place != NULL ? place->messages : 0;
}

/* Reading */

static void
reading_free (Reading *reading)
{
  g_object_unref (reading->offline);
  g_free (reading->account);
  g_free (reading);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Reading, reading_free)

static void query (Reading *reading, gint64 after);

/* It may have been read just before it was dropped. */
static gboolean
is_gone (IsmbOffline *self, gint64 number)
{
  return g_hash_table_contains (self->leaving, &number) ||
         g_hash_table_contains (self->arrived, &number);
}

/* Whether there was one that has not arrived; `last`: the number of the last. */
static gboolean
tell_rows (Reading *reading, GPtrArray *rows, gint64 *last)
{
  gboolean told = FALSE;

  for (guint i = 0; i < rows->len; i++)
    {
      IsmbOfflineMessage message = { 0 };

      g_variant_get (g_ptr_array_index (rows, i), "(xx&s)", &message.number, &message.time,
                     &message.stanza);
      *last = message.number;
      if (is_gone (reading->offline, message.number))
        continue;
      message.length = strlen (message.stanza);
      reading->each (&message, reading->user_data);
      told = TRUE;
    }
  return told;
}

static void
on_rows (GPtrArray *rows, const GError *error, gpointer user_data)
{
  g_autoptr (Reading) reading = user_data;
  gint64 last = 0;

  if (error == NULL && !tell_rows (reading, rows, &last) && rows->len == READ_AT_ONCE)
    query (g_steal_pointer (&reading), last);
  else
    reading->done (error, reading->user_data);
}

/* Takes `reading`. */
static void
query (Reading *reading, gint64 after)
{
  ismb_store_query (reading->offline->store,
                    "SELECT number, time, stanza FROM offline WHERE account = ? AND number > ?"
                    " ORDER BY number LIMIT " G_STRINGIFY (READ_AT_ONCE),
                    g_variant_new ("(sx)", reading->account, after), "(xxs)", on_rows, reading);
}

void
ismb_offline_read (IsmbOffline *self, const char *account, gint64 after, IsmbOfflineFunc each,
                   IsmbStoreDone done, gpointer user_data)
{
  Reading *reading = g_new0 (Reading, 1);

  *reading = (Reading){ g_object_ref (self), g_strdup (account), each, done, user_data };
  query (reading, after);
}
