/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <ismb/core/ismb-peer.h>

G_BEGIN_DECLS

#define ISMB_TYPE_LISTENER (ismb_listener_get_type ())
G_DECLARE_FINAL_TYPE (IsmbListener, ismb_listener, ISMB, LISTENER, GObject)

IsmbListener *ismb_listener_new            (const char *virtual_router);
guint16       ismb_listener_start          (IsmbListener *self, guint16 port, GError **error);
void          ismb_listener_stop           (IsmbListener *self);
guint16       ismb_listener_get_c2s_port   (IsmbListener *self);
guint16       ismb_listener_get_s2s_port   (IsmbListener *self);
guint         ismb_listener_get_sessions   (IsmbListener *self);
gboolean      ismb_listener_create_account (IsmbListener *self, const char *name,
                                            const char *password, GError **error);
void          ismb_listener_add_peer       (IsmbListener *self, const char *domain,
                                            const char *const *addresses, guint16 port,
                                            const char *device_id);
void          ismb_listener_remove_peer    (IsmbListener *self, const char *domain);
GList        *ismb_listener_list_peers     (IsmbListener *self);

G_END_DECLS
