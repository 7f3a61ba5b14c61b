/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/client/ismb-client.h>

G_BEGIN_DECLS

void        ismb_client_send_file_to_peers_async  (IsmbClient *self, const char *fname,
                                                   const char *const *peers, const char *sent_name,
                                                   gboolean overwrite, GCancellable *cancellable,
                                                   GAsyncReadyCallback callback,
                                                   gpointer user_data);
GHashTable *ismb_client_send_file_to_peers_finish (IsmbClient *self, GAsyncResult *result,
                                                   GError **error);

G_END_DECLS
