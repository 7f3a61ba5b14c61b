/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-routes.h"
#include "ismb/store/ismb-accounts.h"
#include "ismb/store/ismb-rosters.h"

G_BEGIN_DECLS

/* Presence and subscriptions of the local accounts (RFC 6121, 3 and 4, appendix A). */
#define ISMB_TYPE_PRESENCE_SERVICE (ismb_presence_service_get_type ())
G_DECLARE_FINAL_TYPE (IsmbPresenceService, ismb_presence_service, ISMB, PRESENCE_SERVICE, GObject)

IsmbPresenceService *ismb_presence_service_new (IsmbRoutes *routes, IsmbRosters *rosters,
                                                IsmbAccounts *accounts);
/* From a local session, `from` stamped with its full address: initial, broadcast, directed,
 * subscription. Sets the resource's available, priority and presence. */
void ismb_presence_service_outbound (IsmbPresenceService *self, IsmbResource *resource,
                                     IsmbFrame *presence);
/* To an account of ours, bare or full, from a link or a bounce; all that is presence belongs here,
 * errors too. */
void ismb_presence_service_inbound    (IsmbPresenceService *self, IsmbFrame *presence);
/* The session is gone, orderly or not: unavailable to whom it may concern. Called before it leaves
 * the routes. */
void ismb_presence_service_gone       (IsmbPresenceService *self, IsmbResource *resource);
/* No way to that domain any more: its contacts became unavailable to our accounts. */
void ismb_presence_service_domain_lost (IsmbPresenceService *self, const char *domain);
/* A way to that domain (again): our available resources are announced to their subscribers there,
 * and contacts there are probed. */
void ismb_presence_service_domain_up  (IsmbPresenceService *self, const char *domain);
/* Does an available account share presence with that domain? Then its link stays open. */
gboolean ismb_presence_service_shares (IsmbPresenceService *self, const char *domain);
/* A client takes `contact` out of its roster: cancels what there is in both directions (RFC
 * 6121, 2.5.2). Called before the entry is removed; emits no `roster-changed`. */
void ismb_presence_service_roster_removed (IsmbPresenceService *self, const char *account,
                                           const char *contact);
/* The account ends: the same for all its contacts. Called when its sessions are gone, before its
 * roster is. */
void ismb_presence_service_account_removed (IsmbPresenceService *self, const char *account);
/* What `was` the contact's subscription is no more: it could not be committed. */
void ismb_presence_service_roster_restored (IsmbPresenceService *self, const char *account,
                                            const char *contact, IsmbSubscription was);
/* Signals: `roster-changed` (account, contact): the roster service pushes;
 *          `shared` (domain, gboolean): what shares () says has changed: the link's persistence;
 *          `departed` (account, const IsmbFrame *): its last resource left, with this presence;
 *          `available` (IsmbResource): it has said so, again or for the first time: what waits for
 *          it may come. */

G_END_DECLS
