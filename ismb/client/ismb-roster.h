/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/core/ismb-jid.h>

G_BEGIN_DECLS

#define ISMB_TYPE_ROSTER (ismb_roster_get_type ())
G_DECLARE_FINAL_TYPE (IsmbRoster, ismb_roster, ISMB, ROSTER, GObject)

char **ismb_roster_list_jids (IsmbRoster *self);
const char *ismb_roster_get_subscription (IsmbRoster *self, const char *jid);
char **ismb_roster_list_resources (IsmbRoster *self, const char *jid);
char *ismb_roster_get_best_resource (IsmbRoster *self, const char *jid);
const char *ismb_roster_get_show (IsmbRoster *self, const char *jid, const char *resource);
const char *ismb_roster_get_status (IsmbRoster *self, const char *jid, const char *resource);
int ismb_roster_get_priority (IsmbRoster *self, const char *jid, const char *resource);

G_END_DECLS
