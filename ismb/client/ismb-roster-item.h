/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/client/ismb-roster-resource.h>

G_BEGIN_DECLS

#define ISMB_TYPE_ROSTER_ITEM (ismb_roster_item_get_type ())
G_DECLARE_FINAL_TYPE (IsmbRosterItem, ismb_roster_item, ISMB, ROSTER_ITEM, GObject)

IsmbJid *ismb_roster_item_get_jid (IsmbRosterItem *self);
const char *ismb_roster_item_get_name (IsmbRosterItem *self);
const char *const *ismb_roster_item_get_groups (IsmbRosterItem *self);
const char *ismb_roster_item_get_subscription (IsmbRosterItem *self);
gboolean ismb_roster_item_get_subscription_from (IsmbRosterItem *self);
gboolean ismb_roster_item_get_subscription_to (IsmbRosterItem *self);
gboolean ismb_roster_item_get_pending_in (IsmbRosterItem *self);
gboolean ismb_roster_item_get_pending_out (IsmbRosterItem *self);
gboolean ismb_roster_item_get_listed (IsmbRosterItem *self);
gboolean ismb_roster_item_get_whitelisted (IsmbRosterItem *self);
void ismb_roster_item_set_whitelisted (IsmbRosterItem *self, gboolean whitelisted);
gboolean ismb_roster_item_get_online (IsmbRosterItem *self);
IsmbRosterResource *ismb_roster_item_get_best_resource (IsmbRosterItem *self);
IsmbRosterResource *ismb_roster_item_lookup_resource (IsmbRosterItem *self, const char *name);

gboolean ismb_roster_item_subscribe (IsmbRosterItem *self, GError **error);
gboolean ismb_roster_item_unsubscribe (IsmbRosterItem *self, GError **error);
gboolean ismb_roster_item_authorize (IsmbRosterItem *self, GError **error);
gboolean ismb_roster_item_unauthorize (IsmbRosterItem *self, GError **error);
gboolean ismb_roster_item_send_last_presence (IsmbRosterItem *self, GError **error);

G_END_DECLS
