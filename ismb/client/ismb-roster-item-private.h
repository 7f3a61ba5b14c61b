/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-own-presence.h"
#include "ismb/client/ismb-roster-item.h"
#include "ismb/core/ismb-presence.h"
#include "ismb/core/ismb-tree.h"

G_BEGIN_DECLS

/* What a presence changed, in SleekXMPP's terms; the events follow. */
typedef enum
{
  ISMB_ROSTER_NOTHING = 0,
  ISMB_ROSTER_GOT_ONLINE = 1 << 0,
  ISMB_ROSTER_CHANGED_STATUS = 1 << 1,
  ISMB_ROSTER_GOT_OFFLINE = 1 << 2,
} IsmbRosterChange;

/* Whether they see our presence, where we know better than the roster does as yet. */
typedef enum
{
  ISMB_SIGHT_AS_LISTED,
  ISMB_SIGHT_GRANTED,
  ISMB_SIGHT_ENDED,
} IsmbSight;

/* `jid` is a bare address. */
IsmbRosterItem *_ismb_roster_item_new (IsmbJid *jid, IsmbOwnPresence *own);
IsmbOwnPresence *_ismb_roster_item_peek_own (IsmbRosterItem *self);
const char *_ismb_roster_item_peek_bare (IsmbRosterItem *self);
/* What the server's roster says of it, an `<item/>`; NULL: it is not in there. The caller holds
 * the notifications back until the roster is right. */
void _ismb_roster_item_take (IsmbRosterItem *self, const IsmbNode *node);
/* A presence of one of its resources: available, unavailable. */
IsmbRosterChange _ismb_roster_item_take_arrival (IsmbRosterItem *self, IsmbPresence *presence,
                                                 guint64 age);
IsmbRosterChange _ismb_roster_item_take_departure (IsmbRosterItem *self, IsmbJid *from);
/* The session is over: nobody is known to be present. */
void _ismb_roster_item_end_session (IsmbRosterItem *self);
void _ismb_roster_item_set_pending_in (IsmbRosterItem *self, gboolean pending_in);
void _ismb_roster_item_set_sight (IsmbRosterItem *self, IsmbSight sight);
gboolean _ismb_roster_item_sees_us (IsmbRosterItem *self);
/* Whether for the reason alone that they see us we have asked to see them. */
gboolean _ismb_roster_item_get_asked_back (IsmbRosterItem *self);
void _ismb_roster_item_set_asked_back (IsmbRosterItem *self, gboolean asked_back);
/* Whether nobody gave it a name, groups or a word of their own. */
gboolean _ismb_roster_item_is_plain (IsmbRosterItem *self);
/* Whether it is worth keeping though the server does not list it. */
gboolean _ismb_roster_item_is_in_use (IsmbRosterItem *self);

/* IsmbRosterItem's properties, which its functions read and write. */
typedef enum
{
  ITEM_JID = 1,
  ITEM_NAME,
  ITEM_GROUPS,
  ITEM_SUBSCRIPTION,
  ITEM_SUBSCRIPTION_FROM,
  ITEM_SUBSCRIPTION_TO,
  ITEM_PENDING_IN,
  ITEM_PENDING_OUT,
  ITEM_LISTED,
  ITEM_WHITELISTED,
  ITEM_ONLINE,
  ITEM_BEST_RESOURCE,
  N_ITEM_PROPERTIES
} IsmbRosterItemProperty;

void _ismb_roster_item_install_properties (GObjectClass *object_class);
void _ismb_roster_item_notify (GObject *item, IsmbRosterItemProperty property);

G_END_DECLS
