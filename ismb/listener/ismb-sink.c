/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-sink.h"

G_DEFINE_INTERFACE (IsmbSink, ismb_sink, G_TYPE_OBJECT)

static void
ismb_sink_default_init (IsmbSinkInterface *iface)
{
}

void
ismb_sink_deliver (IsmbSink *self, IsmbFrame *frame)
{
  ISMB_SINK_GET_IFACE (self)->deliver (self, frame);
}
