/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-jid.h"
#include "ismb/transfer/ismb-offer.h"

G_BEGIN_DECLS

/* Who may write which file; policy implements it. It may ask the sender's listener, so it answers
 * later. */
#define ISMB_TYPE_GATE (ismb_gate_get_type ())
G_DECLARE_INTERFACE (IsmbGate, ismb_gate, ISMB, GATE, GObject)

struct _IsmbGateInterface
{
  GTypeInterface parent;
  /* `path`: the offer's, relative to the root. The offer lives till it has ended. */
  void     (*check_async)  (IsmbGate *self, IsmbJid *from, const char *path, const IsmbOffer *offer,
                            GCancellable *cancellable, GAsyncReadyCallback callback,
                            gpointer user_data);
  /* ISMB_ERROR_NOT_ALLOWED */
  gboolean (*check_finish) (IsmbGate *self, GAsyncResult *result, GError **error);
  /* Optional. What the sender of each offer was told at its end, also of one that was never
   * checked: too many at once, or a name that is none. */
  void     (*ended)        (IsmbGate *self, IsmbJid *from, const IsmbOffer *offer,
                            const char *outcome);
};

void     ismb_gate_check_async  (IsmbGate *self, IsmbJid *from, const char *path,
                                 const IsmbOffer *offer, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data);
gboolean ismb_gate_check_finish (IsmbGate *self, GAsyncResult *result, GError **error);
void     ismb_gate_ended        (IsmbGate *self, IsmbJid *from, const IsmbOffer *offer,
                                 const char *outcome);

G_END_DECLS
