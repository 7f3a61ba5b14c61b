/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-presence-service.h"
#include "ismb/listener/ismb-question.h"
#include "ismb/store/ismb-profiles.h"

G_BEGIN_DECLS

/* For how long the listener has been up, and an account away (XEP-0012). Notes departures as the
 * presence service tells them. */
#define ISMB_TYPE_LAST_ACTIVITY (ismb_last_activity_get_type ())
G_DECLARE_FINAL_TYPE (IsmbLastActivity, ismb_last_activity, ISMB, LAST_ACTIVITY, GObject)

IsmbLastActivity *ismb_last_activity_new    (IsmbRoutes *routes, IsmbProfiles *profiles,
                                             IsmbPresenceService *presence);
/* Adds to `reply` or returns the condition of an error. */
const char       *ismb_last_activity_answer (IsmbLastActivity *self, const IsmbQuestion *question,
                                             IsmbTree *reply);

G_END_DECLS
