/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.link"

#include "config.h"
#include "ismb/listener/ismb-warrant.h"

static gboolean
is_open (const IsmbLinkContext *context)
{
  return ismb_fabric_get_mode (context->fabric) == ISMB_FABRIC_OPEN;
}

/* The registrar let it, and the person there may have been deceived. */
static void
warn_of_change (const IsmbWarrant *self, const IsmbProof *proof)
{
  g_warning ("%s was device %s and is device %s now: if that switch was not replaced, somebody has"
             " taken its name",
             proof->names->domain, self->proof->names->device_id, proof->names->device_id);
}

gboolean
ismb_warrant_take (IsmbWarrant *self, const IsmbLinkContext *context, const IsmbProof *proof)
{
  const char *former = ismb_warrant_get_device_id (self);
  gboolean changed;

  self->met = context->foreign;
  if (context->foreign)
    return FALSE;
  changed = former != NULL && !g_str_equal (former, proof->names->device_id);
  if (changed)
    warn_of_change (self, proof);
  self->trust = is_open (context) ? ISMB_TRUST_OPEN : ISMB_TRUST_MEMBER;
  if (former != NULL && !changed && self->proof->expiry > proof->expiry)
    return FALSE;
  g_clear_pointer (&self->proof, ismb_proof_free);
  self->proof = ismb_proof_copy (proof);
  return changed;
}

gboolean
ismb_warrant_holds (const IsmbWarrant *self, const IsmbLinkContext *context)
{
  return context->foreign || is_open (context) ||
         (self->proof != NULL &&
          self->proof->expiry > ismb_clock_now (ismb_fabric_get_clock (context->fabric)));
}

gboolean
ismb_warrant_is_given (const IsmbWarrant *self)
{
  return self->met || self->trust == ISMB_TRUST_MEMBER || self->trust == ISMB_TRUST_OPEN;
}

void
ismb_warrant_revoke (IsmbWarrant *self)
{
  self->trust = ISMB_TRUST_REVOKED;
}

void
ismb_warrant_clear (IsmbWarrant *self)
{
  self->trust = ISMB_TRUST_PENDING;
  g_clear_pointer (&self->proof, ismb_proof_free);
}

const char *
ismb_warrant_get_device_id (const IsmbWarrant *self)
{
  return self->proof != NULL ? self->proof->names->device_id : NULL;
}
