/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-presence-service.h"
#include "ismb/listener/ismb-question.h"
#include "ismb/store/ismb-blocklists.h"

G_BEGIN_DECLS

/* The block list as a client sees and edits it (XEP-0191). Who is blocked no longer sees the
 * account; what becomes of stanzas is the router's and the presence service's, who ask the routes.
 */
#define ISMB_TYPE_BLOCKING (ismb_blocking_get_type ())
G_DECLARE_FINAL_TYPE (IsmbBlocking, ismb_blocking, ISMB, BLOCKING, GObject)

IsmbBlocking *ismb_blocking_new     (IsmbRoutes *routes, IsmbBlocklists *lists,
                                     IsmbRosters *rosters, IsmbPresenceService *presence);
/* Each adds to `reply` or returns the condition of an error. */
const char   *ismb_blocking_list    (IsmbBlocking *self, const IsmbQuestion *question,
                                     IsmbTree *reply);
const char   *ismb_blocking_block   (IsmbBlocking *self, const IsmbQuestion *question);
const char   *ismb_blocking_unblock (IsmbBlocking *self, const IsmbQuestion *question);
/* What the account hears that sent this to somebody it has blocked, or NULL where an answer would
 * be too much. */
IsmbFrame    *ismb_blocking_make_refusal (const IsmbFrame *frame);

G_END_DECLS
