/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/trust/ismb-token.h"
#include "switchctl/daemon/vr.h"

G_BEGIN_DECLS

/* Looks for a way into a fabric once, in all virtual routers that are up, at the same time. Outcome
 * as of _ismb_listener_join_async (), the best of any: joined, a refusal, to wait, nobody there. */
void     switch_join_round_async  (GPtrArray *vrs, const char *ca_hash, const IsmbToken *token,
                                   GCancellable *cancellable, GAsyncReadyCallback callback,
                                   gpointer user_data);
gboolean switch_join_round_finish (GAsyncResult *result, GError **error);
/* How many other switches are announced in them, of whatever fabric. */
guint    switch_join_round_count_seen (GPtrArray *vrs);

G_END_DECLS
