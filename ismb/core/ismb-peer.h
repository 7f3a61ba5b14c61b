/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * IsmbTrust:
 * @ISMB_TRUST_PENDING: seen on the link, and able to do nothing
 * @ISMB_TRUST_MEMBER: has shown a certificate of this fabric
 * @ISMB_TRUST_REVOKED: was a member, and is barred
 * @ISMB_TRUST_OPEN: pinned in a laboratory fabric (`trust=open`)
 *
 * What a peer is to this fabric.
 */
typedef enum
{
  ISMB_TRUST_PENDING,
  ISMB_TRUST_MEMBER,
  ISMB_TRUST_REVOKED,
  ISMB_TRUST_OPEN,
} IsmbTrust;

/**
 * IsmbLinkState:
 * @ISMB_LINK_STATE_IDLE: known, and no stream to it is open
 * @ISMB_LINK_STATE_UP: an authenticated stream to it is open
 * @ISMB_LINK_STATE_LOST: its stream broke or fell silent and could not be opened again
 *
 * How the peer is reached.
 */
typedef enum
{
  ISMB_LINK_STATE_IDLE,
  ISMB_LINK_STATE_UP,
  ISMB_LINK_STATE_LOST,
} IsmbLinkState;

#define ISMB_TYPE_TRUST (ismb_trust_get_type ())
#define ISMB_TYPE_LINK_STATE (ismb_link_state_get_type ())
GType ismb_trust_get_type (void);
GType ismb_link_state_get_type (void);
const char *ismb_trust_to_string (IsmbTrust trust);          /* "pending", "member", ... */
const char *ismb_link_state_to_string (IsmbLinkState state); /* "idle", "up", "lost" */

#define ISMB_TYPE_PEER (ismb_peer_get_type ())
G_DECLARE_FINAL_TYPE (IsmbPeer, ismb_peer, ISMB, PEER, GObject)

IsmbPeer           *ismb_peer_new           (const char *domain, const char *vr, const char *id,
                                             const char *const *addresses, guint16 port,
                                             IsmbTrust trust, IsmbLinkState link, gboolean local);
const char         *ismb_peer_get_domain    (IsmbPeer *self);
const char         *ismb_peer_get_vr        (IsmbPeer *self);
const char         *ismb_peer_get_id        (IsmbPeer *self);
const char *const  *ismb_peer_get_addresses (IsmbPeer *self);
guint16             ismb_peer_get_port      (IsmbPeer *self);
IsmbTrust           ismb_peer_get_trust     (IsmbPeer *self);
IsmbLinkState       ismb_peer_get_link      (IsmbPeer *self);
gboolean            ismb_peer_get_local     (IsmbPeer *self);
guint               ismb_peer_get_round_trip (IsmbPeer *self);
GVariant           *ismb_peer_to_variant    (IsmbPeer *self);
IsmbPeer           *ismb_peer_new_from_variant (GVariant *variant);

G_END_DECLS
