/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/client/ismb-roster-item.h>

G_BEGIN_DECLS

#define ISMB_TYPE_ROSTER (ismb_roster_get_type ())
G_DECLARE_FINAL_TYPE (IsmbRoster, ismb_roster, ISMB, ROSTER, GObject)

const char *ismb_roster_get_version (IsmbRoster *self);
IsmbRosterItem *ismb_roster_lookup (IsmbRoster *self, const char *jid);
IsmbRosterItem *ismb_roster_add (IsmbRoster *self, const char *jid, GError **error);
char **ismb_roster_list_jids (IsmbRoster *self);
char **ismb_roster_list_groups (IsmbRoster *self);
char **ismb_roster_list_group_jids (IsmbRoster *self, const char *group);

const char *ismb_roster_get_subscription (IsmbRoster *self, const char *jid);
char **ismb_roster_list_resources (IsmbRoster *self, const char *jid);
char *ismb_roster_get_best_resource (IsmbRoster *self, const char *jid);
const char *ismb_roster_get_show (IsmbRoster *self, const char *jid, const char *resource);
const char *ismb_roster_get_status (IsmbRoster *self, const char *jid, const char *resource);
int ismb_roster_get_priority (IsmbRoster *self, const char *jid, const char *resource);

G_END_DECLS
