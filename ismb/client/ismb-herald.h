/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-failure.h"
#include "ismb/core/ismb-jid.h"
#include "ismb/core/ismb-peer.h"
#include "ismb/core/ismb-stanza.h"

G_BEGIN_DECLS

/* What a connection tells its owner, in SleekXMPP's order: one `disconnected` for each `connected`,
 * and one `session_end` before it, or later, where the session is to be resumed. A handler may do
 * anything; whoever has more to tell looks whether the connection is still at the same turn. */
typedef struct _IsmbHerald IsmbHerald;

/* `owner` is alive while they run. Any may close the connection or run a main loop. */
typedef struct
{
  void (*event) (GObject *owner, const char *event, GObject *payload);
  gboolean (*is_heard) (GObject *owner, const char *event);
  /* Whether the answer to that iq is still waited for. */
  gboolean (*is_wanted) (GObject *owner, IsmbStanza *request);
  void (*ended) (GObject *owner); /* a session, for good; after the event session_end */
  void (*stanza) (GObject *owner, IsmbStanza *stanza);
  void (*changed) (GObject *owner, const char *property); /* auto-jid or bound-jid */
} IsmbConnectionCallbacks;

struct _IsmbHerald
{
  GObject *owner; /* borrowed: it owns us */
  IsmbConnectionCallbacks callbacks;
  guint turn;     /* the connection's */
  char *auto_jid;
  IsmbJid *bound_jid;
  gboolean connected; /* told, so `disconnected` is due */
  gboolean end_due;   /* likewise `session_end` */
};

IsmbHerald *ismb_herald_new (GObject *owner, const IsmbConnectionCallbacks *callbacks,
                             const char *auto_jid);
void ismb_herald_free (IsmbHerald *self);
/* TRUE: it is still the same turn. */
gboolean ismb_herald_tell (IsmbHerald *self, const char *event, gpointer payload);
/* `stanza_not_sent` of each; empties the queue of IsmbStanza (transfer full). */
void ismb_herald_tell_not_sent (IsmbHerald *self, GQueue *stanzas);
void ismb_herald_tell_session_end (IsmbHerald *self);
void ismb_herald_tell_disconnected (IsmbHerald *self, IsmbFailure *reason);
/* What the home says of the switch's peers; `user_data` is the herald. */
void ismb_herald_tell_peer_found (IsmbPeer *peer, gpointer user_data);
void ismb_herald_tell_peer_changed (IsmbPeer *peer, gpointer user_data);
void ismb_herald_tell_peer_lost (IsmbPeer *peer, gpointer user_data);
/* The session is gone for good. */
void ismb_herald_forget_session (IsmbHerald *self);
void ismb_herald_set_auto_jid (IsmbHerald *self, const char *jid);
void ismb_herald_set_bound_jid (IsmbHerald *self, IsmbJid *jid);
/* Whom the session, or else the account, is of; NULL: nobody knows yet. */
const char *ismb_herald_get_address (IsmbHerald *self);

G_END_DECLS
