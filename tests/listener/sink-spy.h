/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-sink.h"

G_BEGIN_DECLS

/* A sink that holds what it was given, as a session does that has not written it yet. */
#define SINK_TYPE_SPY (sink_spy_get_type ())
G_DECLARE_FINAL_TYPE (SinkSpy, sink_spy, SINK, SPY, GObject)

SinkSpy   *sink_spy_new  (void);
guint      sink_spy_count (SinkSpy *self);
/* The oldest it holds, and no longer; NULL: none. (transfer full) */
IsmbFrame *sink_spy_take (SinkSpy *self);

G_END_DECLS
