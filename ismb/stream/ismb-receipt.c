/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/stream/ismb-receipt.h"

void
ismb_receipt_init (IsmbReceipt *receipt, void (*settle) (IsmbReceipt *receipt))
{
  receipt->ref_count = 1;
  receipt->settle = settle;
}

IsmbReceipt *
ismb_receipt_ref (IsmbReceipt *receipt)
{
  receipt->ref_count++;
  return receipt;
}

void
ismb_receipt_unref (IsmbReceipt *receipt)
{
  if (--receipt->ref_count == 0)
    receipt->settle (receipt);
}
