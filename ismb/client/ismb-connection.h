/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-connection-config.h"
#include "ismb/client/ismb-herald.h"
#include "ismb/client/ismb-home.h"

G_BEGIN_DECLS

/* A client's way from closed to open and back, as often as its sessions are lost; and who waits for
 * it. It tells what happens in SleekXMPP's order. */
typedef struct _IsmbConnection IsmbConnection;

IsmbConnection *ismb_connection_new (GObject *owner, const IsmbConnectionConfig *config,
                                     const IsmbConnectionCallbacks *callbacks);
void ismb_connection_free (IsmbConnection *self);
/* Makes the account; the task is the owner's and returns a boolean. Takes it. */
void ismb_connection_make_account (IsmbConnection *self, GTask *task);
/* Likewise, until the session has started, or what keeps it from starting does not pass. */
void ismb_connection_open (IsmbConnection *self, GTask *task);
/* Likewise, until the session has ended: what was sent goes first, for as long as it takes, but not
 * for ever. */
void ismb_connection_drain (IsmbConnection *self, GTask *task);
void ismb_connection_close (IsmbConnection *self);
void ismb_connection_abort (IsmbConnection *self);
void ismb_connection_reconnect (IsmbConnection *self);
/* Now, or in the next session. Takes the XML. NOT_CONNECTED: it is closing; FAILED: too much waits.
 */
gboolean ismb_connection_send (IsmbConnection *self, IsmbStanza *stanza, GString *xml,
                               GError **error);
/* Whether an iq of that id is yet to be sent, or to be sent again. */
gboolean ismb_connection_has_request (IsmbConnection *self, const char *id);
const char *ismb_connection_get_auto_jid (IsmbConnection *self);
/* Of the session, and of one that is lost and may be resumed. */
IsmbJid *ismb_connection_get_bound_jid (IsmbConnection *self);
/* Whether the server's stream features have such an element: of the last session. */
gboolean ismb_connection_offers (IsmbConnection *self, const char *name, const char *ns);
IsmbHome *ismb_connection_get_home (IsmbConnection *self);
/* For tests: see ismb_stream_management_set_pace (). */
void ismb_connection_set_pace (IsmbConnection *self, guint window, guint quiet, guint patience);

G_END_DECLS
