/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-jid.h"
#include "ismb/stream/ismb-resume-watch.h"

G_BEGIN_DECLS

/* A client's stream to its server: a connected GIOStream with the pump on it, the sluice, and
 * libstrophe behind that. */
typedef struct _IsmbChannel IsmbChannel;

/* Never from inside a call of the owner's or a parser; each may run a main loop or free the
 * channel. */
typedef struct
{
  void (*authenticated) (gpointer user_data);
  void (*auth_refused) (const char *condition, gpointer user_data); /* once for each mechanism */
  /* The session is the channel's. */
  void (*ready) (IsmbJid *bound_jid, const IsmbSession *session, gpointer user_data);
  /* Takes the tree. Elements of urn:xmpp:sm:3 too, all in the order in which they came. */
  void (*stanza) (IsmbTree *tree, gpointer user_data);
  /* Once for each start, and the last. NULL after an orderly end. AUTH_FAILED, UNTRUSTED or STREAM.
   */
  void (*closed) (const GError *error, gpointer user_data);
} IsmbChannelCallbacks;

IsmbChannel *ismb_channel_new (const IsmbChannelCallbacks *callbacks, gpointer user_data);
void ismb_channel_free (IsmbChannel *self);
/* `jid` with the resource to ask for; `resume`: the stream to be resumed, or NULL. */
gboolean ismb_channel_start (IsmbChannel *self, GIOStream *stream, gboolean secret, const char *jid,
                             const char *password, const IsmbResume *resume, GError **error);
/* What the server said when it closed the stream, e.g. "conflict"; NULL: nothing, since the start.
 */
const char *ismb_channel_get_stream_condition (IsmbChannel *self);
/* With see-other-host: the host, and perhaps the port, it names; NULL: none. */
const char *ismb_channel_get_redirect (IsmbChannel *self);
/* A stanza or another element of the stream; once `ready`. */
void ismb_channel_send (IsmbChannel *self, const char *xml, gsize length);
/* Bytes that the network has not taken; kept when the channel is stopped. */
gsize ismb_channel_get_queued (IsmbChannel *self);
/* Orderly; `closed` follows. */
void ismb_channel_close (IsmbChannel *self);
/* At once, and `closed` does not follow. */
void ismb_channel_stop (IsmbChannel *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbChannel, ismb_channel_free)

G_END_DECLS
