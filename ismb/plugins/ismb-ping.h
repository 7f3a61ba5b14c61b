/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/client/ismb-plugin.h>

G_BEGIN_DECLS

#define ISMB_TYPE_PING (ismb_ping_get_type ())
G_DECLARE_FINAL_TYPE (IsmbPing, ismb_ping, ISMB, PING, IsmbPlugin)

void ismb_ping_ping_async (IsmbPing *self, IsmbJid *to, guint timeout_ms, GCancellable *cancellable,
                           GAsyncReadyCallback callback, gpointer user_data);
gint64 ismb_ping_ping_finish (IsmbPing *self, GAsyncResult *result, GError **error);

G_END_DECLS
