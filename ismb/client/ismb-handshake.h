/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* TLS as a client, on a connection to a server whose certificate must name `domain`. `ca_file`: the
 * authorities that may have signed it; NULL: the system's. `protocol`: what ALPN names (RFC 7301);
 * NULL: nothing. */
void ismb_handshake_async (GIOStream *stream, const char *domain, const char *ca_file,
                           const char *protocol, GCancellable *cancellable,
                           GAsyncReadyCallback callback, gpointer user_data);
/* The encrypted stream. ISMB_ERROR_UNTRUSTED: the certificate does not hold, and `*flags` says why;
 * or `ca_file` is none. Else the TLS library's error, or the network's. `*certificate` (transfer
 * full): the server's, NULL where there is none yet. */
GIOStream *ismb_handshake_finish (GAsyncResult *result, GTlsCertificate **certificate,
                                  GTlsCertificateFlags *flags, GError **error);

G_END_DECLS
