/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-candidate.h"
#include "ismb/listener/ismb-link-context.h"
#include "ismb/listener/ismb-outbound.h"

G_BEGIN_DECLS

/* Never from inside a call of the owner's. */
typedef struct
{
  /* The owner takes the stream over, and a reference of its own. `receives`: stanzas may come on it
   * too; `managed`: XEP-0198 is offered on it. */
  void (*established) (IsmbStream *stream, gboolean receives, gboolean managed,
                       const IsmbProof *proof, gpointer owner);
  /* `stranger`: the device that answered, a member in other virtual routers only, or NULL. */
  void (*failed)      (const GError *error, const char *stranger, gpointer owner);
} IsmbDiallerCallbacks;

/* How a link is dialled: where, when, and whether there is a place for it among those to whom
 * nobody has proven to be yet. Zeroed, it is nowhere. */
typedef struct
{
  IsmbCandidate candidate;
  IsmbLinkContext *context;
  const IsmbDiallerCallbacks *callbacks;
  gpointer owner;
  IsmbOutbound *outbound; /* under way, or NULL */
  gboolean crowded;       /* the last dial got no place: it is to be tried again */
  gboolean counted;       /* the one that is under way has a place */
} IsmbDialler;

void          ismb_dialler_init            (IsmbDialler *self, IsmbLinkContext *context,
                                            const IsmbDiallerCallbacks *callbacks, gpointer owner);
/* Gives up what is under way. */
void          ismb_dialler_stop            (IsmbDialler *self);
/* Would whoever is said to be there be turned away: a device that was revoked? `proven`: the id
 * that was proven last, or NULL. Only when that one is out is the announcement asked whether
 * another device has got the name: else anybody could bar a member. */
gboolean      ismb_dialler_is_barred       (const IsmbDialler *self, const char *proven);
gboolean      ismb_dialler_can_dial        (const IsmbDialler *self, const char *proven);
/* `proven`: who is there was there before, and needs no place; `urgent`: there is something to say.
 * Look at `outbound` then. */
void          ismb_dialler_dial            (IsmbDialler *self, const char *domain, gboolean proven,
                                            gboolean urgent);
/* Milliseconds until it may dial. `urgent`: there is something to say, which gets a place before
 * mere curiosity does. */
guint         ismb_dialler_get_pause       (const IsmbDialler *self, gboolean urgent);

G_END_DECLS
