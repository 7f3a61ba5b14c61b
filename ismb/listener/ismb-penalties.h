/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Who has guessed wrong of late, by where he comes from: so many times in a burst, then at a pace.
 * Of 1,024 sources at most: whose last guess is longest ago is forgotten first. */
typedef struct _IsmbPenalties IsmbPenalties;

#define ISMB_PENALTIES_MAX 1024

/* Five in a burst, then one in ten seconds. */
IsmbPenalties *ismb_penalties_new    (void);
/* `pace`: microseconds. */
IsmbPenalties *ismb_penalties_new_paced (gint64 pace, guint burst);
void           ismb_penalties_free   (IsmbPenalties *self);
/* May it try now? `now`: monotonic, microseconds. */
gboolean       ismb_penalties_allows (IsmbPenalties *self, const char *source, gint64 now);
/* Microseconds until it may; six times the pace at most. */
gint64         ismb_penalties_get_wait (IsmbPenalties *self, const char *source, gint64 now);
/* It was wrong. */
void           ismb_penalties_add    (IsmbPenalties *self, const char *source, gint64 now);
guint          ismb_penalties_get_count (IsmbPenalties *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbPenalties, ismb_penalties_free)

G_END_DECLS
