/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "sink-spy.h"

struct _SinkSpy
{
  GObject parent_instance;
  GQueue frames;
};

static void
deliver (IsmbSink *sink, IsmbFrame *frame)
{
  g_queue_push_tail (&SINK_SPY (sink)->frames, ismb_frame_ref (frame));
}

static void
sink_init (IsmbSinkInterface *iface)
{
  iface->deliver = deliver;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (SinkSpy, sink_spy, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (ISMB_TYPE_SINK, sink_init))

static void
sink_spy_finalize (GObject *object)
{
  g_queue_clear_full (&SINK_SPY (object)->frames, (GDestroyNotify) ismb_frame_unref);
  G_OBJECT_CLASS (sink_spy_parent_class)->finalize (object);
}

static void
sink_spy_class_init (SinkSpyClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sink_spy_finalize;
}

static void
sink_spy_init (SinkSpy *self)
{
}

SinkSpy *
sink_spy_new (void)
{
  return g_object_new (SINK_TYPE_SPY, NULL);
}

guint
sink_spy_count (SinkSpy *self)
{
  return self->frames.length;
}

IsmbFrame *
sink_spy_take (SinkSpy *self)
{
  return g_queue_pop_head (&self->frames);
}
