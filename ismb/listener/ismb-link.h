/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-candidate.h"
#include "ismb/listener/ismb-link-context.h"
#include "ismb/listener/ismb-sink.h"
#include "ismb/net/ismb-own-addresses.h"
#include "ismb/stream/ismb-stream.h"

G_BEGIN_DECLS

/* One other listener, known by its domain: the way there, whether a stream is open or not. A sink:
 * dials when there is something to say (direct TLS 1.3, both certificates, SASL EXTERNAL, both
 * directions on one stream: XEP-0288; acknowledged and resumed: XEP-0198), queues meanwhile within
 * bounds, bounces the queue when it is too old, or when nobody is there whom we know, pings what is
 * shared. */
#define ISMB_TYPE_LINK (ismb_link_get_type ())
G_DECLARE_FINAL_TYPE (IsmbLink, ismb_link, ISMB, LINK, GObject)

IsmbLink     *ismb_link_new           (IsmbLinkContext *context, const char *domain);
const char   *ismb_link_get_domain    (IsmbLink *self);
/* Discovery's word: where to try. A link that waits to dial again does so soon. The address that
 * last worked is tried before all others, whatever is said. */
void ismb_link_set_candidate (IsmbLink *self, const char *const *addresses, guint16 port,
                              const char *device_id);
IsmbCandidate *ismb_link_get_candidate (IsmbLink *self);
const char *const *ismb_link_get_addresses (IsmbLink *self);  /* the one that last worked first */
guint16       ismb_link_get_port      (IsmbLink *self);      /* of the first of them */
/* Proven by certificate, else as discovered, or NULL. */
const char   *ismb_link_get_device_id (IsmbLink *self);
/* That device has shown, holding its key, that it is a member elsewhere and not here. If it is the
 * one that has proven to be, and no stream stands on that proof, it is none any more: nobody else
 * has its key. */
void          ismb_link_doubt         (IsmbLink *self, const char *device_id);
/* It was met before this process began: what is sent to it waits as for any member that is down. */
void          ismb_link_set_remembered (IsmbLink *self, gboolean remembered);
/* Is a stream open, presence shared, or something kept for it? */
gboolean      ismb_link_is_wanted     (IsmbLink *self);
/* Does anything wait for a stream, or for one that broke to be resumed? */
gboolean      ismb_link_keeps_something (IsmbLink *self);
/* What was proven last, or NULL. */
const IsmbProof *ismb_link_get_proof  (IsmbLink *self);
IsmbLinkState ismb_link_get_state     (IsmbLink *self);
IsmbTrust     ismb_link_get_trust     (IsmbLink *self);
/* For people, as it is now. (transfer full) */
IsmbPeer     *ismb_link_describe      (IsmbLink *self);
/* TRUE: presence is shared: dial now, stay up, ping, dial again after a loss (backing off, 1 s to
 * 30 s). */
void          ismb_link_set_persistent (IsmbLink *self, gboolean persistent);
/* Proves who it is, even with nothing to say: once, as soon as it may be dialled. */
void          ismb_link_dial          (IsmbLink *self);
/* A stream whose other end has proven to be this link's domain, from IsmbInbound; it becomes the
 * link's. `sends`: stanzas may go out on it too (XEP-0288); `since`: when it was accepted,
 * monotonic. `proof`: NULL of a foreigner. */
void ismb_link_adopt (IsmbLink *self, IsmbStream *stream, gboolean sends, gint64 since,
                      const IsmbProof *proof);
/* The same device, whose key its streams have proven, has a newer certificate. */
void          ismb_link_renew         (IsmbLink *self, const IsmbProof *proof);
/* The device whose link this is, or that is announced to be there, was revoked: its streams end at
 * once, what waits goes back, and it is not dialled while no other device is announced. */
void          ismb_link_bar           (IsmbLink *self);
/* We have left the fabric: its streams end, what waits goes back, and it has proven nothing. */
void          ismb_link_disown        (IsmbLink *self);
/* The network is gone, with all its streams and dials, but for streams at these addresses, or NULL:
 * as if the other end were. */
void          ismb_link_cut           (IsmbLink *self, IsmbOwnAddresses *remaining);
/* It is there again: what was in vain before does not count. */
void          ismb_link_resume        (IsmbLink *self);
/* Ends its streams, saying `condition`, and stops dialling. NULL, for a peer that is forgotten:
 * an orderly end, and what waits goes back. Else, for a listener that stops, what waits is
 * dropped: the streams of its senders have gone before it. It is idle then, and says nothing
 * upwards any more until it is used again. */
void          ismb_link_close         (IsmbLink *self, const char *condition);

G_END_DECLS
