/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Whom presence reaches beside the subscribers that the rosters name: who was shown it directly,
 * with which remote domains it is shared at all, and which of these may have missed some. */
typedef struct _IsmbAudience IsmbAudience;

IsmbAudience *ismb_audience_new           (void);
void          ismb_audience_free          (IsmbAudience *self);

/* Directed presence of one resource (any pointer that is its own). At most 1,000 addresses: FALSE
 * beyond. */
gboolean ismb_audience_add_directed (IsmbAudience *self, gconstpointer resource,
                                     const char *address);
void ismb_audience_remove_directed (IsmbAudience *self, gconstpointer resource,
                                    const char *address);
/* All addresses, which are forgotten; NULL where there are none. (transfer full), a set of char* */
GHashTable   *ismb_audience_take_directed   (IsmbAudience *self, gconstpointer resource);

/* One contact more (+1) or less (-1) in that domain. TRUE: the first came, or the last went. */
gboolean      ismb_audience_count         (IsmbAudience *self, const char *domain, int change);
gboolean      ismb_audience_shares        (IsmbAudience *self, const char *domain);

void          ismb_audience_note_missed   (IsmbAudience *self, const char *domain);
gboolean ismb_audience_forget_missed (IsmbAudience *self, const char *domain); /* was it noted? */

G_END_DECLS
