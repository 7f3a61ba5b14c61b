/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-mailbox.h"
#include "ismb/listener/ismb-presence-service.h"
#include "ismb/listener/ismb-routes.h"
#include "ismb/listener/ismb-services.h"

G_BEGIN_DECLS

/* Where a stanza goes (RFC 6120, 10; RFC 6121, 8). It knows whom to ask and holds no one. */
#define ISMB_TYPE_ROUTER (ismb_router_get_type ())
G_DECLARE_FINAL_TYPE (IsmbRouter, ismb_router, ISMB, ROUTER, GObject)

IsmbRouter *ismb_router_new          (IsmbRoutes *routes, IsmbPresenceService *presence,
                                      IsmbServices *services);
/* Messages for accounts without a fit resource wait there from now on; without it they are sent
 * back. */
void        ismb_router_set_offline  (IsmbRouter *self, IsmbOffline *offline);
/* NULL: there is none. */
IsmbMailbox *ismb_router_get_mailbox (IsmbRouter *self);
/* Of a local resource, its `from` stamped. */
void        ismb_router_from_session (IsmbRouter *self, IsmbResource *resource, IsmbFrame *frame);
/* Of another domain; the link has checked that `from` is of that domain, and `to` of ours. */
void        ismb_router_from_link    (IsmbRouter *self, IsmbFrame *frame);
/* Tells the sender that its stanza could not go on, where it is owed an answer. */
void        ismb_router_bounce       (IsmbRouter *self, const IsmbFrame *frame,
                                      const char *condition, const char *text);
/* Was delivered to a local resource, which has left the routes since and did not get it: it goes
 * the way of what comes for a resource that is not there. */
void        ismb_router_return       (IsmbRouter *self, IsmbFrame *frame);

G_END_DECLS
