/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-peer.h"
#include "ismb/listener/ismb-sink.h"
#include "ismb/net/ismb-poller.h"
#include "ismb/net/ismb-tls.h"
#include "ismb/net/ismb-virtual-router.h"
#include "ismb/trust/ismb-fabric.h"

G_BEGIN_DECLS

/* One other listener, known by its domain: the way there, whether a stream is open or not. Dials when there is
 * something to say (direct TLS 1.3, both certificates, SASL EXTERNAL, both directions on one stream:
 * XEP-0288), queues meanwhile within bounds, bounces the queue when no address answers, pings what is shared. */
#define ISMB_TYPE_LINK (ismb_link_get_type ())
G_DECLARE_FINAL_TYPE (IsmbLink, ismb_link, ISMB, LINK, GObject)

/* What all links of a listener share. */
typedef struct
{
  IsmbPoller *poller;
  IsmbVirtualRouter *place;
  IsmbFabric *fabric;
  IsmbTlsContext *tls;       /* ISMB_TLS_PEERS; replaced when certificates change */
  const char *domain;        /* ours */
} IsmbLinkContext;

/* Signals: `frame` (gpointer IsmbFrame): arrived, its `from` checked to be of this domain and its `to` ours;
 *          `undeliverable` (gpointer IsmbFrame, const char *condition): could not be sent;
 *          `state` (IsmbLinkState) */
IsmbLink     *ismb_link_new           (IsmbLinkContext *context, const char *domain);
const char   *ismb_link_get_domain    (IsmbLink *self);
void          ismb_link_set_candidate (IsmbLink *self, const char *const *addresses, guint16 port, const char *device_id);
const char *const *ismb_link_get_addresses (IsmbLink *self);  /* the one that last worked first */
guint16       ismb_link_get_port      (IsmbLink *self);
const char   *ismb_link_get_device_id (IsmbLink *self);   /* proven by certificate, else as discovered */
IsmbLinkState ismb_link_get_state     (IsmbLink *self);
IsmbTrust     ismb_link_get_trust     (IsmbLink *self);
/* TRUE: presence is shared: dial now, stay up, ping, dial again after a loss (backing off, 1 s to 60 s). */
void          ismb_link_set_persistent (IsmbLink *self, gboolean persistent);
void          ismb_link_dial          (IsmbLink *self);   /* proves who it is, even with nothing to say */
void          ismb_link_close         (IsmbLink *self, const char *condition);

/* An accepted s2s connection, until it has proven which domain it is; then it hands its stream to that
 * domain's link: callback `adopt` returns the link (made if needed), or NULL to refuse. */
typedef struct _IsmbInbound IsmbInbound;
typedef IsmbLink *(*IsmbInboundAdopt) (const char *domain, gpointer user_data);
/* Takes `fd`. Frees itself. `list` (GHashTable set) is where it keeps itself while it lives, so that the listener can
 * count and, with ismb_inbound_close (), end them. */
void ismb_inbound_new   (IsmbLinkContext *context, int fd, GHashTable *list, IsmbInboundAdopt adopt, gpointer user_data);
void ismb_inbound_close (IsmbInbound *inbound);

G_END_DECLS
