/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-trace.h"
#include "ismb/local/ismb-control-generated.h"

G_BEGIN_DECLS

/* Answers Log1.ReadTrace: now, or, with `wait`, once there is something. Who waits costs nothing
 * till then, and is forgotten when its connection ends. */
void switch_trace_reader_answer (IsmbDBusLog1 *object, GDBusMethodInvocation *invocation,
                                 IsmbTrace *trace, guint64 after, guint most, gboolean wait);

G_END_DECLS
