/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-link-context.h"
#include "ismb/stream/ismb-stream.h"

G_BEGIN_DECLS

/* A stream between two listeners: what is particular about it, from who negotiates it to the link
 * that gets it. */

#define ISMB_PEER_STREAM_PATIENCE 5000 /* ms for TCP and TLS, at each address that is dialled */

/* One that was accepted. Takes `fd`. */
IsmbStream *ismb_peer_stream_new (IsmbLinkContext *context, int fd, IsmbStreamFlags flags,
                                  const IsmbStreamCallbacks *callbacks, gpointer owner);
/* To a numeric address, showing what `tls` has. Who answers has ISMB_PEER_STREAM_PATIENCE to come
 * up. */
IsmbStream *ismb_peer_stream_dial (IsmbLinkContext *context, IsmbTlsContext *tls,
                                   const char *domain, const char *address, guint16 port,
                                   const IsmbStreamCallbacks *callbacks, gpointer owner,
                                   GError **error);
/* Says goodbye (a stream error condition, or NULL), and lives on only for that. Takes the
 * reference. */
void        ismb_peer_stream_part      (IsmbStream *stream, const char *condition);
/* Authenticated: longer stanzas, and no more patience than that with a silent host. */
void        ismb_peer_stream_settle    (IsmbStream *stream, guint milliseconds);
/* Would a listener of our kind take a stanza of this length? */
gboolean    ismb_peer_stream_fits      (const IsmbFrame *frame);
/* The stream error for a stanza that may not come from `domain` to `us` (RFC
 * 6120, 8.1.1.2, 8.1.2.2), or NULL. */
const char *ismb_peer_stream_check     (const IsmbFrame *frame, const char *domain, const char *us);
/* Appends the XEP-0478 limits: `bytes` of an element; 0: as many as listeners of our kind send. */
void        ismb_peer_stream_add_limits (GString *features, guint bytes);
/* The features of a stream that has proven who it is; limits as above. */
void        ismb_peer_stream_welcome   (IsmbStream *stream, guint bytes);
/* Is this frame that element of the negotiation? */
gboolean    ismb_peer_stream_is        (const IsmbFrame *frame, const char *name, const char *ns);
/* Do these features let us log in by our certificate? */
gboolean    ismb_peer_stream_offers_external (const IsmbNode *features);

G_END_DECLS
