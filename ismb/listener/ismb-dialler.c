/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-dialler.h"

#define CROWDED 100 /* ms until a dial that got no place is tried again */

void
ismb_dialler_clear (IsmbDialler *self, IsmbLinkContext *context)
{
  g_autoptr (IsmbOutbound) outbound = ismb_dialler_end (self, context);

  self->crowded = FALSE;
}

gboolean
ismb_dialler_shows_something (const IsmbLinkContext *context)
{
  return context->tls != NULL && context->fabric != NULL &&
         (ismb_fabric_get_mode (context->fabric) == ISMB_FABRIC_OPEN ||
          ismb_fabric_is_member (context->fabric));
}

gboolean
ismb_dialler_can_dial (const IsmbDialler *self, const IsmbLinkContext *context)
{
  return ismb_candidate_is_somewhere (&self->candidate) && ismb_dialler_shows_something (context);
}

void
ismb_dialler_dial (IsmbDialler *self, IsmbLinkContext *context, const char *domain, gboolean proven,
                   const IsmbOutboundCallbacks *callbacks, gpointer owner)
{
  self->crowded = !proven && !ismb_dials_begin (&context->dials);
  if (self->crowded)
    return;
  self->counted = !proven;
  ismb_candidate_note_dial (&self->candidate);
  self->outbound =
      ismb_outbound_new (context, domain, (const char *const *) self->candidate.addresses,
                         self->candidate.ports, callbacks, owner);
}

IsmbOutbound *
ismb_dialler_end (IsmbDialler *self, IsmbLinkContext *context)
{
  if (self->counted)
    ismb_dials_end (&context->dials);
  self->counted = FALSE;
  return g_steal_pointer (&self->outbound);
}

guint
ismb_dialler_get_pause (const IsmbDialler *self, gboolean urgent)
{
  if (!self->crowded)
    return ismb_candidate_get_pause (&self->candidate);
  return urgent ? CROWDED : 10 * CROWDED;
}
