/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/client/ismb-plugin.h>

G_BEGIN_DECLS

#define ISMB_TYPE_ENTITY_TIME (ismb_entity_time_get_type ())
G_DECLARE_FINAL_TYPE (IsmbEntityTime, ismb_entity_time, ISMB, ENTITY_TIME, IsmbPlugin)

void ismb_entity_time_get_entity_time_async (IsmbEntityTime *self, IsmbJid *jid,
                                             GCancellable *cancellable,
                                             GAsyncReadyCallback callback, gpointer user_data);
GDateTime *ismb_entity_time_get_entity_time_finish (IsmbEntityTime *self, GAsyncResult *result,
                                                    GError **error);

G_END_DECLS
