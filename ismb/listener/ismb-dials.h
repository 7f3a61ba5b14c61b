/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The dials of a listener to whom nobody has proven to be yet. Anybody on a link can announce
 * names, and addresses of third parties with them: there are at most 20 such dials a second, 32 at
 * once. Where there is something to say to somebody, he does not wait behind the merely curious: 20
 * and 32 more are for those. Zeroed, there was none. */
typedef struct
{
  guint running;
  gint64 due; /* monotonic: when the next would begin, did they keep their pace */
} IsmbDials;

/* FALSE: not now; nobody waits in a line, ask again. */
gboolean ismb_dials_begin (IsmbDials *self, gboolean urgent);
void     ismb_dials_end   (IsmbDials *self);

G_END_DECLS
