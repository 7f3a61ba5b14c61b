/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-roster-item-private.h"
#include "ismb/client/ismb-roster.h"
#include "ismb/core/ismb-iq.h"

G_BEGIN_DECLS

IsmbRoster *_ismb_roster_new (IsmbOwnPresence *own);
/* The items of a roster result (`whole`: what is not in it is not listed) or push; a result without
 * a query says that nothing has changed. */
void _ismb_roster_take_items (IsmbRoster *self, IsmbIq *iq, gboolean whole);
IsmbRosterChange _ismb_roster_take_presence (IsmbRoster *self, IsmbPresence *presence);
/* The session is over: nobody is known to be present. */
void _ismb_roster_end_session (IsmbRoster *self);
/* The contact of that address, borrowed; NULL where there is none. */
IsmbRosterItem *_ismb_roster_find (IsmbRoster *self, IsmbJid *jid);
/* The same, but one is made where there is none; NULL where there is no room. `unasked`: a stranger
 * may have made us do it, so there is less. */
IsmbRosterItem *_ismb_roster_ensure (IsmbRoster *self, IsmbJid *jid, gboolean unasked);

G_END_DECLS
