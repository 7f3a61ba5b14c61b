/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/client/ismb-plugin.h>
#include <ismb/plugins/ismb-bytestream.h>

G_BEGIN_DECLS

#define ISMB_TYPE_BYTESTREAMS (ismb_bytestreams_get_type ())
G_DECLARE_FINAL_TYPE (IsmbBytestreams, ismb_bytestreams, ISMB, BYTESTREAMS, IsmbPlugin)

void            ismb_bytestreams_open_async  (IsmbBytestreams *self, IsmbJid *to, const char *sid,
                                              GCancellable *cancellable,
                                              GAsyncReadyCallback callback, gpointer user_data);
IsmbBytestream *ismb_bytestreams_open_finish (IsmbBytestreams *self, GAsyncResult *result,
                                              GError **error);
void            ismb_bytestreams_expect      (IsmbBytestreams *self, IsmbJid *from,
                                              const char *sid);

#define ISMB_TYPE_BYTESTREAM_BLOCK (ismb_bytestream_block_get_type ())
G_DECLARE_FINAL_TYPE (IsmbBytestreamBlock, ismb_bytestream_block, ISMB, BYTESTREAM_BLOCK, GObject)

IsmbBytestream *ismb_bytestream_block_get_stream (IsmbBytestreamBlock *self);
GBytes         *ismb_bytestream_block_get_bytes  (IsmbBytestreamBlock *self);

G_END_DECLS
