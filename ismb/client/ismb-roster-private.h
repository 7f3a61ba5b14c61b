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
/* Who sees our presence, as far as we know: at that domain, or NULL for all. */
guint _ismb_roster_count_subscribers (IsmbRoster *self, const char *domain);
/* They see our presence from now on; `asked_back`: for that reason alone we ask for theirs. FALSE
 * where there is no room. */
gboolean _ismb_roster_approve (IsmbRoster *self, IsmbJid *from, gboolean asked_back);
/* They want to see our presence no more. TRUE: nothing that anybody wanted is left in their item,
 * which is known to have no name either. */
gboolean _ismb_roster_withdraw (IsmbRoster *self, IsmbJid *from, gboolean *asked_back);
/* The session is over: nobody is known to be present. */
void _ismb_roster_clear_resources (IsmbRoster *self);

G_END_DECLS
