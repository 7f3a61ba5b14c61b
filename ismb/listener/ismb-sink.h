/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/stream/ismb-frame.h"

G_BEGIN_DECLS

/* Whatever takes frames: a client's session, a link to another listener, the listener's own
 * services. */
#define ISMB_TYPE_SINK (ismb_sink_get_type ())
G_DECLARE_INTERFACE (IsmbSink, ismb_sink, ISMB, SINK, GObject)

struct _IsmbSinkInterface
{
  GTypeInterface parent;
  void (*deliver) (IsmbSink *self, IsmbFrame *frame);   /* borrowed: ref it to keep it */
};

void ismb_sink_deliver (IsmbSink *self, IsmbFrame *frame);

G_END_DECLS
