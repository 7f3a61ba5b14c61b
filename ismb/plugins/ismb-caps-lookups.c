/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.plugins.capabilities"

#include "config.h"
#include "ismb/plugins/ismb-caps-lookups.h"

#include <string.h>

#include "ismb/plugins/ismb-caps-hash.h"
#include "ismb/plugins/ismb-disco-private.h"

#define ACTIVE_MAX 8
#define LOOKUPS_MAX 256
#define WITNESSES_MAX 4 /* who are asked for one string */

struct _IsmbCapsLookups
{
  IsmbDisco *disco; /* borrowed */
  gpointer owner;   /* NULL: we are gone */
  IsmbCapsFound found;
  GHashTable *lookups; /* by key */
  GQueue waiting;      /* of those */
  guint active;
  GCancellable *cancellable;
};

typedef struct
{
  IsmbCapsLookups *owner;
  char *key, *node;
  GQueue witnesses; /* of IsmbJid, still to be asked */
  IsmbJid *asked;
  guint count;
} Lookup;

static void
lookup_free (gpointer data)
{
  Lookup *lookup = data;

  g_free (lookup->key);
  g_free (lookup->node);
  g_clear_object (&lookup->asked);
  g_queue_clear_full (&lookup->witnesses, g_object_unref);
  g_free (lookup);
}

IsmbCapsLookups *
ismb_caps_lookups_new (IsmbDisco *disco, gpointer owner, IsmbCapsFound found)
{
  IsmbCapsLookups *self = g_rc_box_new0 (IsmbCapsLookups);

  self->disco = disco;
  self->owner = owner;
  self->found = found;
  self->lookups = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, lookup_free);
  self->cancellable = g_cancellable_new ();
  return self;
}

static void
clear (gpointer data)
{
  IsmbCapsLookups *self = data;

  g_queue_clear (&self->waiting);
  g_hash_table_unref (self->lookups);
  g_object_unref (self->cancellable);
}

static void
unref (IsmbCapsLookups *self)
{
  g_rc_box_release_full (self, clear);
}

void
ismb_caps_lookups_free (IsmbCapsLookups *self)
{
  self->owner = NULL;
  g_cancellable_cancel (self->cancellable);
  unref (self);
}

static void ask_next (IsmbCapsLookups *self, Lookup *lookup);

static void
begin_more (IsmbCapsLookups *self)
{
  while (self->owner != NULL && self->active < ACTIVE_MAX && !g_queue_is_empty (&self->waiting))
    {
      self->active++;
      ask_next (self, g_queue_pop_head (&self->waiting));
    }
}

static void
end (IsmbCapsLookups *self, Lookup *lookup, IsmbDiscoInfo *info)
{
  g_autofree char *key = g_strdup (lookup->key);

  self->active--;
  g_hash_table_remove (self->lookups, key);
  self->found (self->owner, key, info);
}

static gboolean
proves (IsmbDiscoInfo *info, const char *key)
{
  const char *space = strchr (key, ' ');
  g_autofree char *hash = g_strndup (key, space - key);
  g_autofree char *ver = ismb_caps_hash_compute (info, hash);

  return g_strcmp0 (ver, space + 1) == 0;
}

static void
take (IsmbCapsLookups *self, Lookup *lookup, IsmbDiscoInfo *info)
{
  if (info != NULL && proves (info, lookup->key))
    {
      end (self, lookup, info);
      return;
    }
  if (info != NULL) /* it holds for whoever said so, and for nobody else */
    {
      g_info ("%s tells other things of itself than it shows",
              ismb_jid_get_full (lookup->asked));
      _ismb_disco_note (self->disco, lookup->asked, NULL, info);
    }
  ask_next (self, lookup);
}

static void
on_info (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Lookup *lookup = user_data;
  IsmbCapsLookups *self = lookup->owner;
  g_autoptr (IsmbDiscoInfo) info = ismb_disco_get_info_finish (ISMB_DISCO (source), result, NULL);

  if (self->owner != NULL)
    {
      take (self, lookup, info);
      if (self->owner != NULL)
        begin_more (self);
    }
  unref (self);
}

static void
ask_next (IsmbCapsLookups *self, Lookup *lookup)
{
  g_clear_object (&lookup->asked);
  lookup->asked = g_queue_pop_head (&lookup->witnesses);
  if (lookup->asked == NULL)
    {
      end (self, lookup, NULL);
      return;
    }
  g_rc_box_acquire (self);
  ismb_disco_get_info_async (self->disco, lookup->asked, lookup->node, FALSE, self->cancellable,
                             on_info, lookup);
}

void
ismb_caps_lookups_add (IsmbCapsLookups *self, const char *key, const char *node, IsmbJid *jid)
{
  Lookup *lookup = g_hash_table_lookup (self->lookups, key);

  if (lookup == NULL && g_hash_table_size (self->lookups) >= LOOKUPS_MAX)
    return;
  if (lookup == NULL)
    {
      lookup = g_new0 (Lookup, 1);
      lookup->owner = self;
      lookup->key = g_strdup (key);
      lookup->node = g_strdup (node);
      g_hash_table_insert (self->lookups, lookup->key, lookup);
      g_queue_push_tail (&self->waiting, lookup);
    }
  if (lookup->count < WITNESSES_MAX)
    {
      lookup->count++;
      g_queue_push_tail (&lookup->witnesses, g_object_ref (jid));
    }
  begin_more (self);
}
