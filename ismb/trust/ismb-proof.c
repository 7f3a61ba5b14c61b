/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/trust/ismb-proof.h"

IsmbProof *
ismb_proof_new (IsmbNames *names, gint64 expiry)
{
  IsmbProof *self = g_new0 (IsmbProof, 1);

  self->names = names;
  self->expiry = expiry;
  return self;
}

IsmbProof *
ismb_proof_copy (const IsmbProof *self)
{
  return ismb_proof_new (ismb_names_copy (self->names), self->expiry);
}

void
ismb_proof_free (IsmbProof *self)
{
  ismb_names_free (self->names);
  g_free (self);
}
