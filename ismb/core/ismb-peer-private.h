/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-peer.h"

G_BEGIN_DECLS

void     _ismb_peer_set_round_trip (IsmbPeer *self, guint microseconds);
/* What `news` says of the same peer holds from now on. */
void     _ismb_peer_update         (IsmbPeer *self, IsmbPeer *news);
gboolean _ismb_peer_equal          (IsmbPeer *self, IsmbPeer *other);

G_END_DECLS
