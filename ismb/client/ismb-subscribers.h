/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-own-presence.h"
#include "ismb/client/ismb-roster.h"
#include "ismb/core/ismb-presence.h"

G_BEGIN_DECLS

/* Those who see our presence: what a client answers by itself to who asks for that, and to who
 * wants it no more. */
typedef struct _IsmbSubscribers IsmbSubscribers;

typedef enum
{
  ISMB_ADMISSION_LEAVE,   /* to the program */
  ISMB_ADMISSION_APPROVE, /* 64 of one other domain at most, and 1,000 in all */
  ISMB_ADMISSION_REFUSE,
} IsmbAdmission;

/* What it asks of the client. */
typedef struct
{
  void (*event) (gpointer client, const char *event, GObject *payload);
  void (*send) (gpointer client, IsmbStanza *stanza);
  IsmbJid *(*get_own) (gpointer client); /* the bound address, or NULL */
  IsmbAdmission (*judge) (gpointer client, IsmbJid *from);
  gboolean (*asks_back) (gpointer client); /* whether it wants to see those whom it approves */
} IsmbSubscribersCallbacks;

/* The client owns it; the others must outlive it. */
IsmbSubscribers *ismb_subscribers_new (gpointer client, IsmbRoster *roster, IsmbOwnPresence *own,
                                       const IsmbSubscribersCallbacks *callbacks);
void ismb_subscribers_free (IsmbSubscribers *self);
/* A presence that came, behind its own events, and what it was before their handlers had it. Types
 * that are not of subscriptions are let by. Then the events roster_subscription_*. */
void ismb_subscribers_take (IsmbSubscribers *self, const char *type, IsmbJid *from,
                            IsmbPresence *presence);
/* A presence that left the client, made here or elsewhere. */
void ismb_subscribers_note (IsmbSubscribers *self, IsmbPresence *presence);

G_END_DECLS
