/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tests/support/ismb-test-guest.h"

G_BEGIN_DECLS

/* A stock XMPP client, slixmpp, in a process of its own: it does what messages of a guest tell it
 * (tests/plugins/slixmpp-peer.py), and says how it went. */
typedef struct _IsmbTestStock IsmbTestStock;

/* Of the account `name`; `master` is open. NULL: slixmpp is not installed; skip. */
IsmbTestStock *ismb_test_stock_new (IsmbTestServer *server, const char *name,
                                    IsmbTestGuest *master);
void ismb_test_stock_free (IsmbTestStock *self);
/* Its full address. */
IsmbJid *ismb_test_stock_get_jid (IsmbTestStock *self);
/* Has it do one of the script's checks against its master, which must be fine. */
void ismb_test_stock_check (IsmbTestStock *self, const char *check);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbTestStock, ismb_test_stock_free)

G_END_DECLS
