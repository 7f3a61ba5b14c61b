/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-foreigners.h"
#include "ismb/listener/ismb-link.h"
#include "ismb/listener/ismb-presence-service.h"
#include "ismb/listener/ismb-router.h"

G_BEGIN_DECLS

/* The links to foreign domains, in the routes as long as the listener runs. Foreigners are
 * strangers who may be written to and may write; they are no peers, and the fabric's own
 * services are not for them. */
#define ISMB_TYPE_FEDERATION (ismb_federation_get_type ())
G_DECLARE_FINAL_TYPE (IsmbFederation, ismb_federation, ISMB, FEDERATION, GObject)

/* Takes `foreigners`. `context`: what these links share with the fabric's. `stanza_max`: bytes that
 * one of theirs may have. */
IsmbFederation *ismb_federation_new       (const IsmbLinkContext *context, guint stanza_max,
                                           IsmbForeigners *foreigners, IsmbRoutes *routes,
                                           IsmbPresenceService *presence, IsmbRouter *router);
IsmbForeigners *ismb_federation_get_foreigners (IsmbFederation *self);
/* Or NULL. */
IsmbLink       *ismb_federation_find_link (IsmbFederation *self, const char *domain);
/* For streams to come. */
void            ismb_federation_set_tls   (IsmbFederation *self, IsmbTlsContext *tls);
/* As of each link: the network is gone, but for these addresses, or NULL; it is there again. */
void            ismb_federation_cut       (IsmbFederation *self, IsmbOwnAddresses *remaining);
void            ismb_federation_resume    (IsmbFederation *self);
/* Ends all streams, saying why, and takes the domains out of the routes. */
void            ismb_federation_close     (IsmbFederation *self, const char *condition);

G_END_DECLS
