/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/plugins/ismb-bytestream-block.h"

G_BEGIN_DECLS

IsmbBytestreamBlock *_ismb_bytestream_block_new (IsmbBytestream *stream, GBytes *bytes);

G_END_DECLS
