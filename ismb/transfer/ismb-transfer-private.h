/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/transfer/ismb-transfer.h"

G_BEGIN_DECLS

/* ismb_client_send_file_to_peers_async () from another root than the daemon's; the same finishes
 * it. */
void _ismb_client_send_file_from_async (IsmbClient *self, const char *root, const char *fname,
                                        const char *const *peers, const char *sent_name,
                                        gboolean overwrite, GCancellable *cancellable,
                                        GAsyncReadyCallback callback, gpointer user_data);

G_END_DECLS
