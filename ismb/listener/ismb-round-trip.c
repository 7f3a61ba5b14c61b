/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-round-trip.h"

#define WEIGHT 4                     /* the news is a part of so many */
#define PAUSE (60 * G_USEC_PER_SEC)  /* between two that are told for nothing else */
#define SLIGHT 1000                  /* microseconds of difference that nobody cares for */

void
ismb_round_trip_ask (IsmbRoundTrip *self, gint64 now)
{
  self->asked = now;
}

static gboolean
is_news (const IsmbRoundTrip *self, gint64 now)
{
  guint less = MIN (self->last, self->told);
  guint more = MAX (self->last, self->told);

  if (self->told == 0)
    return TRUE;
  return now - self->told_at >= PAUSE && more / 2 >= less && more - less > SLIGHT;
}

gboolean
ismb_round_trip_answer (IsmbRoundTrip *self, gint64 now)
{
  guint64 measured;

  if (self->asked == 0)
    return FALSE;
  measured = CLAMP (now - self->asked, 1, G_MAXUINT);
  self->asked = 0;
  self->last = self->last == 0
                 ? (guint) measured
                 : (guint) (((guint64) self->last * (WEIGHT - 1) + measured) / WEIGHT);
  if (!is_news (self, now))
    return FALSE;
  self->told = self->last;
  self->told_at = now;
  return TRUE;
}

void
ismb_round_trip_forget (IsmbRoundTrip *self)
{
  *self = (IsmbRoundTrip) { 0 };
}
