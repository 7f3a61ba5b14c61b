/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How long to wait before a connection is tried again: twice as long each time, within bounds, and
 * by chance somewhat shorter, so that a thousand switches that lost the same server do not come
 * back in one moment. Zeroed, nothing has failed yet. */
typedef struct
{
  guint failures; /* in a row */
} IsmbBackoff;

/* Milliseconds; `delay` the first time, at most `max`, and between half of that and all of it. */
guint ismb_backoff_next (IsmbBackoff *self, guint delay, guint max);
/* After the loss of a session that had held: soon, as the server may well be there, and within half
 * a `delay`. What fails next has failed once. */
guint ismb_backoff_soon (IsmbBackoff *self, guint delay);
void ismb_backoff_reset (IsmbBackoff *self);

G_END_DECLS
