/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/store/ismb-store.h"

G_BEGIN_DECLS

/* Walks the whole chain, row by row, from the cut to `end_id`, whose row has `end_hash`, and to
 * what was appended meanwhile. Nothing may be pruned till it is done. The result is an a{sv}, see
 * ismb_audit_verify_finish (). */
void      ismb_audit_check_async  (IsmbStore *store, gint64 end_id, const char *end_hash,
                                   GAsyncReadyCallback callback, gpointer user_data);
GVariant *ismb_audit_check_finish (GAsyncResult *result, GError **error);

G_END_DECLS
