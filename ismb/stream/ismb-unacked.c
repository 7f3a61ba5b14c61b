/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/stream/ismb-unacked.h"

void
ismb_unacked_push (IsmbUnacked *self, IsmbFrame *frame)
{
  g_queue_push_tail (&self->frames, ismb_frame_ref (frame));
  self->bytes += frame->length;
}

IsmbFrame *
ismb_unacked_pop (IsmbUnacked *self)
{
  IsmbFrame *frame = g_queue_pop_head (&self->frames);

  if (frame != NULL)
    self->bytes -= frame->length;
  return frame;
}

gboolean
ismb_unacked_ack (IsmbUnacked *self, guint32 h)
{
  guint32 more = h - self->acked;

  if (more > self->frames.length)
    return FALSE;
  self->acked = h;
  for (; more > 0; more--)
    ismb_frame_unref (ismb_unacked_pop (self));
  return TRUE;
}

guint
ismb_unacked_count (const IsmbUnacked *self)
{
  return self->frames.length;
}

guint32
ismb_unacked_get_sent (const IsmbUnacked *self)
{
  return self->acked + self->frames.length;
}

void
ismb_unacked_clear (IsmbUnacked *self)
{
  g_queue_clear_full (&self->frames, (GDestroyNotify) ismb_frame_unref);
  self->bytes = 0;
}
