/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/client/ismb-plugin.h>
#include <ismb/plugins/ismb-result-set.h>

G_BEGIN_DECLS

#define ISMB_TYPE_RESULT_PAGER (ismb_result_pager_get_type ())
G_DECLARE_FINAL_TYPE (IsmbResultPager, ismb_result_pager, ISMB, RESULT_PAGER, GObject)

IsmbResultPager *ismb_result_pager_new (IsmbClient *client, IsmbIq *query, guint page_size,
                                        gboolean backwards);
void ismb_result_pager_next_async (IsmbResultPager *self, GCancellable *cancellable,
                                   GAsyncReadyCallback callback, gpointer user_data);
IsmbIq *ismb_result_pager_next_finish (IsmbResultPager *self, GAsyncResult *result,
                                       GError **error);

G_END_DECLS
