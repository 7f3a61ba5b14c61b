/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-client.h"
#include "ismb/transfer/ismb-gate.h"

G_BEGIN_DECLS

/* Takes the files that are offered to a client and stores them beneath a root: offer, gate, bytes
 * into a temporary name, size and SHA-256 checked, fsync, rename. */
#define ISMB_TYPE_RECEIVER (ismb_receiver_get_type ())
G_DECLARE_FINAL_TYPE (IsmbReceiver, ismb_receiver, ISMB, RECEIVER, GObject)

/* Fails where `root` is no directory. The receiver does not keep the client alive. */
IsmbReceiver *ismb_receiver_new (IsmbClient *client, const char *root, IsmbGate *gate,
                                 GError **error);
/* Signal `received` (IsmbJid *from, const char *name, guint64 bytes, const char *outcome). */

G_END_DECLS
