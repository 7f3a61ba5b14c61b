/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/plugins/ismb-result-pager.h>

G_BEGIN_DECLS

#define ISMB_TYPE_RESULT_SETS (ismb_result_sets_get_type ())
G_DECLARE_FINAL_TYPE (IsmbResultSets, ismb_result_sets, ISMB, RESULT_SETS, IsmbPlugin)

IsmbResultPager *ismb_result_sets_iterate (IsmbResultSets *self, IsmbIq *query, guint page_size,
                                           gboolean backwards);

G_END_DECLS
