/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-approach.h"
#include "ismb/client/ismb-daemon-watch.h"
#include "ismb/client/ismb-ending.h"
#include "ismb/client/ismb-exchange.h"
#include "ismb/client/ismb-herald.h"
#include "ismb/client/ismb-retries.h"
#include "ismb/client/ismb-waiters.h"

G_BEGIN_DECLS

/* What an IsmbConnection is made of, for the files that its functions stand in: what its owner asks
 * for, what comes of it, and what ends it. */

typedef struct _IsmbConnection IsmbConnection;
typedef enum { CLOSED, CONNECTING, NEGOTIATING, OPEN, WAITING, CLOSING } IsmbConnectionState;

struct _IsmbConnection
{
  GObject *owner; /* borrowed: it owns us */
  const IsmbConnectionConfig *config;
  IsmbConnectionState state;
  IsmbHerald *herald;
  GMainContext *context;   /* in which it was opened */
  GSource *timer;          /* of the state */
  IsmbWaiters *waiters;
  IsmbRetries retries;
  IsmbDaemonWatch *watch;  /* while the daemon of this switch is gone */
  IsmbApproach *approach;  /* while CONNECTING */
  IsmbHome *home;
  IsmbChannel *channel;
  IsmbExchange *exchange;
  char *refusal;           /* what the server said to a mechanism */
  gboolean secret;         /* nobody reads along, and the certificate was verified */
  gboolean home_was_known; /* before this attempt */
  gboolean reopening;      /* once it is closed */
  IsmbTree *features;      /* that the server offered last, or NULL */
};

/* Whom it is about, in the log. */
const char *_ismb_connection_get_name (IsmbConnection *self);
/* Another turn. `timeout`: milliseconds; 0: it lasts as long as it lasts. */
void _ismb_connection_set_state (IsmbConnection *self, IsmbConnectionState state, guint timeout);
/* Makes for the server; the outcome comes later. */
void _ismb_connection_attempt (IsmbConnection *self);
/* What nobody wanted: it is tried again, or given up. Takes `why`. */
void _ismb_connection_end_stream (IsmbConnection *self, IsmbEnding *why);
/* Drops what there is of a stream, without a word to anybody. */
void _ismb_connection_leave_stream (IsmbConnection *self, gboolean resumable);
/* From OPEN, in order. */
void _ismb_connection_start_closing (IsmbConnection *self);
/* At once, whatever there is. `error` is for who waits for the session; takes it. */
void _ismb_connection_shut (IsmbConnection *self, GError *error);
GError *_ismb_connection_closed_error (void);

G_END_DECLS
