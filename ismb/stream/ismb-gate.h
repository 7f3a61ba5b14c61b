/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/stream/ismb-resume-watch.h"

G_BEGIN_DECLS

/* What may pass between a server and libstrophe, and what is neither's: bytes in, bytes out, without
 * a descriptor. libstrophe opens the stream, signs in and ends the stream: it gets whole elements
 * that were looked at. The stanzas of a session are read here: libstrophe would read each, write it
 * to text for a log, and lose its prefixes. Bounded, whatever the server sends. */
typedef struct _IsmbGate IsmbGate;

/* From inside the gate's work: they call nothing that lets bytes in or out. */
typedef struct
{
  void (*authenticated) (gpointer user_data);
  void (*refused) (const char *condition, gpointer user_data); /* one way to sign in */
  /* Takes the tree: a stanza, or another element that is not the stream's own. */
  void (*stanza) (IsmbTree *tree, gpointer user_data);
} IsmbGateCallbacks;

/* How to sign in. */
typedef struct
{
  const char *password;
  gboolean secret;          /* nobody reads along (TLS, unix socket) */
  const IsmbResume *resume; /* NULL: a new session */
} IsmbGatePlan;

IsmbGate *ismb_gate_new  (const IsmbGatePlan *plan, const IsmbGateCallbacks *callbacks,
                          gpointer user_data);
void      ismb_gate_free (IsmbGate *self);

/* From the server, and from libstrophe. FALSE: the server is not who it should be, or breaks the
 * rules; nothing passes any more. */
gboolean ismb_gate_came (IsmbGate *self, const char *bytes, gsize length, GError **error);
gboolean ismb_gate_left (IsmbGate *self, const char *bytes, gsize length, GError **error);
/* Once the session is bound, past libstrophe, which would only hand it on. */
gboolean ismb_gate_send (IsmbGate *self, const char *xml, gsize length);
/* libstrophe is ready: what follows are stanzas. Perhaps some have come. FALSE as above. */
gboolean ismb_gate_begin_session (IsmbGate *self, GError **error);

/* Whether stanzas are wanted, also from inside the callback that gave one. What has come waits then;
 * when they are wanted again it is gone on with by letting nothing come. */
void     ismb_gate_pause    (IsmbGate *self, gboolean pause);
gboolean ismb_gate_has_more (IsmbGate *self);

/* What may go on, to libstrophe and to the server; and that so much of it has. */
const char *ismb_gate_peek_inward     (IsmbGate *self, gsize *length);
void        ismb_gate_consume_inward  (IsmbGate *self, gsize length);
const char *ismb_gate_peek_outward    (IsmbGate *self, gsize *length);
void        ismb_gate_consume_outward (IsmbGate *self, gsize length);
/* Of what has gone on, libstrophe has not read so many bytes. */
void        ismb_gate_note_unread     (IsmbGate *self, gsize bytes);
/* Drops what is on its way. */
void        ismb_gate_drop_inward     (IsmbGate *self);
void        ismb_gate_drop_outward    (IsmbGate *self);
gboolean    ismb_gate_has_room_inward  (IsmbGate *self);
gboolean    ismb_gate_has_room_outward (IsmbGate *self);
/* Bytes for the server, those among them that may not go on yet. */
gsize       ismb_gate_get_queued      (IsmbGate *self);

/* Whether the sign-in is through. */
gboolean           ismb_gate_is_bound         (IsmbGate *self);
/* Whether libstrophe ended the stream before the session was bound. */
gboolean           ismb_gate_was_left         (IsmbGate *self);
/* Whether it did so because nothing of what the server offers would do. */
gboolean           ismb_gate_was_no_use       (IsmbGate *self);
/* Why signing in failed, as the server named it, e.g. "not-authorized"; NULL: it did not say no. */
const char        *ismb_gate_get_auth_failure (IsmbGate *self);
/* How the session stands once libstrophe is ready; the gate's. */
const IsmbSession *ismb_gate_get_session      (IsmbGate *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbGate, ismb_gate_free)

G_END_DECLS
