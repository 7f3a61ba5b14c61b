/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <avahi-core/core.h>

#include "ismb/discovery/ismb-discovery.h"

G_BEGIN_DECLS

/* Browses for the others and emits found, changed and lost on `owner`. Freed before the server. */
typedef struct _IsmbMdnsPeers IsmbMdnsPeers;

IsmbMdnsPeers *ismb_mdns_peers_new  (AvahiServer *server, IsmbDiscovery *owner,
                                     const char *own_domain, IsmbRunInside run_inside,
                                     gpointer place, GError **error);
void           ismb_mdns_peers_free (IsmbMdnsPeers *self);

/* Those that are said to be there. */
gboolean       ismb_mdns_peers_have        (IsmbMdnsPeers *self, const char *domain);
char         **ismb_mdns_peers_dup_domains (IsmbMdnsPeers *self);

G_END_DECLS
