/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/stream/ismb-frame.h"

G_BEGIN_DECLS

/* What a stream itself says, besides what passes through it (RFC 6120, 4.7 to 4.9). */
#define ISMB_STREAM_END "</stream:stream>"

/* NULL leaves an attribute out. `dialback`: its prefix is declared. (transfer full) */
IsmbFrame *ismb_stream_text_header (const char *content_ns, gboolean dialback, const char *from,
                                    const char *to, const char *id);
/* `text` may be NULL, and so may `detail`, an application's own condition (XEP-0182). (transfer
 * full) */
IsmbFrame *ismb_stream_text_error  (const char *condition, const char *text, const char *detail);

G_END_DECLS
