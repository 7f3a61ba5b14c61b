/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-iq.h"

G_BEGIN_DECLS

/* A file that is offered (XEP-0095, XEP-0096) with its SHA-256 (XEP-0300) and, in urn:ismb:file:1,
 * its place below the receiver's files root and whether it may replace one there. */
typedef struct
{
  char *sid;    /* names the transfer and its stream; 1 to 64 printable ASCII characters */
  char *path;   /* as it was said; not checked */
  guint64 size; /* bytes */
  char *sha256; /* lower-case hex */
  gboolean overwrite;
} IsmbOffer;

IsmbOffer *ismb_offer_new       (const char *path, guint64 size, const char *sha256,
                                 gboolean overwrite);
void       ismb_offer_free      (IsmbOffer *self);
IsmbIq    *ismb_offer_to_iq     (IsmbOffer *self, IsmbJid *to);
/* ISMB_ERROR_BAD_STANZA says what is missing: also where no way for the bytes that we know is
 * offered. */
IsmbOffer *ismb_offer_parse     (IsmbIq *iq, GError **error);
/* Makes an offer the answer that chooses the in-band stream; whether an answer does. */
IsmbIq    *ismb_offer_accept    (IsmbIq *offer);
gboolean   ismb_offer_is_accepted (IsmbIq *answer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbOffer, ismb_offer_free)

G_END_DECLS
