/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-link-context.h"
#include "ismb/listener/ismb-source.h"
#include "ismb/stream/ismb-stream.h"

G_BEGIN_DECLS

/* Whoever comes in the name of a foreign domain, until he has proven it: by a certificate that the
 * federate-ca= vouches for (SASL EXTERNAL), or by a dialback key of which that domain's own server
 * says that it is its own. He may ask about ours meanwhile. */
typedef struct _IsmbGuest IsmbGuest;

/* Once. The owner frees the guest in it. `sends`: he takes stanzas on this stream (XEP-0288). */
typedef void (*IsmbGuestProven) (IsmbGuest *self, gboolean sends, gpointer owner);

/* `domain`: one of the context's foreigners. The stream is the owner's, and outlives the guest. */
IsmbGuest  *ismb_guest_new        (IsmbLinkContext *context, IsmbStream *stream,
                                   const IsmbSource *source, const char *domain,
                                   IsmbGuestProven proven, gpointer owner);
void        ismb_guest_free       (IsmbGuest *self);
const char *ismb_guest_get_domain (IsmbGuest *self);
/* What came on the stream. `fault`: the stream error that the header earns, or NULL. */
void        ismb_guest_header     (IsmbGuest *self, const IsmbStreamHeader *header,
                                   const char *fault);
void        ismb_guest_frame      (IsmbGuest *self, IsmbFrame *frame);

/* A foreign server asks, on whichever stream of its own, whether a dialback key is ours. */
void        ismb_guest_answer     (const IsmbLinkContext *context, IsmbStream *stream,
                                   const IsmbFrame *request, const char *domain);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbGuest, ismb_guest_free)

G_END_DECLS
