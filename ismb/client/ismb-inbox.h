/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-client-private.h"
#include "ismb/client/ismb-requests.h"

G_BEGIN_DECLS

/* What becomes of a stanza that came to a client: who is called, what is answered. */
typedef struct _IsmbInbox IsmbInbox;

/* Knows the client, who owns it; the others must outlive it. */
IsmbInbox *ismb_inbox_new               (IsmbClient *client, IsmbRoster *roster, IsmbRequests *requests);
void       ismb_inbox_free              (IsmbInbox *self);
/* May run handlers that run main loops; the caller keeps the client alive. */
void       ismb_inbox_take              (IsmbInbox *self, IsmbStanza *stanza);
guint      ismb_inbox_add_iq_handler    (IsmbInbox *self, const char *name, const char *ns, IsmbIqHandler handler,
                                         gpointer user_data, GDestroyNotify destroy);
void       ismb_inbox_remove_iq_handler (IsmbInbox *self, guint id);
void       ismb_inbox_set_authorize     (IsmbInbox *self, IsmbAuthorize authorize, gpointer user_data);
void       ismb_inbox_add_feature       (IsmbInbox *self, const char *feature);

G_END_DECLS
