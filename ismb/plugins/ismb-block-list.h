/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/client/ismb-plugin.h>

G_BEGIN_DECLS

#define ISMB_TYPE_BLOCK_LIST (ismb_block_list_get_type ())
G_DECLARE_FINAL_TYPE (IsmbBlockList, ismb_block_list, ISMB, BLOCK_LIST, IsmbPlugin)

void     ismb_block_list_fetch_async    (IsmbBlockList *self, GCancellable *cancellable,
                                         GAsyncReadyCallback callback, gpointer user_data);
char   **ismb_block_list_fetch_finish   (IsmbBlockList *self, GAsyncResult *result,
                                         GError **error);
void     ismb_block_list_block_async    (IsmbBlockList *self, const char *const *jids,
                                         GCancellable *cancellable, GAsyncReadyCallback callback,
                                         gpointer user_data);
gboolean ismb_block_list_block_finish   (IsmbBlockList *self, GAsyncResult *result,
                                         GError **error);
void     ismb_block_list_unblock_async  (IsmbBlockList *self, const char *const *jids,
                                         GCancellable *cancellable, GAsyncReadyCallback callback,
                                         gpointer user_data);
gboolean ismb_block_list_unblock_finish (IsmbBlockList *self, GAsyncResult *result,
                                         GError **error);
char   **ismb_block_list_get_jids       (IsmbIq *push);

G_END_DECLS
