/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-dials.h"

#define AT_ONCE 32u
#define PACE (G_USEC_PER_SEC / 20)
#define AHEAD (G_USEC_PER_SEC - PACE) /* a second's worth may begin together */

gboolean
ismb_dials_begin (IsmbDials *self, IsmbDialReason reason)
{
  guint places = AT_ONCE + reason * AT_ONCE / 2;
  gint64 ahead = AHEAD + reason * (G_USEC_PER_SEC / 2);
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
