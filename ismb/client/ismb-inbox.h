/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-requests.h"
#include "ismb/client/ismb-roster.h"

G_BEGIN_DECLS

/* What becomes of a stanza that came to a client: who is called, what is answered. */
typedef struct _IsmbInbox IsmbInbox;

/* What it asks of the client. */
typedef struct
{
  void (*event) (gpointer client, const char *event, GObject *payload);
  void (*send) (gpointer client, IsmbStanza *stanza);
  IsmbJid *(*get_own) (gpointer client); /* the bound address, or NULL */
  gboolean (*authorize) (gpointer client, IsmbJid *from, gpointer user_data);
} IsmbInboxCallbacks;

/* IsmbIqHandler and IsmbAuthorizeFunc, before there is a client. */
typedef gboolean (*IsmbInboxHandler) (gpointer client, IsmbIq *request, gpointer user_data);
typedef gboolean (*IsmbInboxAuthorize) (gpointer client, IsmbJid *from, gpointer user_data);

/* The client owns it; the others must outlive it. */
IsmbInbox *ismb_inbox_new (gpointer client, IsmbRoster *roster, IsmbRequests *requests,
                           const IsmbInboxCallbacks *callbacks);
void ismb_inbox_free (IsmbInbox *self);
/* May run handlers that run main loops; the caller keeps the client alive. */
void ismb_inbox_take (IsmbInbox *self, IsmbStanza *stanza);
guint ismb_inbox_add_iq_handler (IsmbInbox *self, const char *name, const char *ns,
                                 IsmbInboxHandler handler, gpointer user_data,
                                 GDestroyNotify destroy);
void ismb_inbox_remove_iq_handler (IsmbInbox *self, guint id);
/* NULL: the callback of the client again. */
void ismb_inbox_set_authorize (IsmbInbox *self, IsmbInboxAuthorize authorize, gpointer user_data);
/* Whether a subscription that is approved is asked for in return; it is, unless told otherwise. */
void ismb_inbox_set_auto_subscribe (IsmbInbox *self, gboolean auto_subscribe);
void ismb_inbox_add_feature (IsmbInbox *self, const char *feature);

G_END_DECLS
