/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/stream/ismb-frame.h"

G_BEGIN_DECLS

/* Stanzas that went out on a stream with XEP-0198 and that the other side has not acknowledged.
 * Zeroed, there is none. */
typedef struct
{
  GQueue frames;
  guint32 acked; /* the `h` that was heard last */
  gsize bytes;
} IsmbUnacked;

void       ismb_unacked_push   (IsmbUnacked *self, IsmbFrame *frame);
/* Lets go of what `h` covers. FALSE: it counts more than was sent (XEP-0198, 4: the stream ends
 * with handled-count-too-high), or fewer than before; nothing is changed. */
gboolean   ismb_unacked_ack    (IsmbUnacked *self, guint32 h);
guint      ismb_unacked_count  (const IsmbUnacked *self);
guint32    ismb_unacked_get_sent (const IsmbUnacked *self); /* how many went out, modulo 2^32 */
/* The first, or NULL: it is to be sent elsewhere, and counts as if it had never been. (transfer
 * full) */
IsmbFrame *ismb_unacked_pop    (IsmbUnacked *self);
void       ismb_unacked_clear  (IsmbUnacked *self);

G_END_DECLS
