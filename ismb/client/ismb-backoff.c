/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/client/ismb-backoff.h"

#include "ismb/core/ismb-random.h"

#define DOUBLINGS_MAX 31

/* From `low` to `high`. */
static guint
draw (guint low, guint high)
{
  guint64 word;

  ismb_random_fill (&word, sizeof word);
  return (guint) (low + word % ((guint64) high - low + 1));
}

guint
ismb_backoff_next (IsmbBackoff *self, guint delay, guint max)
{
  guint64 whole = (guint64) delay << MIN (self->failures, DOUBLINGS_MAX);

  if (self->failures < G_MAXUINT)
    self->failures++;
  whole = MIN (whole, max);
  return draw ((guint) (whole / 2), (guint) whole);
}

guint
ismb_backoff_soon (IsmbBackoff *self, guint delay)
{
  self->failures = 0;
  return draw (0, delay / 2);
}

void
ismb_backoff_reset (IsmbBackoff *self)
{
  self->failures = 0;
}
