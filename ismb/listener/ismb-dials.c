/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-dials.h"

#define AT_ONCE 32u
#define PACE (G_USEC_PER_SEC / 20)
#define AHEAD (G_USEC_PER_SEC - PACE) /* a second's worth may begin together */

gboolean
ismb_dials_begin (IsmbDials *self, gboolean urgent)
{
  guint places = urgent ? 2 * AT_ONCE : AT_ONCE;
  gint64 ahead = urgent ? AHEAD + G_USEC_PER_SEC : AHEAD;
  gint64 now = g_get_monotonic_time ();

  if (self->running >= places || self->due > now + ahead)
    return FALSE;
  self->due = MAX (self->due, now) + PACE;
  self->running++;
  return TRUE;
}

void
ismb_dials_end (IsmbDials *self)
{
  g_return_if_fail (self->running > 0);
  self->running--;
}
