/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-channel.h"
#include "ismb/core/ismb-stanza.h"

G_BEGIN_DECLS

/* What goes out and comes in on a client's stream: kept until the server has it, counted,
 * acknowledged, and sent again on the next stream where this one broke. */
typedef struct _IsmbExchange IsmbExchange;

/* Each may end the stream, close the client or run a main loop. */
typedef struct
{
  /* sm_enabled, sm_failed, stanza_acked, stanza_not_sent */
  void (*event) (const char *event, gpointer payload, gpointer user_data);
  /* Whether anybody would hear of it. */
  gboolean (*is_heard) (const char *event, gpointer user_data);
  /* Whether the answer to that iq is still waited for. */
  gboolean (*is_wanted) (IsmbStanza *request, gpointer user_data);
  /* Nothing is left that the server has yet to take. */
  void (*settled) (gpointer user_data);
  /* The stream is of no use any more: TIMEOUT or STREAM. */
  void (*broken) (const GError *error, gpointer user_data);
} IsmbExchangeCallbacks;

/* The channel must outlive it. */
IsmbExchange *ismb_exchange_new (IsmbChannel *channel, const IsmbExchangeCallbacks *callbacks,
                                 gpointer user_data);
void ismb_exchange_free (IsmbExchange *self);

/* Sends, or keeps for the next session. Takes the XML. FAILED: too much waits. */
gboolean ismb_exchange_put (IsmbExchange *self, IsmbStanza *stanza, GString *xml, GError **error);

/* A new session took the place of the last, if there was one: leaves for it what still makes sense
 * there. `same_address`: it has the same full JID. The rest is added to `dropped`, a queue of
 * IsmbStanza (transfer full). */
void ismb_exchange_renew (IsmbExchange *self, const IsmbSession *session, gboolean same_address,
                          GQueue *dropped);
/* The stream is ready: what waits goes out. `keepalive`: seconds, 0 for none. */
void ismb_exchange_open (IsmbExchange *self, const IsmbSession *session, gboolean manage,
                         guint keepalive);
/* It is gone; `resumable`: a next one may go on where this one ended. */
void ismb_exchange_end (IsmbExchange *self, gboolean resumable);
/* The last that is said before the stream is closed in order: what came. */
void ismb_exchange_say_goodbye (IsmbExchange *self);
/* Gives up all that was not taken, and adds it to `dropped`. */
void ismb_exchange_give_up (IsmbExchange *self, GQueue *dropped);
/* Whatever the server took without a word is not missed: the stream was closed in order. */
void ismb_exchange_forget_sent (IsmbExchange *self);

/* An element came. TRUE: a stanza for the application, which is hereby counted. */
gboolean ismb_exchange_take (IsmbExchange *self, IsmbTree *tree);
/* Has the server say what it has taken; `settled` follows, at once where there is nothing. */
void ismb_exchange_settle (IsmbExchange *self);

/* FALSE: there is nothing to resume. The strings are good until the next call. */
gboolean ismb_exchange_get_resume (IsmbExchange *self, IsmbResume *resume);
/* Stanzas that were not taken yet. */
guint ismb_exchange_count (IsmbExchange *self);
gboolean ismb_exchange_has_request (IsmbExchange *self, const char *id);
/* How often acknowledgements are asked for; see ismb_stream_management_set_pace (). */
void ismb_exchange_set_pace (IsmbExchange *self, guint window, guint quiet, guint patience);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbExchange, ismb_exchange_free)

G_END_DECLS
