/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/stream/ismb-stream.h"

G_BEGIN_DECLS

/* The streams of a link: at most one that we opened and one that the other side did, which of them
 * our stanzas go out on, and those that we ended and whose last stanzas still come. Zeroed, there
 * are none. */
typedef struct
{
  IsmbStream *outgoing, *incoming;            /* or NULL */
  gboolean outgoing_receives, incoming_sends; /* XEP-0288 */
  IsmbStream *sending; /* one of the two, borrowed, or NULL: the same one as long as it stands, so
                        * that stanzas stay in order */
  GPtrArray *leaving;
} IsmbLanes;

/* Abandons all of them. */
void     ismb_lanes_clear       (IsmbLanes *self);
/* Abandons the two, as nothing more is to be expected of them. */
void     ismb_lanes_drop        (IsmbLanes *self);
gboolean ismb_lanes_is_open     (const IsmbLanes *self);
/* In the place of the one that is there and ends. `slot` is outgoing or incoming. */
void     ismb_lanes_put         (IsmbLanes *self, IsmbStream **slot, IsmbStream *stream);
/* Out of its slot, whose reference the caller has then; FALSE: it is in none. */
gboolean ismb_lanes_take_out    (IsmbLanes *self, IsmbStream *stream);
/* Ends one of the two so that nothing is lost that is under way on it: what comes until the other
 * side's end is still taken. */
void     ismb_lanes_leave       (IsmbLanes *self, IsmbStream *stream);
void     ismb_lanes_leave_both  (IsmbLanes *self);
/* Says goodbye to the two (a stream error condition, or NULL), and nothing more is heard on any. */
void     ismb_lanes_end         (IsmbLanes *self, const char *condition);
/* The same for the one of the two that is not `stream`, if there is one. */
void     ismb_lanes_end_other   (IsmbLanes *self, IsmbStream *stream, const char *condition);
/* One of those that we ended is gone; FALSE: it was none of them. */
gboolean ismb_lanes_forget      (IsmbLanes *self, IsmbStream *stream);
/* Sees to `sending`. */
void     ismb_lanes_choose      (IsmbLanes *self);
guint64  ismb_lanes_count_heard (const IsmbLanes *self); /* bytes, on the two */

G_END_DECLS
