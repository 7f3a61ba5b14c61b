/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-client.h"

G_BEGIN_DECLS

/* Which subscription requests are answered with `subscribed`: SleekXMPP's auto_authorize. The
 * default takes those of known peer domains. At most 64 of one other domain are approved so, and
 * 1,000 in all. */
typedef gboolean (*IsmbAuthorizeFunc) (IsmbClient *client, IsmbJid *from, gpointer user_data);
void _ismb_client_set_authorize (IsmbClient *self, IsmbAuthorizeFunc authorize, gpointer user_data);
/* Whether those are subscribed back to: SleekXMPP's auto_subscribe. They are, by default. */
void _ismb_client_set_auto_subscribe (IsmbClient *self, gboolean auto_subscribe);

G_END_DECLS
