/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-link-context.h"

G_BEGIN_DECLS

/* What entitles the other side of a link to be heard: what its certificate has proven, as long as
 * that holds. All its streams have proven the same key, so one warrant is for all of them. Zeroed,
 * there is none. */
typedef struct
{
  IsmbProof *proof; /* the last one; NULL: none yet */
  IsmbTrust trust;
  gboolean met; /* a foreigner, of whom there is no proof, was there before */
} IsmbWarrant;

/* A stream has proven this, or one that is open has said it of its key. TRUE: of another device
 * than before. Of the same device, the certificate that ends later is the newer one, and stays. */
gboolean ismb_warrant_take       (IsmbWarrant *self, const IsmbLinkContext *context,
                                  const IsmbProof *proof);
/* Has it not ended? In an open fabric nobody says when one does, nor of foreigners. */
gboolean ismb_warrant_holds      (const IsmbWarrant *self, const IsmbLinkContext *context);
/* Is it a member's, as far as is known, or a foreigner's who was there before? */
gboolean ismb_warrant_is_given   (const IsmbWarrant *self);
/* The device is out, for ever; who it was remains known. */
void     ismb_warrant_revoke     (IsmbWarrant *self);
/* Its fabric is ours no more: it has proven nothing. */
void     ismb_warrant_clear      (IsmbWarrant *self);
/* The id that was proven, or NULL. */
const char *ismb_warrant_get_device_id (const IsmbWarrant *self);

G_END_DECLS
