/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-client.h"
#include "ismb/plugins/ismb-bytestream.h"

G_BEGIN_DECLS

/* `window`: blocks under way that are not acknowledged. */
IsmbBytestream *_ismb_bytestream_new (IsmbClient *client, IsmbJid *peer, const char *sid,
                                      guint block_size, guint window);
/* A block came: it is answered now, or later where its reader is slow. FALSE: it breaks the rules,
 * with the error to answer, and the stream is over. */
gboolean _ismb_bytestream_take (IsmbBytestream *self, IsmbIq *request, GError **error);
/* It is over, on the other side or with the session; NULL: in order. Who reads gets what came
 * before. Does nothing where it is over already. */
void _ismb_bytestream_end (IsmbBytestream *self, const GError *error);

G_END_DECLS
