/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-penalties.h"

#define PACE (10 * G_USEC_PER_SEC)
#define BURST 5
#define OWED_MAX 6 /* guesses: whoever has stopped is soon forgiven */

typedef struct
{
  char *source;
  gint64 due; /* when the next guess would come, did they keep their pace */
  GList link;
} Penalty;

struct _IsmbPenalties
{
  GHashTable *penalties; /* source, the penalty's, to Penalty, owned */
  GQueue ages;           /* of Penalty, the one whose last guess is longest ago first */
  gint64 pace, ahead;    /* as much as that may `due` be ahead of the time */
};

static void
penalty_free (gpointer data)
{
  Penalty *penalty = data;

  g_free (penalty->source);
  g_free (penalty);
}

IsmbPenalties *
ismb_penalties_new (void)
{
  return ismb_penalties_new_paced (PACE, BURST);
}

IsmbPenalties *
ismb_penalties_new_paced (gint64 pace, guint burst)
{
  IsmbPenalties *self = g_new0 (IsmbPenalties, 1);

  self->penalties = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, penalty_free);
  g_queue_init (&self->ages);
  self->pace = pace;
  self->ahead = (burst - 1) * pace;
  return self;
}

void
ismb_penalties_free (IsmbPenalties *self)
{
  g_hash_table_unref (self->penalties);
  g_free (self);
}

gboolean
ismb_penalties_allows (IsmbPenalties *self, const char *source, gint64 now)
{
  return ismb_penalties_get_wait (self, source, now) == 0;
}

gint64
ismb_penalties_get_wait (IsmbPenalties *self, const char *source, gint64 now)
{
  const Penalty *penalty = g_hash_table_lookup (self->penalties, source);

  return penalty != NULL ? MAX (penalty->due - now - self->ahead, 0) : 0;
}

static void
forget_oldest (IsmbPenalties *self)
{
  GList *oldest = g_queue_pop_head_link (&self->ages);

  g_hash_table_remove (self->penalties, ((Penalty *) oldest->data)->source);
}

static Penalty *
make_penalty (IsmbPenalties *self, const char *source)
{
  Penalty *penalty = g_new0 (Penalty, 1);

  if (self->ages.length >= ISMB_PENALTIES_MAX)
    forget_oldest (self);
  penalty->source = g_strdup (source);
  penalty->link.data = penalty;
  g_queue_push_tail_link (&self->ages, &penalty->link);
  g_hash_table_insert (self->penalties, penalty->source, penalty);
  return penalty;
}

void
ismb_penalties_add (IsmbPenalties *self, const char *source, gint64 now)
{
  Penalty *penalty = g_hash_table_lookup (self->penalties, source);

  if (penalty == NULL)
    penalty = make_penalty (self, source);
  penalty->due = MIN (MAX (penalty->due, now) + self->pace,
                      now + self->ahead + OWED_MAX * self->pace);
  g_queue_unlink (&self->ages, &penalty->link);
  g_queue_push_tail_link (&self->ages, &penalty->link);
}

guint
ismb_penalties_get_count (IsmbPenalties *self)
{
  return self->ages.length;
}
