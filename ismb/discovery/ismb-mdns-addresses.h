/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <avahi-core/core.h>

#include "ismb/discovery/ismb-discovery.h"

G_BEGIN_DECLS

/* Publishes our addresses under `host`, each on the interface that has it, and follows them as they
 * come and go. All interfaces but the loopback, or `bind_device` alone. Freed before the server. */
typedef struct _IsmbMdnsAddresses IsmbMdnsAddresses;

IsmbMdnsAddresses *ismb_mdns_addresses_new  (AvahiServer *server, const char *host,
                                             const char *bind_device, IsmbRunInside run_inside,
                                             gpointer place, GError **error);
void               ismb_mdns_addresses_free (IsmbMdnsAddresses *self);

G_END_DECLS
