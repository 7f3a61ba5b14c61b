/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-home.h"
#include "ismb/core/ismb-jid.h"
#include "ismb/core/ismb-stanza.h"

G_BEGIN_DECLS

/* A client's way from closed to open and back: the account, the dialling, the channel; and who
 * waits for it. */
typedef struct _IsmbConnection IsmbConnection;

/* What it goes by; the client's, looked at when it is opened. */
typedef struct
{
  char *name, *password, *vr, *runtime_dir, *resource;
  char *server_jid; /* a stranger's server; NULL: the daemon of this switch */
  char *server_host, *ca_file;
  guint server_port;
  gboolean require_tls, direct_tls;
  guint connect_timeout, session_timeout; /* milliseconds, as those of the reconnection */
  gboolean auto_reconnect;
  guint reconnect_delay, reconnect_max_delay;
  guint reconnect_max_attempts; /* 0: no limit */
  guint whitespace_keepalive_interval; /* seconds; 0: none */
  gboolean stream_management;
} IsmbConnectionConfig;

/* `owner` is alive while they run. Any may close the connection or run a main loop. */
typedef struct
{
  void (*event) (GObject *owner, const char *event, GObject *payload);
  void (*ended) (GObject *owner);   /* before the event disconnected */
  void (*stanza) (GObject *owner, IsmbStanza *stanza);
  void (*changed) (GObject *owner, const char *property); /* auto-jid or bound-jid */
} IsmbConnectionCallbacks;

IsmbConnection *ismb_connection_new (GObject *owner, const IsmbConnectionConfig *config,
                                     const IsmbConnectionCallbacks *callbacks);
void ismb_connection_free (IsmbConnection *self);
/* Makes the account; the task is the owner's and returns a boolean. Takes it. */
void ismb_connection_make_account (IsmbConnection *self, GTask *task);
/* Likewise, until the session has started. */
void ismb_connection_open (IsmbConnection *self, GTask *task);
void ismb_connection_close (IsmbConnection *self);
/* Takes the XML. NOT_CONNECTED; FAILED where too much waits. */
gboolean ismb_connection_send (IsmbConnection *self, GString *xml, GError **error);
const char *ismb_connection_get_auto_jid (IsmbConnection *self);
IsmbJid *ismb_connection_get_bound_jid (IsmbConnection *self);
IsmbHome *ismb_connection_get_home (IsmbConnection *self);

G_END_DECLS
