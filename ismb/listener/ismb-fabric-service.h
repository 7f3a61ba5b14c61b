/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-peers.h"

G_BEGIN_DECLS

/* What members of a fabric tell each other about the fabric itself (urn:ismb:fabric:1), between
 * their domains: who is out, from whomever knows it, so that no registrar need be there; and
 * certificates anew, without a stream's being opened anew for it. Nothing of it is believed that
 * the fabric's CA has not signed. */
#define ISMB_TYPE_FABRIC_SERVICE (ismb_fabric_service_get_type ())
G_DECLARE_FINAL_TYPE (IsmbFabricService, ismb_fabric_service, ISMB, FABRIC_SERVICE, GObject)

/* Serves these peers, as long as it lives. */
IsmbFabricService *ismb_fabric_service_new (IsmbPoller *poller, IsmbFabric *fabric,
                                            IsmbPeers *peers, IsmbRoutes *routes, const char *vr);
/* Asks one registrar after the other for a certificate, until one gives it.
 * ISMB_ERROR_NOT_FOUND: none can be reached; what the last one says against it is
 * ISMB_ERROR_STANZA. */
void     ismb_fabric_service_renew_async  (IsmbFabricService *self, GCancellable *cancellable,
                                           GAsyncReadyCallback callback, gpointer user_data);
gboolean ismb_fabric_service_renew_finish (IsmbFabricService *self, GAsyncResult *result,
                                           GError **error);

G_END_DECLS
