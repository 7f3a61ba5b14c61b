/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-listener.h"
#include "ismb/net/ismb-virtual-router.h"
#include "ismb/store/ismb-accounts.h"
#include "ismb/store/ismb-store.h"
#include "ismb/trust/ismb-fabric.h"

G_BEGIN_DECLS

/* The daemon's back door: where the parts of one switch are shared. Before start; each is optional:
 * an in-memory store, our own namespace, and no fabric (then no s2s and no TLS). */
void          _ismb_listener_set_place    (IsmbListener *self, IsmbVirtualRouter *place);
void          _ismb_listener_set_store    (IsmbListener *self, IsmbStore *store);
void          _ismb_listener_set_fabric   (IsmbListener *self, IsmbFabric *fabric);
/* after start, or after the first account was made */
IsmbAccounts *_ismb_listener_get_accounts (IsmbListener *self);

G_END_DECLS
