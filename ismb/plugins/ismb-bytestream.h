/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/core/ismb-jid.h>

G_BEGIN_DECLS

#define ISMB_TYPE_BYTESTREAM (ismb_bytestream_get_type ())
G_DECLARE_FINAL_TYPE (IsmbBytestream, ismb_bytestream, ISMB, BYTESTREAM, GObject)

const char *ismb_bytestream_get_sid        (IsmbBytestream *self);
IsmbJid    *ismb_bytestream_get_peer_jid   (IsmbBytestream *self);
guint       ismb_bytestream_get_block_size (IsmbBytestream *self);
gboolean    ismb_bytestream_is_open        (IsmbBytestream *self);
void        ismb_bytestream_write_async    (IsmbBytestream *self, GBytes *bytes,
                                            GCancellable *cancellable,
                                            GAsyncReadyCallback callback, gpointer user_data);
gboolean    ismb_bytestream_write_finish   (IsmbBytestream *self, GAsyncResult *result,
                                            GError **error);
void        ismb_bytestream_read_async     (IsmbBytestream *self, GCancellable *cancellable,
                                            GAsyncReadyCallback callback, gpointer user_data);
GBytes     *ismb_bytestream_read_finish    (IsmbBytestream *self, GAsyncResult *result,
                                            GError **error);
void        ismb_bytestream_close_async    (IsmbBytestream *self, GCancellable *cancellable,
                                            GAsyncReadyCallback callback, gpointer user_data);
gboolean    ismb_bytestream_close_finish   (IsmbBytestream *self, GAsyncResult *result,
                                            GError **error);

G_END_DECLS
