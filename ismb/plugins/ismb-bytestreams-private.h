/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/plugins/ismb-bytestream-private.h"
#include "ismb/plugins/ismb-bytestreams.h"

G_BEGIN_DECLS

/* Ends with ismb_bytestreams_open_finish (). One of ours only sends: what the other side says on it
 * is not heard, so that one who sends to himself has two. */
void _ismb_bytestreams_open_async (IsmbBytestreams *self, IsmbJid *to, const char *sid,
                                   const IsmbBytestreamTerms *terms, GCancellable *cancellable,
                                   GAsyncReadyCallback callback, gpointer user_data);
/* One that the other side will open; held until it ends. */
void _ismb_bytestreams_add (IsmbBytestreams *self, IsmbBytestream *stream);
/* What one hears who opens a stream that nobody expects: a code of ISMB_STANZA_ERROR. */
void _ismb_bytestreams_set_unexpected (IsmbBytestreams *self, int code);

G_END_DECLS
