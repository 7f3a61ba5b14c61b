/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-trace.h"

G_BEGIN_DECLS

/* What the traces that catch a module want of a stanza; a line of the log is the same to both. */
typedef enum
{
  ISMB_TRACE_WANTS_NOTHING = 0,
  ISMB_TRACE_WANTS_MASKED = 1 << 0,
  ISMB_TRACE_WANTS_OPEN = 1 << 1,
} IsmbTraceWants;

IsmbTraceWants _ismb_trace_ask  (const char *module);
/* Is there any trace at all? */
gboolean       _ismb_trace_any  (void);
/* `open`: for those with ISMB_TRACE_BODIES; either may be NULL where nobody wants it. From any
 * thread; whoever follows is told later. */
void           _ismb_trace_take (const char *module, IsmbLogLevel level, const char *masked,
                                 const char *open);

G_END_DECLS
