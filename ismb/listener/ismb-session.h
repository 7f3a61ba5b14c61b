/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-delivery.h"
#include "ismb/listener/ismb-session-context.h"
#include "ismb/net/ismb-own-addresses.h"

G_BEGIN_DECLS

/* One client's stream (RFC 6120, 4 to 7): secures it, finds out who it is, binds a resource, puts
 * that into the routes, and from then on hands up what comes and writes what is delivered. */
#define ISMB_TYPE_SESSION (ismb_session_get_type ())
G_DECLARE_FINAL_TYPE (IsmbSession, ismb_session, ISMB, SESSION, GObject)

/* No GSignal: `frame` comes for each stanza. None comes from inside a call of the owner's but
 * `leaving`, which ismb_session_close () may bring, and those of the delivery. */
typedef struct
{
  /* `proof`: by which certificate; NULL: by a password, or by the kernel's word. */
  void (*authenticated) (IsmbSession *session, const IsmbProof *proof, gpointer owner);
  /* It goes on with the stream of the other's session, and by what opened that one. */
  void (*taken_over)    (IsmbSession *session, gpointer owner, gpointer newcomers_owner);
  /* Its channel will not be bound, as its software knows no way that this TLS has. */
  void (*unbound)       (IsmbSession *session, gpointer owner);
  /* A stanza of the bound resource, its `from` stamped; borrowed. */
  void (*frame)         (IsmbSession *session, IsmbResource *resource, IsmbFrame *frame,
                         gpointer owner);
  IsmbDeliveryCallbacks delivery;
  /* The resource is about to leave the routes, orderly or not; it can no longer be reached. */
  void (*leaving)       (IsmbSession *session, IsmbResource *resource, gpointer owner);
  /* The last one; the owner lets go of the session. */
  void (*closed)        (IsmbSession *session, gpointer owner);
} IsmbSessionCallbacks;

IsmbSession *ismb_session_new          (const IsmbSessionContext *context,
                                        const IsmbSessionOrigin *origin,
                                        const IsmbSessionCallbacks *callbacks, gpointer owner);
const char  *ismb_session_get_account  (IsmbSession *self);    /* NULL before authentication */
/* Leaves the routes at once, then ends the stream: `condition` is a stream error's, or NULL. It
 * keeps itself alive until that has gone out, for seconds at most. */
void         ismb_session_close        (IsmbSession *self, const char *condition, const char *text);
/* Its network is gone, or all of it but these addresses, or NULL: as if the other end were. One on
 * a unix socket has none. */
void         ismb_session_cut          (IsmbSession *self, IsmbOwnAddresses *remaining);
/* Was asleep in the dormitory, and has no place there any more: it ends, a little later. */
void         ismb_session_expire       (IsmbSession *self);
/* The owner lets go of it and hears nothing more; a session that was not closed is cut. */
void         ismb_session_part         (IsmbSession *self);

G_END_DECLS
