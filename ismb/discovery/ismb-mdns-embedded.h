/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/discovery/ismb-discovery.h"

G_BEGIN_DECLS

/* avahi-core inside this process: publishes and browses `_xmpp-server._tcp`. */
#define ISMB_TYPE_MDNS_EMBEDDED (ismb_mdns_embedded_get_type ())
G_DECLARE_FINAL_TYPE (IsmbMdnsEmbedded, ismb_mdns_embedded, ISMB, MDNS_EMBEDDED, GObject)

/* `device_id` and `fabric_id` may be NULL, and may be set again when the switch joins a fabric. */
IsmbMdnsEmbedded *ismb_mdns_embedded_new (const char *domain, const char *vr, guint16 port,
                                          const char *device_id, const char *fabric_id,
                                          const char *bind_device, IsmbRunInside run_inside,
                                          gpointer place, GDestroyNotify place_free);
void ismb_mdns_embedded_set_fabric_id (IsmbMdnsEmbedded *self, const char *fabric_id);

G_END_DECLS
