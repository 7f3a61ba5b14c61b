/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/stream/ismb-stream.h"

G_BEGIN_DECLS

/* SASL EXTERNAL, as whoever is dialled hears it of a server whose certificate has proven a domain
 * (XEP-0178, 3). Zeroed, it has not begun. */
typedef struct
{
  gboolean challenged; /* there was no initial response, and one was asked for */
} IsmbExternal;

typedef enum
{
  ISMB_EXTERNAL_WAITS,
  ISMB_EXTERNAL_DONE,   /* success was said, and the stream begins anew */
  ISMB_EXTERNAL_FAILED, /* so was failure, and the stream ends */
} IsmbExternalOutcome;

/* Is it the next word of it? */
gboolean            ismb_external_expects (const IsmbExternal *self, const IsmbFrame *frame);
IsmbExternalOutcome ismb_external_take    (IsmbExternal *self, IsmbStream *stream,
                                           IsmbFrame *frame, const char *domain);

G_END_DECLS
