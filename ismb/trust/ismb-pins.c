/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.trust.pins"

#include "config.h"
#include "ismb/trust/ismb-pins.h"

#include "ismb/core/ismb-error.h"
#include "ismb/trust/ismb-state-file.h"

#define PINS_MAX 10000

struct _IsmbPins
{
  char *path;
  GHashTable *ids; /* domain => device id */
};

void
ismb_pins_free (IsmbPins *self)
{
  g_free (self->path);
  g_hash_table_unref (self->ids);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbPins, ismb_pins_free)

static gboolean
take_line (char **words, gpointer user_data)
{
  IsmbPins *self = user_data;

  g_hash_table_insert (self->ids, g_strdup (words[0]), g_strdup (words[1]));
  return TRUE;
}

IsmbPins *
ismb_pins_load (const char *path, GError **error)
{
  g_autoptr (IsmbPins) self = g_new0 (IsmbPins, 1);

  self->path = g_strdup (path);
  self->ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return ismb_state_file_read_lines (path, 2, "a domain and a device id", take_line, self, error)
             ? g_steal_pointer (&self)
             : NULL;
}

static gboolean
save (IsmbPins *self, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  GHashTableIter iter;
  gpointer domain = NULL, id = NULL;

  g_hash_table_iter_init (&iter, self->ids);
  while (g_hash_table_iter_next (&iter, &domain, &id))
    g_string_append_printf (text, "%s %s\n", (char *) domain, (char *) id);
  return ismb_state_file_write (self->path, text->str, error);
}

static gboolean
pin (IsmbPins *self, const char *domain, const char *device_id, GError **error)
{
  if (g_hash_table_size (self->ids) >= PINS_MAX)
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
                   "%s is refused: %d switches are pinned already in %s, which is the limit",
                   domain, PINS_MAX, self->path);
      return FALSE;
    }
  g_hash_table_insert (self->ids, g_strdup (domain), g_strdup (device_id));
  if (!save (self, error))
    {
      g_hash_table_remove (self->ids, domain);
      return FALSE;
    }
  g_warning ("trust=open: %s is believed to be device %s, because it came first; nobody has "
             "vouched for it",
             domain, device_id);
  return TRUE;
}

gboolean
ismb_pins_check (IsmbPins *self, const char *domain, const char *device_id, GError **error)
{
  const char *known = g_hash_table_lookup (self->ids, domain);

  if (known == NULL)
    return pin (self, domain, device_id, error);
  if (g_str_equal (known, device_id))
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
               "%s was device %s and shows itself as device %s now; if that is right, remove its "
               "line from %s"
               " and restart",
               domain, known, device_id, self->path);
  g_warning ("%s", error != NULL ? (*error)->message : domain);
  return FALSE;
}
