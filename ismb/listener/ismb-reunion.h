/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-peers.h"
#include "ismb/store/ismb-neighbours.h"

G_BEGIN_DECLS

/* A listener that starts again knows at once whom it knew when it ended, however that was: it
 * dials them, and what is sent to them waits for the link instead of coming back from a domain
 * that nobody has announced yet. Who was neither reached nor announced within a minute is
 * forgotten. */
typedef struct _IsmbReunion IsmbReunion;

/* Dials; keeps the neighbours true to what the peers tell from now on. */
IsmbReunion *ismb_reunion_new  (IsmbPeers *peers, IsmbNeighbours *neighbours, IsmbPoller *poller);
void         ismb_reunion_free (IsmbReunion *self);
/* Discovery has told of that one: when it is to be forgotten, discovery will say. */
void         ismb_reunion_note_announced (IsmbReunion *self, const char *domain);

G_END_DECLS
