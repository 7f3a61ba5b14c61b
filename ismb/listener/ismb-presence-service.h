/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-routes.h"
#include "ismb/store/ismb-rosters.h"

G_BEGIN_DECLS

/* Presence and subscriptions of the local accounts (RFC 6121, 3 and 4, appendix A). */
#define ISMB_TYPE_PRESENCE_SERVICE (ismb_presence_service_get_type ())
G_DECLARE_FINAL_TYPE (IsmbPresenceService, ismb_presence_service, ISMB, PRESENCE_SERVICE, GObject)

IsmbPresenceService *ismb_presence_service_new (IsmbRoutes *routes, IsmbRosters *rosters);
/* From a local session, `from` stamped: initial, broadcast, directed, subscription. */
void ismb_presence_service_outbound   (IsmbPresenceService *self, IsmbResource *resource, IsmbFrame *presence);
/* To a local account, from a local one or from a link. */
void ismb_presence_service_inbound    (IsmbPresenceService *self, IsmbFrame *presence);
/* The session is gone, orderly or not: unavailable to whom it may concern. Called before it leaves the routes. */
void ismb_presence_service_gone       (IsmbPresenceService *self, IsmbResource *resource);
/* No way to that domain any more: its contacts became unavailable to our accounts. */
void ismb_presence_service_domain_lost (IsmbPresenceService *self, const char *domain);
/* A way to that domain (again): our available resources are announced to their subscribers there, and
 * contacts there are probed. */
void ismb_presence_service_domain_up  (IsmbPresenceService *self, const char *domain);
/* Is any presence shared with that domain? Then the link stays open (liveness). */
gboolean ismb_presence_service_shares (IsmbPresenceService *self, const char *domain);
/* Signal `roster-changed` (account, contact): the roster service pushes. */

G_END_DECLS
