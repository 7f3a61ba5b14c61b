/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-handlers.h"
#include "ismb/client/ismb-requests.h"
#include "ismb/client/ismb-roster.h"
#include "ismb/client/ismb-subscribers.h"

G_BEGIN_DECLS

/* What becomes of a stanza that came to a client: who is called, what is answered. */
typedef struct _IsmbInbox IsmbInbox;

/* What it asks of the client. */
typedef struct
{
  void (*event) (gpointer client, const char *event, GObject *payload);
  void (*send) (gpointer client, IsmbStanza *stanza);
  gboolean (*admit) (gpointer client, IsmbStanza *stanza); /* FALSE: a filter dropped it */
  IsmbJid *(*get_own) (gpointer client); /* the bound address, or NULL */
  gboolean (*is_heard) (gpointer client, const char *event); /* by whomever */
  guint (*count_handlers) (gpointer client, const char *event);
} IsmbInboxCallbacks;

/* The client owns it; the others must outlive it. */
IsmbInbox *ismb_inbox_new (gpointer client, IsmbRoster *roster, IsmbSubscribers *subscribers,
                           IsmbRequests *requests, const IsmbInboxCallbacks *callbacks);
void ismb_inbox_free (IsmbInbox *self);
/* May run handlers that run main loops, or end the client. */
void ismb_inbox_take (IsmbInbox *self, IsmbStanza *stanza);
/* Whom a stanza is offered to before anything else becomes of it. */
IsmbHandlers *ismb_inbox_get_handlers (IsmbInbox *self);
/* See ismb_content_events_map_node (). */
void ismb_inbox_map_node (IsmbInbox *self, const char *node, const char *name);
/* What the client sends, so that no request is answered twice. */
void ismb_inbox_note_sent (IsmbInbox *self, IsmbStanza *stanza);

G_END_DECLS
