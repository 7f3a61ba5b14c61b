/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-backlog.h"

#define FRAMES_MAX 1000
#define BYTES_MAX (1u << 20)

gboolean
ismb_backlog_push (IsmbBacklog *self, IsmbFrame *frame)
{
  if (self->frames.length >= FRAMES_MAX || self->bytes + frame->length > BYTES_MAX)
    return FALSE;
  g_queue_push_tail (&self->frames, ismb_frame_ref (frame));
  self->bytes += frame->length;
  return TRUE;
}

IsmbFrame *
ismb_backlog_pop (IsmbBacklog *self)
{
  IsmbFrame *frame = g_queue_pop_head (&self->frames);

  if (frame != NULL)
    self->bytes -= frame->length;
  return frame;
}

gboolean
ismb_backlog_is_empty (IsmbBacklog *self)
{
  return g_queue_is_empty (&self->frames);
}

IsmbBacklog
ismb_backlog_take (IsmbBacklog *self)
{
  IsmbBacklog all = *self;

  *self = (IsmbBacklog) { .bytes = 0 };
  return all;
}

void
ismb_backlog_clear (IsmbBacklog *self)
{
  g_queue_clear_full (&self->frames, (GDestroyNotify) ismb_frame_unref);
  self->bytes = 0;
}
