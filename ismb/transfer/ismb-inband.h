/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-client.h"

G_BEGIN_DECLS

/* In-band bytestreams (XEP-0047) in iq stanzas. Block sizes count bytes before base64. */
#define ISMB_INBAND_BLOCK_MAX 8192
#define ISMB_INBAND_BLOCK_MIN 4096 /* what the sender falls back to */
#define ISMB_INBAND_WINDOW 16      /* blocks under way that are not acknowledged */
#define ISMB_INBAND_SILENCE_MS 30000

/* Sends what `descriptor` (not taken; it must stay open) holds from its start, `size` bytes or
 * less, opens and closes the stream. The answer to the closing is the receiver's word about the
 * whole. */
void     ismb_inband_send_async  (IsmbClient *client, IsmbJid *to, const char *sid, int descriptor,
                                  guint64 size, GCancellable *cancellable,
                                  GAsyncReadyCallback callback, gpointer user_data);
/* Errors as ismb_client_query_finish () has them. */
gboolean ismb_inband_send_finish (GAsyncResult *result, GError **error);

/* The receiving half: what must hold of the stanzas of one stream. */
typedef struct
{
  guint block_size; /* 0: not open yet */
  guint16 next;     /* the sequence number that comes next; goes round at 65535 */
} IsmbInband;

/* Of any of <open/>, <data/>, <close/>; NULL where it names no stream. */
const char *ismb_inband_get_sid (IsmbIq *request);
/* The RFC 6120 condition to refuse a request with, NULL where all is well. */
const char *ismb_inband_open (IsmbInband *self, IsmbIq *request);
const char *ismb_inband_take (IsmbInband *self, IsmbIq *request, GBytes **bytes);

G_END_DECLS
