/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-backlog.h"
#include "ismb/listener/ismb-congestion.h"
#include "ismb/listener/ismb-lane.h"

G_BEGIN_DECLS

/* What a link has to say: it goes out on a lane, waits for one, for as long and in as many bytes as
 * the context allows, or goes back. */
typedef struct
{
  IsmbLink *link; /* whose it is */
  IsmbLinkContext *context;
  const char *domain;
  IsmbBacklog backlog;
  IsmbWatch watch;            /* no descriptor: the first has waited long enough */
  IsmbCongestion *congestion; /* while the other side reads too slowly */
  guint64 sent;               /* stanzas */
} IsmbOutbox;

void ismb_outbox_init  (IsmbOutbox *self, IsmbLink *link, IsmbLinkContext *context,
                        const char *domain);
void ismb_outbox_clear (IsmbOutbox *self);
/* Goes out, or back if it is too long or the lane is full. */
void ismb_outbox_send  (IsmbOutbox *self, IsmbLane *lane, IsmbFrame *frame);
/* All that waited goes out. */
void ismb_outbox_flush (IsmbOutbox *self, IsmbLane *lane);
/* Waits for a lane; goes back where there is no room. */
void ismb_outbox_keep  (IsmbOutbox *self, IsmbFrame *frame);
/* Goes back, with that stanza error. */
void ismb_outbox_bounce     (IsmbOutbox *self, IsmbFrame *frame, const char *condition);
/* The same for all that waited. */
void ismb_outbox_bounce_all (IsmbOutbox *self, const char *condition);
/* The same for what is worth nothing later: requests, answers, who is present. */
void ismb_outbox_bounce_passing (IsmbOutbox *self, const char *condition);
/* What went out and was never acknowledged is the first to go out again, where it is worth it; the
 * rest goes back. Frees the tether. */
void ismb_outbox_take_back (IsmbOutbox *self, IsmbTether *tether);
/* The same of what waits on a stream without XEP-0198 and will not go out there. */
void ismb_outbox_take_unsent (IsmbOutbox *self, IsmbStream *stream);
/* As ismb_outbox_take_back (), where nobody is left to send it to: all goes back, in its order. */
void ismb_outbox_bounce_unacked (IsmbOutbox *self, IsmbTether *tether, const char *condition);
gboolean ismb_outbox_is_empty (const IsmbOutbox *self); /* nothing waits */
/* Is it to arrive, however late (a message, what changes a subscription)? */
gboolean ismb_outbox_is_lasting (const IsmbFrame *frame);

G_END_DECLS
