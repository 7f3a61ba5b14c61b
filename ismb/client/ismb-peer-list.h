/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-peer.h"

G_BEGIN_DECLS

/* The peers a client knows, as a GListModel in the order of their domains. A peer is the same object
 * as long as it is known. What listens to the list may do anything, also let go of its owner. */
#define ISMB_TYPE_PEER_LIST (ismb_peer_list_get_type ())
G_DECLARE_FINAL_TYPE (IsmbPeerList, ismb_peer_list, ISMB, PEER_LIST, GObject)

IsmbPeerList *ismb_peer_list_new       (void);
/* Domain to IsmbPeer. (transfer none) */
GHashTable   *ismb_peer_list_get_table (IsmbPeerList *self);
/* The known one, or NULL. (transfer none) */
IsmbPeer     *ismb_peer_list_find      (IsmbPeerList *self, const char *domain);
void          ismb_peer_list_add       (IsmbPeerList *self, IsmbPeer *peer);
void          ismb_peer_list_remove    (IsmbPeerList *self, IsmbPeer *peer);
/* Of IsmbPeer: those whose domain is no key of the table. (transfer full) */
GPtrArray    *ismb_peer_list_find_others (IsmbPeerList *self, GHashTable *domains);
void          ismb_peer_list_clear     (IsmbPeerList *self);

G_END_DECLS
