/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/core/ismb-jid.h>

G_BEGIN_DECLS

#define ISMB_TYPE_ROSTER_RESOURCE (ismb_roster_resource_get_type ())
G_DECLARE_FINAL_TYPE (IsmbRosterResource, ismb_roster_resource, ISMB, ROSTER_RESOURCE, GObject)

IsmbJid *ismb_roster_resource_get_jid (IsmbRosterResource *self);
const char *ismb_roster_resource_get_name (IsmbRosterResource *self);
const char *ismb_roster_resource_get_show (IsmbRosterResource *self);
const char *ismb_roster_resource_get_status (IsmbRosterResource *self);
int ismb_roster_resource_get_priority (IsmbRosterResource *self);
const char *ismb_roster_resource_get_caps_node (IsmbRosterResource *self);
const char *ismb_roster_resource_get_caps_ver (IsmbRosterResource *self);
const char *ismb_roster_resource_get_caps_hash (IsmbRosterResource *self);
gint64 ismb_roster_resource_get_idle_since (IsmbRosterResource *self);
gint64 ismb_roster_resource_get_changed_at (IsmbRosterResource *self);

G_END_DECLS
