/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.crowd"

#include "config.h"
#include "ismb/listener/ismb-crowd.h"

#include <sys/resource.h>

#include "ismb/listener/ismb-penalties.h"

#define PLACES_MAX 1024
#define ARRIVALS_PACE (G_USEC_PER_SEC / 50)
#define ARRIVALS_BURST 250

struct _IsmbCrowd
{
  GQueue places;       /* of who waits, oldest first */
  GHashTable *sources; /* key, owned, to the number of its places */
  IsmbPenalties *arrivals;
  guint most;
};

guint
ismb_crowd_count_descriptors (void)
{
  struct rlimit limit;

  return getrlimit (RLIMIT_NOFILE, &limit) == 0 ? MIN (limit.rlim_cur, G_MAXUINT) : PLACES_MAX;
}

IsmbCrowd *
ismb_crowd_new (void)
{
  IsmbCrowd *self = g_new0 (IsmbCrowd, 1);

  g_queue_init (&self->places);
  self->sources = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->arrivals = ismb_penalties_new_paced (ARRIVALS_PACE, ARRIVALS_BURST);
  self->most = CLAMP (ismb_crowd_count_descriptors () / 8, 8, PLACES_MAX);
  return self;
}

void
ismb_crowd_free (IsmbCrowd *self)
{
  g_assert (self->places.length == 0);
  g_hash_table_unref (self->sources);
  ismb_penalties_free (self->arrivals);
  g_free (self);
}

static guint
count (IsmbCrowd *self, const char *source)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (self->sources, source));
}

/* A host's own programs may all start at once. */
static guint
share_of (IsmbCrowd *self, const IsmbSource *source)
{
  return source->local ? self->most / 2 : MAX (self->most / 16, 4);
}

static gboolean
comes_too_often (IsmbCrowd *self, const IsmbSource *source)
{
  return !source->local &&
         !ismb_penalties_allows (self->arrivals, source->key, g_get_monotonic_time ());
}

gboolean
ismb_crowd_admits (IsmbCrowd *self, const IsmbSource *source)
{
  return count (self, source->key) < share_of (self, source) && !comes_too_often (self, source);
}

gboolean
ismb_crowd_admits_suspect (IsmbCrowd *self, const IsmbSource *source)
{
  return count (self, source->key) < MAX (share_of (self, source) / 8, 1) &&
         !comes_too_often (self, source);
}

void
ismb_crowd_join (IsmbCrowd *self, IsmbCrowdPlace *place, gpointer who, const IsmbSource *source)
{
  place->crowd = self;
  place->source = g_strdup (source->key);
  place->link.data = who;
  g_queue_push_tail_link (&self->places, &place->link);
  g_hash_table_replace (self->sources, g_strdup (source->key),
                        GUINT_TO_POINTER (count (self, source->key) + 1));
  if (!source->local)
    ismb_penalties_add (self->arrivals, source->key, g_get_monotonic_time ());
}

static void
forget (IsmbCrowd *self, const char *source)
{
  guint left = count (self, source) - 1;

  if (left > 0)
    g_hash_table_replace (self->sources, g_strdup (source), GUINT_TO_POINTER (left));
  else
    g_hash_table_remove (self->sources, source);
}

void
ismb_crowd_leave (IsmbCrowdPlace *place)
{
  IsmbCrowd *self = g_steal_pointer (&place->crowd);

  if (self == NULL)
    return;
  g_queue_unlink (&self->places, &place->link);
  forget (self, place->source);
  g_clear_pointer (&place->source, g_free);
}

guint
ismb_crowd_get_count (IsmbCrowd *self)
{
  return self->places.length;
}

gpointer
ismb_crowd_get_oldest (IsmbCrowd *self)
{
  return g_queue_peek_head (&self->places);
}

gpointer
ismb_crowd_get_excess (IsmbCrowd *self)
{
  return self->places.length >= self->most ? ismb_crowd_get_oldest (self) : NULL;
}
