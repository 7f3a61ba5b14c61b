/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/stream/ismb-resume-watch.h"

G_BEGIN_DECLS

/* What may pass between a server and libstrophe, and what is neither's: bytes in, bytes out,
 * without a descriptor. libstrophe opens the stream, signs in and ends the stream: it gets whole
 * elements that were looked at. The stanzas of a session are read here: libstrophe would read each,
 * write it to text for a log, and lose its prefixes. Bounded, whatever the server sends. */
typedef struct _IsmbSluice IsmbSluice;

/* From inside the sluice's work: they call nothing that lets bytes in or out. */
typedef struct
{
  void (*authenticated) (gpointer user_data);
  void (*refused) (const char *condition, gpointer user_data); /* one way to sign in */
  /* Takes the tree: a stanza, or another element that is not the stream's own. */
  void (*stanza) (IsmbTree *tree, gpointer user_data);
} IsmbSluiceCallbacks;

/* How to sign in. */
typedef struct
{
  const char *password;
  gboolean secret;          /* nobody reads along (TLS, unix socket) */
  const IsmbResume *resume; /* NULL: a new session */
} IsmbSluicePlan;

IsmbSluice *ismb_sluice_new  (const IsmbSluicePlan *plan, const IsmbSluiceCallbacks *callbacks,
                              gpointer user_data);
void        ismb_sluice_free (IsmbSluice *self);

/* From the server, and from libstrophe. FALSE: the server is not who it should be, or breaks the
 * rules; nothing passes any more. */
gboolean ismb_sluice_came (IsmbSluice *self, const char *bytes, gsize length, GError **error);
gboolean ismb_sluice_left (IsmbSluice *self, const char *bytes, gsize length, GError **error);
/* Once the session is bound, past libstrophe, which would only hand it on. */
gboolean ismb_sluice_send (IsmbSluice *self, const char *xml, gsize length);
/* libstrophe is ready: what follows are stanzas. Perhaps some have come. FALSE as above. */
gboolean ismb_sluice_begin_session (IsmbSluice *self, GError **error);

/* Whether stanzas are wanted, also from inside the callback that gave one. What has come waits
 * then; when they are wanted again it is gone on with by letting nothing come. */
void     ismb_sluice_pause    (IsmbSluice *self, gboolean pause);
gboolean ismb_sluice_has_more (IsmbSluice *self);

/* What may go on, to libstrophe and to the server; and that so much of it has. */
const char *ismb_sluice_peek_inward      (IsmbSluice *self, gsize *length);
void        ismb_sluice_consume_inward   (IsmbSluice *self, gsize length);
const char *ismb_sluice_peek_outward     (IsmbSluice *self, gsize *length);
void        ismb_sluice_consume_outward  (IsmbSluice *self, gsize length);
/* Of what has gone on, libstrophe has not read so many bytes. */
void        ismb_sluice_note_unread      (IsmbSluice *self, gsize bytes);
/* Drops what is on its way. */
void        ismb_sluice_drop_inward      (IsmbSluice *self);
void        ismb_sluice_drop_outward     (IsmbSluice *self);
gboolean    ismb_sluice_has_room_inward  (IsmbSluice *self);
gboolean    ismb_sluice_has_room_outward (IsmbSluice *self);
/* Bytes for the server, those among them that may not go on yet. */
gsize       ismb_sluice_get_queued       (IsmbSluice *self);

/* Whether the sign-in is through. */
gboolean           ismb_sluice_is_bound         (IsmbSluice *self);
/* Whether libstrophe ended the stream before the session was bound. */
gboolean           ismb_sluice_was_left         (IsmbSluice *self);
/* Whether it did so because nothing of what the server offers would do. */
gboolean           ismb_sluice_was_no_use       (IsmbSluice *self);
/* Why signing in failed, as the server named it, e.g. "not-authorized"; NULL: it did not say no. */
const char        *ismb_sluice_get_auth_failure (IsmbSluice *self);
/* How the session stands once libstrophe is ready; the sluice's. */
const IsmbSession *ismb_sluice_get_session      (IsmbSluice *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbSluice, ismb_sluice_free)

G_END_DECLS
