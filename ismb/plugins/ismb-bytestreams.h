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

G_END_DECLS
