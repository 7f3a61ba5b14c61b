/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/socket.h>

#include "ismb/core/ismb-peer.h"
#include "ismb/listener/ismb-link-context.h"
#include "ismb/listener/ismb-presence-service.h"
#include "ismb/listener/ismb-router.h"
#include "ismb/net/ismb-own-addresses.h"
#include "ismb/net/ismb-poller.h"
#include "ismb/net/ismb-tls.h"
#include "ismb/net/ismb-virtual-router.h"
#include "ismb/trust/ismb-fabric.h"

G_BEGIN_DECLS

typedef struct _IsmbFederation IsmbFederation;

/* The other listeners that are known: a link for each, in the routes as long as it is known,
 * whether discovery told of it or it came and proved who it is. */
#define ISMB_TYPE_PEERS (ismb_peers_get_type ())
G_DECLARE_FINAL_TYPE (IsmbPeers, ismb_peers, ISMB, PEERS, GObject)

/* What switches say to each other, and not their accounts. */
typedef struct
{
  /* An iq came from a member's domain itself, to ours. FALSE: it was for somebody else here. */
  gboolean (*frame)         (const char *domain, IsmbFrame *iq, gpointer user_data);
  /* One to a domain could not be sent. */
  gboolean (*undeliverable) (IsmbFrame *iq, gpointer user_data);
  /* A link is up. */
  void     (*up)            (const char *domain, gpointer user_data);
  /* One that is up is to end, as its device was revoked. */
  void     (*farewell)      (const char *domain, const char *device_id, gpointer user_data);
} IsmbPeersService;

/* Signals: `found` (IsmbPeer), `changed` (IsmbPeer), `lost` (utf8 domain); `closing` ().
 * `fabric` may be NULL: then peers are listed, and none is ever reached. */
IsmbPeers *ismb_peers_new     (IsmbPoller *poller, IsmbVirtualRouter *place, IsmbFabric *fabric,
                               IsmbRoutes *routes, IsmbPresenceService *presence,
                               IsmbRouter *router);
/* For streams to come; NULL: none are opened. */
void       ismb_peers_set_tls (IsmbPeers *self, IsmbTlsContext *tls);
/* Who is told of strangers. */
void       ismb_peers_set_reporter (IsmbPeers *self, IsmbReporter reporter, gpointer user_data);
/* What may wait for one that cannot be reached: bytes, and milliseconds for each stanza. */
void       ismb_peers_set_queue (IsmbPeers *self, gsize bytes, guint milliseconds);
/* What all their streams share; theirs. */
IsmbLinkContext *ismb_peers_get_context (IsmbPeers *self);
/* The domains that are no peers, and whose streams come in by the same door; before the first
 * does. */
void       ismb_peers_set_federation (IsmbPeers *self, IsmbFederation *federation);
/* Where others reach us. */
void       ismb_peers_set_port (IsmbPeers *self, guint16 port);
/* An IsmbDoorEnter whose user data are the peers. */
void       ismb_peers_accept  (int fd, const struct sockaddr *address, gpointer self);
/* Where to try; a new one is dialled once, to prove who it is. `domain` as a stranger sent it. */
void       ismb_peers_add     (IsmbPeers *self, const char *domain, const char *const *addresses,
                               guint16 port, const char *device_id);
/* Discovery sees it no more: it is forgotten as soon as no stream to it is up and no presence
 * shared. */
void       ismb_peers_remove  (IsmbPeers *self, const char *domain);
/* (element-type IsmbPeer) (transfer full), in no order */
GList     *ismb_peers_list    (IsmbPeers *self);
/* In no order; what is done to them may make them forgotten. (element-type IsmbLink)
 * (transfer full) */
GPtrArray *ismb_peers_list_links (IsmbPeers *self);
/* The link to that domain, or NULL. */
IsmbLink  *ismb_peers_find_link (IsmbPeers *self, const char *domain);
/* The members whose certificate says that they are registrars, ourselves too if we are one: we
 * first, then those to whom a stream is open, at last the lost. All addresses of one are for
 * its port; one of whom none is known is left out. (element-type IsmbPeer) (transfer full) */
GList     *ismb_peers_list_registrars (IsmbPeers *self);
/* NULL: none. */
void       ismb_peers_set_service  (IsmbPeers *self, const IsmbPeersService *service,
                                    gpointer user_data);
/* What that domain has proven last, or NULL. */
const IsmbProof *ismb_peers_get_proof (IsmbPeers *self, const char *domain);
/* A known one's device has a newer certificate. */
void       ismb_peers_renew        (IsmbPeers *self, const char *domain, const IsmbProof *proof);
/* Domains; those with a stream, or with others that can perhaps be dialled. (element-type utf8)
 * (transfer full) */
GPtrArray *ismb_peers_list_members (IsmbPeers *self, gboolean idle_too);
/* Their network is gone: streams end as if the others were, and who was only announced is
 * forgotten. */
void       ismb_peers_cut     (IsmbPeers *self);
/* It has these addresses: streams at others end as if the others were gone. */
void       ismb_peers_settle  (IsmbPeers *self, IsmbOwnAddresses *addresses);
/* It is there again: those who are missed are dialled soon. */
void       ismb_peers_resume  (IsmbPeers *self);
guint      ismb_peers_get_count (IsmbPeers *self);
/* Ends all streams, saying why, and forgets everybody, telling nobody. */
void       ismb_peers_close   (IsmbPeers *self, const char *condition);

G_END_DECLS
