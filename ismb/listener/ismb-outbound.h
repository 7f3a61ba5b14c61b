/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-link-context.h"
#include "ismb/stream/ismb-stream.h"

G_BEGIN_DECLS

/* One attempt of a link to open a stream: each address in turn, TLS, the proof of who answers,
 * SASL. It says nothing to who has not proven to be `domain`. Ends with one of its callbacks, never
 * from inside a call of the owner's; the owner frees it then, or before, to give up. */
typedef struct _IsmbOutbound IsmbOutbound;

typedef struct
{
  /* The owner takes the stream over, and a reference of its own. `receives`: stanzas may come on it
   * too. */
  void (*established) (IsmbOutbound *outbound, IsmbStream *stream, gboolean receives,
                       gpointer owner);
  /* Goes on elsewhere. `stranger`: who answers at that address is not trusted. The owner frees
   * nothing here. */
  void (*vain)        (IsmbOutbound *outbound, gboolean stranger, gpointer owner);
  /* At every address; the error is that of the last. */
  void (*failed)      (IsmbOutbound *outbound, const GError *error, gpointer owner);
} IsmbOutboundCallbacks;

/* `ports`: one for each address. */
IsmbOutbound *ismb_outbound_new (IsmbLinkContext *context, const char *domain,
                                 const char *const *addresses, const guint16 *ports,
                                 const IsmbOutboundCallbacks *callbacks, gpointer owner);
void          ismb_outbound_free          (IsmbOutbound *self);
/* Once established: the address that answered, and whose key it holds there. */
const char   *ismb_outbound_get_address   (IsmbOutbound *self);
guint16       ismb_outbound_get_port      (IsmbOutbound *self);
/* The device that answered, holding its key, and is a member in other virtual routers only; NULL:
 * none did. */
const char   *ismb_outbound_get_stranger  (IsmbOutbound *self);
const IsmbProof *ismb_outbound_get_proof  (IsmbOutbound *self);
/* Once established: does the other end offer XEP-0198? */
gboolean      ismb_outbound_offers_management (IsmbOutbound *self);
/* What to tell whoever had something to say: the stanza error that a failure amounts to. */
const char   *ismb_outbound_name_condition (const GError *error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbOutbound, ismb_outbound_free)

G_END_DECLS
