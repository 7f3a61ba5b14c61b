/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-peers.h"
#include "ismb/trust/ismb-token.h"

G_BEGIN_DECLS

/* One search for a way into a fabric, from all who are known now and whom they refer to: four at
 * once, fifteen seconds in all. A registrar's word ends it; what comes of it is installed.
 * Answers `task`, which it takes, as _ismb_listener_join_async () has it, and frees itself. */
void ismb_joining_start (IsmbPeers *peers, const char *ca_hash, const IsmbToken *token,
                         GTask *task);

G_END_DECLS
