/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Asks a server for TLS on a connection that is in the clear (RFC 6120, 5.4), up to its <proceed/>;
 * the handshake comes next, and then a new stream header. All that is heard until then can be
 * forged by whoever stands between, who gains nothing: without a verified handshake nothing goes
 * on. The server's bytes are bounded; the time is the caller's matter. ISMB_ERROR_STREAM. */
void ismb_starttls_async (GIOStream *stream, const char *domain, GCancellable *cancellable,
                          GAsyncReadyCallback callback, gpointer user_data);
gboolean ismb_starttls_finish (GAsyncResult *result, GError **error);

G_END_DECLS
