/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-backlog.h"
#include "ismb/listener/ismb-congestion.h"
#include "ismb/listener/ismb-link-context.h"
#include "ismb/stream/ismb-stream.h"

G_BEGIN_DECLS

/* What a link has to say: it goes out on a stream, waits for one, or goes back. */
typedef struct
{
  IsmbLink *link; /* whose it is */
  IsmbLinkContext *context;
  const char *domain;
  IsmbBacklog backlog;
  IsmbCongestion *congestion; /* while the other side reads too slowly */
  guint64 sent;               /* stanzas */
} IsmbOutbox;

void ismb_outbox_init  (IsmbOutbox *self, IsmbLink *link, IsmbLinkContext *context,
                        const char *domain);
void ismb_outbox_clear (IsmbOutbox *self);
/* Goes out, or back if it is too long or the stream is full. */
void ismb_outbox_send  (IsmbOutbox *self, IsmbStream *stream, IsmbFrame *frame);
/* All that waited goes out. */
void ismb_outbox_flush (IsmbOutbox *self, IsmbStream *stream);
/* Waits until it is known whether the other side can be reached; goes back where there is no room. */
void ismb_outbox_keep  (IsmbOutbox *self, IsmbFrame *frame);
/* Goes back, with that stanza error. */
void ismb_outbox_bounce     (IsmbOutbox *self, IsmbFrame *frame, const char *condition);
/* The same for all that waited. */
void ismb_outbox_bounce_all (IsmbOutbox *self, const char *condition);
gboolean ismb_outbox_is_empty (IsmbOutbox *self); /* nothing waits */

G_END_DECLS
