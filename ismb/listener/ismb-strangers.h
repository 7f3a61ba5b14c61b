/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-link.h"

G_BEGIN_DECLS

/* The links to those who are announced and have proven nothing. Anybody on a link can announce
 * names: 10,000 of them are remembered, and then a new one takes the place of another, one of
 * the oldest, that was dialled in vain if there is such a one. Members are not among them. Where
 * 10,000 names are forged, to dial them takes 500 seconds (ismb-dials), and so long may a
 * newcomer have to wait for his turn in the worst case; if he dials us, he need not. Holds no
 * reference. Zeroed, there are none. */
typedef struct
{
  GQueue links; /* in the order of their coming */
} IsmbStrangers;

/* Its place. */
GList    *ismb_strangers_add     (IsmbStrangers *self, IsmbLink *link);
/* Clears `place`; NULL there is allowed. */
void      ismb_strangers_remove  (IsmbStrangers *self, GList **place);
gboolean  ismb_strangers_is_full (const IsmbStrangers *self);
/* Who is to make room; NULL: all of the oldest have something to say. */
IsmbLink *ismb_strangers_choose  (IsmbStrangers *self);
/* Each once, as soon as it may be. */
void      ismb_strangers_dial    (IsmbStrangers *self);

G_END_DECLS
