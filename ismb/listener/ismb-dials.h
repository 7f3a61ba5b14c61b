/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The dials of a listener to whom nobody has proven to be yet. Anybody on a link can announce
 * names, and addresses of third parties with them: there are at most 20 such dials a second, 32 at
 * once. Who is announced to be of our own fabric does not wait behind the merely curious: 10 and 16
 * more are for those; nor does anybody to whom there is something to say: as many again. Zeroed,
 * there was none. */
typedef enum
{
  ISMB_DIAL_CURIOUS,
  ISMB_DIAL_KIN,
  ISMB_DIAL_URGENT,
} IsmbDialReason;

typedef struct
{
  guint running;
  gint64 due; /* monotonic: when the next would begin, did they keep their pace */
} IsmbDials;

/* FALSE: not now; nobody waits in a line, ask again. */
gboolean ismb_dials_begin (IsmbDials *self, IsmbDialReason reason);
void     ismb_dials_end   (IsmbDials *self);

G_END_DECLS
