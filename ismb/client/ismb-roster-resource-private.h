/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-roster-resource.h"
#include "ismb/core/ismb-presence.h"

G_BEGIN_DECLS

/* `jid` is a full address. */
IsmbRosterResource *_ismb_roster_resource_new (IsmbJid *jid);
/* What an available presence says of it; `age` is higher the newer it is. Whether show or status
 * are others now. */
gboolean _ismb_roster_resource_take (IsmbRosterResource *self, IsmbPresence *presence, guint64 age);
/* Whether it is to be preferred: by priority, then by age. */
gboolean _ismb_roster_resource_beats (IsmbRosterResource *self, IsmbRosterResource *other);

G_END_DECLS
