/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-candidate.h"
#include "ismb/listener/ismb-link-context.h"
#include "ismb/listener/ismb-outbound.h"

G_BEGIN_DECLS

/* How a link is dialled: where, when, and whether there is a place for it among those to whom
 * nobody has proven to be yet. Zeroed, it is nowhere. */
typedef struct
{
  IsmbCandidate candidate;
  IsmbOutbound *outbound; /* under way, or NULL */
  gboolean crowded;       /* the last dial got no place: it is to be tried again */
  gboolean counted;       /* the one that is under way has a place */
} IsmbDialler;

void          ismb_dialler_clear           (IsmbDialler *self, IsmbLinkContext *context);
/* A certificate: without one there is no sense in dialling. */
gboolean      ismb_dialler_shows_something (const IsmbLinkContext *context);
gboolean      ismb_dialler_can_dial        (const IsmbDialler *self,
                                            const IsmbLinkContext *context);
/* `proven`: who is there was there before, and needs no place. Look at `outbound` then. */
void          ismb_dialler_dial            (IsmbDialler *self, IsmbLinkContext *context,
                                            const char *domain, gboolean proven,
                                            const IsmbOutboundCallbacks *callbacks, gpointer owner);
/* What was under way is the caller's to free. */
IsmbOutbound *ismb_dialler_end             (IsmbDialler *self, IsmbLinkContext *context);
/* Milliseconds until it may dial. `urgent`: there is something to say, which gets a place before
 * mere curiosity does. */
guint         ismb_dialler_get_pause       (const IsmbDialler *self, gboolean urgent);

G_END_DECLS
