/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-roster.h"
#include "ismb/core/ismb-iq.h"
#include "ismb/core/ismb-presence.h"

G_BEGIN_DECLS

/* What a presence changed, in SleekXMPP's terms; the events follow. */
typedef enum
{
  ISMB_ROSTER_NOTHING = 0,
  ISMB_ROSTER_GOT_ONLINE = 1 << 0,
  ISMB_ROSTER_CHANGED_STATUS = 1 << 1,
  ISMB_ROSTER_GOT_OFFLINE = 1 << 2,
} IsmbRosterChange;

IsmbRoster *_ismb_roster_new (void);
/* The items of a roster result (`whole`: what is not in it is gone) or push. */
void _ismb_roster_take_items (IsmbRoster *self, IsmbIq *iq, gboolean whole);
IsmbRosterChange _ismb_roster_take_presence (IsmbRoster *self, IsmbPresence *presence);
/* The session is over: nobody is known to be present. */
void _ismb_roster_clear_resources (IsmbRoster *self);

G_END_DECLS
