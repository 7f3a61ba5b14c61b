/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/stream/ismb-frame.h"

G_BEGIN_DECLS

/* What a stream itself says, besides what passes through it (RFC 6120, 4.7 to 4.9). */
typedef struct
{
  const char *content_ns;
  gboolean dialback; /* its prefix is declared in headers to come */
  gboolean begun;    /* a header was said, and the stream has not started anew since */
} IsmbStreamText;

/* NULL leaves an attribute out. (transfer full) */
IsmbFrame *ismb_stream_text_begin (IsmbStreamText *self, const char *from, const char *to,
                                   const char *id);
/* The end, and what comes before it: the error, and the header where there was none. `condition`
 * NULL: it is in order; `text` may be NULL, and so may `detail`, an application's own condition
 * (XEP-0182). (transfer full) */
IsmbFrame *ismb_stream_text_end   (IsmbStreamText *self, const char *condition, const char *text,
                                   const char *detail);

G_END_DECLS
