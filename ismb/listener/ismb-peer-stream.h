/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-link.h"

G_BEGIN_DECLS

/* A stream between two listeners: an IsmbStream that may change hands, from who negotiated it to the link. */

/* Takes `fd`. Callbacks that are NULL are not missed, but for `closed`. */
IsmbStream *ismb_peer_stream_new       (IsmbLinkContext *context, int fd, IsmbStreamFlags flags, const char *server_name,
                                        const IsmbStreamCallbacks *callbacks, gpointer owner);
/* From now on these callbacks come and no others; allowed from inside one. */
void        ismb_peer_stream_set_owner (IsmbStream *stream, const IsmbStreamCallbacks *callbacks, gpointer owner);
/* Is this frame that element of the negotiation? */
gboolean    ismb_peer_stream_is        (const IsmbFrame *frame, const char *name, const char *ns);

G_END_DECLS
