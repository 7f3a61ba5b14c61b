/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-roster.h"
#include "ismb/core/ismb-presence.h"

G_BEGIN_DECLS

/* Those who see our presence: what a client answers by itself to who asks for that, and to who
 * wants it no more. */
typedef struct _IsmbSubscribers IsmbSubscribers;

/* What it asks of the client. */
typedef struct
{
  void (*send) (gpointer client, IsmbStanza *stanza);
  IsmbJid *(*get_own) (gpointer client); /* the bound address, or NULL */
  gboolean (*authorize) (gpointer client, IsmbJid *from, gpointer user_data);
} IsmbSubscribersCallbacks;

/* IsmbAuthorize, before there is a client. */
typedef gboolean (*IsmbSubscribersAuthorize) (gpointer client, IsmbJid *from, gpointer user_data);

/* The client owns it; the roster must outlive it. */
IsmbSubscribers *ismb_subscribers_new (gpointer client, IsmbRoster *roster,
                                       const IsmbSubscribersCallbacks *callbacks);
void ismb_subscribers_free (IsmbSubscribers *self);
/* A presence that came; others than `subscribe` and `unsubscribe` are let by. */
void ismb_subscribers_take (IsmbSubscribers *self, IsmbPresence *presence);
/* NULL: the callback of the client again. */
void ismb_subscribers_set_authorize (IsmbSubscribers *self, IsmbSubscribersAuthorize authorize,
                                     gpointer user_data);
/* Whether a subscription that is approved is asked for in return; it is, unless told otherwise. */
void ismb_subscribers_set_auto_subscribe (IsmbSubscribers *self, gboolean auto_subscribe);

G_END_DECLS
