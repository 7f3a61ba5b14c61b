/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/net/ismb-virtual-router.h"

G_BEGIN_DECLS

/* All addresses that a place has at a moment, to tell which connections are stranded: their own end
 * is at an address that is no more, so that nothing comes any more and the other side does not
 * know. */
typedef struct _IsmbOwnAddresses IsmbOwnAddresses;

/* NULL: they cannot be listed. */
IsmbOwnAddresses *ismb_own_addresses_new     (IsmbVirtualRouter *place);
void              ismb_own_addresses_free    (IsmbOwnAddresses *self);
/* Is this end of a TCP connection at one of them? What is none is not stranded. */
gboolean          ismb_own_addresses_have    (IsmbOwnAddresses *self, int fd);

/* Cuts a connection that is stranded; `self` NULL: in any case. See ismb_socket_cut (). */
void              ismb_own_addresses_cut     (IsmbOwnAddresses *self, int fd);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbOwnAddresses, ismb_own_addresses_free)

G_END_DECLS
