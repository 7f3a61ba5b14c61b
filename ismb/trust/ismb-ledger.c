/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.trust.ledger"

#include "config.h"
#include "ismb/trust/ismb-ledger.h"

#include "ismb/core/ismb-error.h"
#include "ismb/trust/ismb-state-file.h"

struct _IsmbLedger
{
  char *path;
  GHashTable *holders; /* domain => Holder, owned */
};

typedef struct
{
  char *device_id;
  gint64 expiry;
} Holder;

static Holder *
holder_new (const char *device_id, gint64 expiry)
{
  Holder *holder = g_new (Holder, 1);

  holder->device_id = g_strdup (device_id);
  holder->expiry = expiry;
  return holder;
}

static void
holder_free (gpointer data)
{
  Holder *holder = data;

  g_free (holder->device_id);
  g_free (holder);
}

void
ismb_ledger_free (IsmbLedger *self)
{
  g_free (self->path);
  g_hash_table_unref (self->holders);
  g_free (self);
}

static gboolean
has_ended (const Holder *holder, gint64 now)
{
  return holder->expiry <= now;
}

static gboolean
take_line (char **words, gpointer user_data)
{
  IsmbLedger *self = user_data;
  gint64 expiry = 0;

  if (!g_ascii_string_to_signed (words[2], 10, 0, G_MAXINT64, &expiry, NULL))
    return FALSE;
  g_hash_table_insert (self->holders, g_strdup (words[0]), holder_new (words[1], expiry));
  return TRUE;
}

IsmbLedger *
ismb_ledger_load (const char *path, GError **error)
{
  g_autoptr (IsmbLedger) self = g_new0 (IsmbLedger, 1);

  self->path = g_strdup (path);
  self->holders = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, holder_free);
  return ismb_state_file_read_lines (path, 3, "a domain, a device id and a time in unix seconds",
                                     take_line, self, error)
             ? g_steal_pointer (&self)
             : NULL;
}

const char *
ismb_ledger_get_holder (IsmbLedger *self, const char *domain, gint64 now)
{
  const Holder *holder = g_hash_table_lookup (self->holders, domain);

  return holder != NULL && !has_ended (holder, now) ? holder->device_id : NULL;
}

gboolean
ismb_ledger_has_other (IsmbLedger *self, const char *device_id, const char *domain, gint64 now)
{
  GHashTableIter iter;
  gpointer value = NULL;
  gboolean holds = FALSE;

  if (g_strcmp0 (ismb_ledger_get_holder (self, domain, now), device_id) == 0)
    return FALSE;
  g_hash_table_iter_init (&iter, self->holders);
  while (!holds && g_hash_table_iter_next (&iter, NULL, &value))
    holds = !has_ended (value, now) && g_str_equal (((Holder *) value)->device_id, device_id);
  return holds;
}

/* Those that have ended are left out: the file is as long as the fabric is large. */
static gboolean
save (IsmbLedger *self, gint64 now, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  GHashTableIter iter;
  gpointer domain = NULL, value = NULL;

  g_hash_table_iter_init (&iter, self->holders);
  while (g_hash_table_iter_next (&iter, &domain, &value))
    {
      const Holder *holder = value;

      if (!has_ended (holder, now))
        g_string_append_printf (text, "%s %s %" G_GINT64_FORMAT "\n", (char *) domain,
                                holder->device_id, holder->expiry);
    }
  return ismb_state_file_write (self->path, text->str, error);
}

static void
warn_of_change (const char *domain, const Holder *holder, const char *device_id)
{
  g_autoptr (GDateTime) expiry = g_date_time_new_from_unix_utc (holder->expiry);
  g_autofree char *until = expiry != NULL ? g_date_time_format_iso8601 (expiry) : g_strdup ("?");

  g_warning ("%s goes from device %s, whose certificate others believe until %s, to device %s",
             domain, holder->device_id, until, device_id);
}

gboolean
ismb_ledger_enter (IsmbLedger *self, const char *domain, const char *device_id, gint64 expiry,
                   gint64 now, GError **error)
{
  gpointer old_domain = NULL, old_holder = NULL;
  gboolean known = g_hash_table_steal_extended (self->holders, domain, &old_domain, &old_holder);

  g_hash_table_insert (self->holders, g_strdup (domain), holder_new (device_id, expiry));
  if (!save (self, now, error))
    {
      if (known)
        g_hash_table_replace (self->holders, old_domain, old_holder);
      else
        g_hash_table_remove (self->holders, domain);
      return FALSE;
    }
  if (known && !has_ended (old_holder, now) &&
      !g_str_equal (((Holder *) old_holder)->device_id, device_id))
    warn_of_change (domain, old_holder, device_id);
  g_free (old_domain);
  g_clear_pointer (&old_holder, holder_free);
  return TRUE;
}

gboolean
ismb_ledger_forget (IsmbLedger *self, const char *device_id, gint64 now, GError **error)
{
  GHashTableIter iter;
  gpointer value = NULL;

  g_hash_table_iter_init (&iter, self->holders);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (g_str_equal (((Holder *) value)->device_id, device_id))
      g_hash_table_iter_remove (&iter);
  return save (self, now, error);
}

void
ismb_ledger_foreach (IsmbLedger *self, gint64 now, IsmbLedgerFunc func, gpointer user_data)
{
  GHashTableIter iter;
  gpointer domain = NULL, value = NULL;

  g_hash_table_iter_init (&iter, self->holders);
  while (g_hash_table_iter_next (&iter, &domain, &value))
    {
      const Holder *holder = value;

      if (!has_ended (holder, now))
        func (domain, holder->device_id, holder->expiry, user_data);
    }
}
