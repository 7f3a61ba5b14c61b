/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/trust/ismb-names.h"

G_BEGIN_DECLS

/* What the certificate that somebody showed has proven of him, and until when it does. */
typedef struct
{
  IsmbNames *names;
  gint64 expiry; /* unix seconds */
} IsmbProof;

/* Takes `names`. */
IsmbProof *ismb_proof_new  (IsmbNames *names, gint64 expiry);
IsmbProof *ismb_proof_copy (const IsmbProof *self);
void       ismb_proof_free (IsmbProof *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbProof, ismb_proof_free)

G_END_DECLS
