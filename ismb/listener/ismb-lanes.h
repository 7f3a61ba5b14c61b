/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-lane.h"

G_BEGIN_DECLS

/* The streams of a link: between two of our kind one, and for moments those that come to take its
 * place or leave; to another server one for each direction, where it wants that. Zeroed, there are
 * none. */
typedef struct
{
  GPtrArray *all;    /* of IsmbLane, owned; NULL: none yet */
  IsmbLane *sending; /* borrowed, or NULL: the same one as long as it stands, so that stanzas stay
                      * in order */
} IsmbLanes;

/* Abandons all of them. */
void      ismb_lanes_clear    (IsmbLanes *self);
/* Takes the lane. */
void      ismb_lanes_add      (IsmbLanes *self, IsmbLane *lane);
/* The caller's from now on. */
void      ismb_lanes_take_out (IsmbLanes *self, IsmbLane *lane);
guint     ismb_lanes_count    (const IsmbLanes *self);
IsmbLane *ismb_lanes_get      (const IsmbLanes *self, guint index);
/* Is one there that we have not ended? */
gboolean  ismb_lanes_is_open  (const IsmbLanes *self);
/* One that is being agreed upon. */
gboolean  ismb_lanes_is_rising (const IsmbLanes *self);
/* Sees to `sending`. */
void      ismb_lanes_choose   (IsmbLanes *self);
/* Ends one so that nothing is lost that is under way on it. */
void      ismb_lanes_leave    (IsmbLanes *self, IsmbLane *lane);
guint64   ismb_lanes_count_heard (const IsmbLanes *self); /* bytes, on those that are open */
/* Do all say that nothing is owed? */
gboolean  ismb_lanes_are_even (const IsmbLanes *self);

G_END_DECLS
