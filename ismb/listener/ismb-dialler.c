/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-dialler.h"

#include "ismb/listener/ismb-foreigners.h"

#define CROWDED 100 /* ms until a dial that got no place is tried again */

void
ismb_dialler_init (IsmbDialler *self, IsmbLinkContext *context,
                   const IsmbDiallerCallbacks *callbacks, gpointer owner)
{
  self->context = context;
  self->callbacks = callbacks;
  self->owner = owner;
}

/* What was under way is the caller's to free. */
static IsmbOutbound *
end (IsmbDialler *self)
{
  if (self->counted)
    ismb_dials_end (&self->context->dials);
  self->counted = FALSE;
  return g_steal_pointer (&self->outbound);
}

void
ismb_dialler_stop (IsmbDialler *self)
{
  g_autoptr (IsmbOutbound) outbound = end (self);

  self->crowded = FALSE;
}

/* Asked for every link, again and again: no signature is checked for it. Who has come by a
 * certificate that is no member's is turned away. */
static gboolean
may_be_believed (IsmbFabric *fabric)
{
  const IsmbNames *names = ismb_fabric_get_names (fabric);

  if (ismb_fabric_get_mode (fabric) == ISMB_FABRIC_OPEN)
    return TRUE;
  return names != NULL && !ismb_fabric_is_revoked (fabric, names->device_id) &&
         ismb_fabric_get_expiry (fabric) > ismb_clock_now (ismb_fabric_get_clock (fabric));
}

/* A certificate: without one there is no sense in dialling. */
static gboolean
shows_something (const IsmbLinkContext *context)
{
  if (context->foreign)
    return ismb_foreigners_get_tls (context->foreigners) != NULL;
  return context->tls != NULL && context->fabric != NULL && may_be_believed (context->fabric);
}

gboolean
ismb_dialler_is_barred (const IsmbDialler *self, const char *proven)
{
  IsmbFabric *fabric = self->context->fabric;
  const char *announced = self->candidate.device_id;

  if (self->context->foreign || fabric == NULL || (proven == NULL && announced == NULL))
    return FALSE;
  if (proven != NULL && !ismb_fabric_is_revoked (fabric, proven))
    return FALSE;
  return announced == NULL || ismb_fabric_is_revoked (fabric, announced);
}

gboolean
ismb_dialler_can_dial (const IsmbDialler *self, const char *proven)
{
  return ismb_candidate_is_somewhere (&self->candidate) &&
         ismb_virtual_router_get_lack (self->context->place) == NULL &&
         shows_something (self->context) && !ismb_dialler_is_barred (self, proven);
}

static void
on_established (IsmbOutbound *outbound, IsmbStream *stream, gboolean receives, gpointer owner)
{
  IsmbDialler *self = owner;
  g_autoptr (IsmbOutbound) done = end (self);

  ismb_candidate_note_success (&self->candidate, ismb_outbound_get_address (done),
                               ismb_outbound_get_port (done));
  self->callbacks->established (stream, receives, ismb_outbound_offers_management (done),
                                ismb_outbound_get_proof (done), self->owner);
}

static void
on_vain (IsmbOutbound *outbound, gboolean stranger, gpointer owner)
{
  IsmbDialler *self = owner;

  ismb_candidate_note_vain (&self->candidate, ismb_outbound_get_address (outbound),
                            ismb_outbound_get_port (outbound), stranger);
}

static void
on_failed (IsmbOutbound *outbound, const GError *error, gpointer owner)
{
  IsmbDialler *self = owner;
  g_autoptr (IsmbOutbound) done = end (self);

  ismb_candidate_note_failure (&self->candidate);
  self->callbacks->failed (error, ismb_outbound_get_stranger (done), self->owner);
}

static const IsmbOutboundCallbacks outbound_callbacks = {
  .established = on_established,
  .vain = on_vain,
  .failed = on_failed,
};

static IsmbDialReason
find_reason (const IsmbDialler *self, gboolean urgent)
{
  const char *id = ismb_fabric_get_id (self->context->fabric);

  if (urgent)
    return ISMB_DIAL_URGENT;
  return id != NULL && ismb_candidate_is_of (&self->candidate, id) ? ISMB_DIAL_KIN
                                                                   : ISMB_DIAL_CURIOUS;
}

void
ismb_dialler_dial (IsmbDialler *self, const char *domain, gboolean proven, gboolean urgent)
{
  self->crowded
    = !proven && !ismb_dials_begin (&self->context->dials, find_reason (self, urgent));
  if (self->crowded)
    return;
  self->counted = !proven;
  ismb_candidate_note_dial (&self->candidate);
  self->outbound = ismb_outbound_new (self->context, domain,
                                      (const char *const *) self->candidate.addresses,
                                      self->candidate.ports, &outbound_callbacks, self);
}

guint
ismb_dialler_get_pause (const IsmbDialler *self, gboolean urgent)
{
  if (!self->crowded)
    return ismb_candidate_get_pause (&self->candidate, self->context->rest);
  return find_reason (self, urgent) != ISMB_DIAL_CURIOUS ? CROWDED : 10 * CROWDED;
}
