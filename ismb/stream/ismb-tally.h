/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/stream/ismb-frame.h"

G_BEGIN_DECLS

/* The stanzas that came on a stream with XEP-0198, and how far we answer for them: `h` counts those
 * up to the first message that is still in our custody (ismb-receipt.h). It is what the other side
 * may forget. What it sent since is counted all the same. */
typedef struct _IsmbTally IsmbTally;

/* `advanced`: `h` has grown; may come from inside any call that lets go of a frame, so it only asks
 * for a turn of its own. */
IsmbTally *ismb_tally_new   (void (*advanced) (gpointer owner), gpointer owner);
/* The owner hears nothing more; receipts that are out end quietly. */
void       ismb_tally_free  (IsmbTally *self);
/* Counts a stanza that came; a message's frame carries a receipt from then on. `frame` has none.
 * FALSE: after ismb_tally_resume () it is one that we have already, and goes nowhere. */
gboolean   ismb_tally_count (IsmbTally *self, IsmbFrame *frame);
/* The other side has been told `h` on a new stream, and repeats what lies beyond it. That counts
 * anew; what of it is still in our custody is known again. */
void       ismb_tally_resume (IsmbTally *self);
guint32    ismb_tally_get_handled (IsmbTally *self); /* `h`, modulo 2^32 */
guint      ismb_tally_get_pending (IsmbTally *self); /* counted, and not in `h` yet */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbTally, ismb_tally_free)

G_END_DECLS
