/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-presence-service.h"
#include "ismb/listener/ismb-routes.h"
#include "ismb/store/ismb-rosters.h"

G_BEGIN_DECLS

/* The roster as a client sees and edits it (RFC 6121, 2). Changes of subscriptions come by the
 * presence service's signal `roster-changed` and are pushed here as well. */
#define ISMB_TYPE_ROSTER_SERVICE (ismb_roster_service_get_type ())
G_DECLARE_FINAL_TYPE (IsmbRosterService, ismb_roster_service, ISMB, ROSTER_SERVICE, GObject)

IsmbRosterService *ismb_roster_service_new (IsmbRoutes *routes, IsmbRosters *rosters,
                                            IsmbPresenceService *presence);
/* Adds the whole roster to the answer `reply`, or nothing where `query` says that the client has
 * this version already (2.6); the resource, NULL if it has left, gets pushes from now on. */
void               ismb_roster_service_get (IsmbRosterService *self, const char *account,
                                            IsmbResource *resource, const IsmbNode *query,
                                            IsmbTree *reply);
/* Does what a <query/> of type set wants. Returns NULL, or the condition of the error to answer
 * with. */
const char        *ismb_roster_service_set (IsmbRosterService *self, const char *account,
                                            const IsmbNode *query);

G_END_DECLS
