/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/client/ismb-plugin.h>

G_BEGIN_DECLS

#define ISMB_TYPE_RECEIPTS (ismb_receipts_get_type ())
G_DECLARE_FINAL_TYPE (IsmbReceipts, ismb_receipts, ISMB, RECEIPTS, IsmbPlugin)

void     ismb_receipts_request      (IsmbMessage *message);
gboolean ismb_receipts_is_requested (IsmbMessage *message);
char    *ismb_receipts_get_receipt  (IsmbMessage *message);
gboolean ismb_receipts_acknowledge  (IsmbReceipts *self, IsmbMessage *message, GError **error);

G_END_DECLS
