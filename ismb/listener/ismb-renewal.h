/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-inquiries.h"
#include "ismb/listener/ismb-peers.h"

G_BEGIN_DECLS

/* Asks one registrar after the other for a certificate, until one gives it, and takes that.
 * Takes `task`, whose source keeps the others, and returns it: TRUE, or ISMB_ERROR_NOT_FOUND
 * where none can be reached, or what the last one says against it. */
void ismb_renewal_start (GTask *task, IsmbFabric *fabric, IsmbPeers *peers,
                         IsmbInquiries *inquiries);

G_END_DECLS
