/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.transfer.gate"
#include "config.h"
#include "ismb/transfer/ismb-gate.h"

G_DEFINE_INTERFACE (IsmbGate, ismb_gate, G_TYPE_OBJECT)

static void
ismb_gate_default_init (IsmbGateInterface *iface)
{
}

void
ismb_gate_check_async (IsmbGate *self, IsmbJid *from, const char *path, const IsmbOffer *offer,
                       GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  ISMB_GATE_GET_IFACE (self)->check_async (self, from, path, offer, cancellable, callback,
                                           user_data);
}

gboolean
ismb_gate_check_finish (IsmbGate *self, GAsyncResult *result, GError **error)
{
  return ISMB_GATE_GET_IFACE (self)->check_finish (self, result, error);
}

void
ismb_gate_ended (IsmbGate *self, IsmbJid *from, const IsmbOffer *offer, const char *outcome)
{
  if (ISMB_GATE_GET_IFACE (self)->ended != NULL)
    ISMB_GATE_GET_IFACE (self)->ended (self, from, offer, outcome);
}
