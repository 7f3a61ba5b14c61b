/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-outbox.h"

#include "ismb/listener/ismb-peer-stream.h"

void
ismb_outbox_init (IsmbOutbox *self, IsmbLink *link, IsmbLinkContext *context, const char *domain)
{
  self->link = link;
  self->context = context;
  self->domain = domain;
}

void
ismb_outbox_clear (IsmbOutbox *self)
{
  ismb_backlog_clear (&self->backlog);
  g_clear_pointer (&self->congestion, ismb_congestion_free);
}

void
ismb_outbox_send (IsmbOutbox *self, IsmbStream *stream, IsmbFrame *frame)
{
  if (!ismb_peer_stream_fits (frame))
    ismb_outbox_bounce (self, frame, "policy-violation");
  else if (!ismb_congestion_admits (&self->congestion, self->domain,
                                    ismb_stream_get_queued (stream), frame, self->context->domain))
    ismb_outbox_bounce (self, frame, "resource-constraint");
  else
    {
      self->sent++;
      ismb_stream_send_frame (stream, frame);
    }
}

void
ismb_outbox_flush (IsmbOutbox *self, IsmbStream *stream)
{
  IsmbFrame *frame;

  while ((frame = ismb_backlog_pop (&self->backlog)) != NULL)
    {
      ismb_outbox_send (self, stream, frame);
      ismb_frame_unref (frame);
    }
}

void
ismb_outbox_keep (IsmbOutbox *self, IsmbFrame *frame)
{
  if (!ismb_backlog_push (&self->backlog, frame))
    ismb_outbox_bounce (self, frame, "resource-constraint");
}

void
ismb_outbox_bounce (IsmbOutbox *self, IsmbFrame *frame, const char *condition)
{
  self->context->undeliverable (self->link, frame, condition, self->context->user_data);
}

void
ismb_outbox_bounce_all (IsmbOutbox *self, const char *condition)
{
  IsmbBacklog backlog = ismb_backlog_take (&self->backlog);
  IsmbFrame *frame;

  while ((frame = ismb_backlog_pop (&backlog)) != NULL)
    {
      ismb_outbox_bounce (self, frame, condition);
      ismb_frame_unref (frame);
    }
}

gboolean
ismb_outbox_is_empty (IsmbOutbox *self)
{
  return ismb_backlog_is_empty (&self->backlog);
}
