/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/plugins/ismb-bytestream.h>

G_BEGIN_DECLS

#define ISMB_TYPE_BYTESTREAM_BLOCK (ismb_bytestream_block_get_type ())
G_DECLARE_FINAL_TYPE (IsmbBytestreamBlock, ismb_bytestream_block, ISMB, BYTESTREAM_BLOCK, GObject)

IsmbBytestream *ismb_bytestream_block_get_stream (IsmbBytestreamBlock *self);
GBytes         *ismb_bytestream_block_get_bytes  (IsmbBytestreamBlock *self);

G_END_DECLS
