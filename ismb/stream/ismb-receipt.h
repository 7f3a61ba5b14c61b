/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* That we have a stanza in our custody. It hangs on the frame, and on every frame made of that, and
 * is settled when the last of them is let go: acknowledged by the next hop, committed to the store,
 * written to a stream that acknowledges nothing, or sent back. So whoever holds a frame, in a queue
 * or for a write, holds its sender off without knowing of him, and a process that dies has settled
 * nothing it still held. Counted; one thread. */
typedef struct _IsmbReceipt IsmbReceipt;

struct _IsmbReceipt
{
  guint ref_count;
  /* The last reference is gone: frees it. */
  void (*settle) (IsmbReceipt *receipt);
};

/* Makes the first reference; the rest of the receipt is its maker's, around this struct. */
void         ismb_receipt_init  (IsmbReceipt *receipt, void (*settle) (IsmbReceipt *receipt));
IsmbReceipt *ismb_receipt_ref   (IsmbReceipt *receipt);
void         ismb_receipt_unref (IsmbReceipt *receipt);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbReceipt, ismb_receipt_unref)

G_END_DECLS
