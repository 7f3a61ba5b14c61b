/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/plugins/ismb-bytestreams-private.h"

G_BEGIN_DECLS

/* Blocks are of max-block-size bytes of IsmbBytestreams at most, and smaller where the receiver
 * wants that. */
#define ISMB_OUTGOING_SILENCE_MS 30000

/* One file on its way out: sends what `descriptor` (not taken; it must stay open) holds from its
 * start, `size` bytes or less, opens and closes the stream. The answer to the closing is the
 * receiver's word about the whole. */
void     ismb_outgoing_send_async  (IsmbClient *client, IsmbJid *to, const char *sid,
                                    int descriptor, guint64 size, GCancellable *cancellable,
                                    GAsyncReadyCallback callback, gpointer user_data);
/* Errors as ismb_client_query_finish () has them. */
gboolean ismb_outgoing_send_finish (GAsyncResult *result, GError **error);

G_END_DECLS
