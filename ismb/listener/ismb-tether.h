/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/net/ismb-poller.h"
#include "ismb/stream/ismb-stream.h"

G_BEGIN_DECLS

/* What XEP-0198 knows of the stanzas between us and another listener, and what outlives the
 * stream they go on: which of ours it has not acknowledged, and how far we answer for its own.
 * Tied to a stream, it sends and acknowledges there; loose, it waits for the stream on which the
 * two resume. */
typedef struct _IsmbTether IsmbTether;

/* `expired`: it was loose for `keep` milliseconds. */
typedef void (*IsmbTetherExpired) (IsmbTether *self, gpointer owner);

/* `id` NULL: it cannot be resumed. */
IsmbTether *ismb_tether_new (IsmbPoller *poller, const char *id, guint keep,
                             IsmbTetherExpired expired, gpointer owner);
/* Lets go of what it holds: give that back before. */
void        ismb_tether_free (IsmbTether *self);
const char *ismb_tether_get_id (const IsmbTether *self); /* or NULL */
/* The `h` for <resume/> or <resumed/>. Nothing else is acknowledged until it is tied again: the
 * other side sends again what follows, and what we have of that already is told by its place. */
guint32     ismb_tether_tell_handled (IsmbTether *self);
/* Borrows the stream; what is not acknowledged goes out on it again, in its order. */
void        ismb_tether_tie  (IsmbTether *self, IsmbStream *stream);
void        ismb_tether_loose (IsmbTether *self);
/* A stanza came: FALSE where it came before. */
gboolean    ismb_tether_receive (IsmbTether *self, IsmbFrame *frame);
/* FALSE: the other side cannot have counted that. */
gboolean    ismb_tether_acknowledged (IsmbTether *self, guint32 h);
/* It asks how far we are, and is told at the end of the turn. */
void        ismb_tether_answer (IsmbTether *self);
void        ismb_tether_send (IsmbTether *self, IsmbFrame *frame);
/* Asks how far it is; it has to answer. */
void        ismb_tether_ask  (IsmbTether *self);
guint       ismb_tether_count_unacked (const IsmbTether *self); /* of ours */
gsize       ismb_tether_get_bytes (const IsmbTether *self);     /* of these */
/* Has each side answered for all that the other sent, as far as we know? */
gboolean    ismb_tether_is_even (IsmbTether *self);
/* The first that is neither acknowledged nor answered, for another way; nothing can be resumed
 * then. (transfer full) */
IsmbFrame  *ismb_tether_pop  (IsmbTether *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbTether, ismb_tether_free)

G_END_DECLS
