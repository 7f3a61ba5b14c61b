/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-outbox.h"

#include "ismb/core/ismb-namespaces.h"
#include "ismb/listener/ismb-peer-stream.h"

static gint64
allowance (const IsmbOutbox *self)
{
  return ismb_link_context_get_queue_time (self->context) * G_GINT64_CONSTANT (1000);
}

static void
plan (IsmbOutbox *self)
{
  gint64 since = ismb_backlog_get_since (&self->backlog);
  gint64 left = since + allowance (self) - g_get_monotonic_time ();

  ismb_poller_set_deadline (self->context->poller, &self->watch,
                            since == 0 ? 0 : (guint) (MAX (left, 0) / 1000 + 1));
}

static void
on_deadline (IsmbWatch *watch)
{
  IsmbOutbox *self = (IsmbOutbox *) ((char *) watch - G_STRUCT_OFFSET (IsmbOutbox, watch));
  gint64 too_old = g_get_monotonic_time () - allowance (self);

  while (!ismb_backlog_is_empty (&self->backlog)
         && ismb_backlog_get_since (&self->backlog) <= too_old)
    {
      g_autoptr (IsmbFrame) frame = ismb_backlog_pop (&self->backlog);

      ismb_outbox_bounce (self, frame, "remote-server-timeout");
    }
  plan (self);
}

void
ismb_outbox_init (IsmbOutbox *self, IsmbLink *link, IsmbLinkContext *context, const char *domain)
{
  self->link = link;
  self->context = context;
  self->domain = domain;
  self->watch = (IsmbWatch) { .deadline = on_deadline };
}

void
ismb_outbox_clear (IsmbOutbox *self)
{
  ismb_poller_remove (self->context->poller, &self->watch);
  ismb_backlog_clear (&self->backlog);
  g_clear_pointer (&self->congestion, ismb_congestion_free);
}

void
ismb_outbox_send (IsmbOutbox *self, IsmbLane *lane, IsmbFrame *frame)
{
  if (!ismb_peer_stream_fits (frame))
    ismb_outbox_bounce (self, frame, "policy-violation");
  else if (!ismb_congestion_admits (&self->congestion, self->domain, ismb_lane_get_waiting (lane),
                                    frame, self->context->domain))
    ismb_outbox_bounce (self, frame, "resource-constraint");
  else
    {
      self->sent++;
      ismb_lane_send (lane, frame);
    }
}

/* What waited was admitted before. */
void
ismb_outbox_flush (IsmbOutbox *self, IsmbLane *lane)
{
  IsmbFrame *frame;

  while (ismb_lane_sends (lane) && (frame = ismb_backlog_pop (&self->backlog)) != NULL)
    {
      self->sent++;
      ismb_lane_send (lane, frame);
      ismb_frame_unref (frame);
    }
  plan (self);
}

void
ismb_outbox_keep (IsmbOutbox *self, IsmbFrame *frame)
{
  gboolean first = ismb_backlog_is_empty (&self->backlog);

  if (!ismb_peer_stream_fits (frame))
    ismb_outbox_bounce (self, frame, "policy-violation");
  else if (!ismb_backlog_push (&self->backlog, frame,
                               ismb_link_context_get_queue_bytes (self->context)))
    ismb_outbox_bounce (self, frame, "resource-constraint");
  else if (first)
    plan (self);
}

void
ismb_outbox_bounce (IsmbOutbox *self, IsmbFrame *frame, const char *condition)
{
  self->context->undeliverable (self->link, frame, condition, self->context->user_data);
}

static void
bounce_some (IsmbOutbox *self, gboolean (*wanted) (const IsmbFrame *frame), const char *condition)
{
  IsmbBacklog backlog = ismb_backlog_take (&self->backlog, wanted);
  IsmbFrame *frame;

  plan (self);
  while ((frame = ismb_backlog_pop (&backlog)) != NULL)
    {
      ismb_outbox_bounce (self, frame, condition);
      ismb_frame_unref (frame);
    }
}

void
ismb_outbox_bounce_all (IsmbOutbox *self, const char *condition)
{
  bounce_some (self, NULL, condition);
}

static gboolean
is_passing (const IsmbFrame *frame)
{
  return !ismb_outbox_is_lasting (frame);
}

void
ismb_outbox_bounce_passing (IsmbOutbox *self, const char *condition)
{
  bounce_some (self, is_passing, condition);
}

/* What is in `first` goes out before all that waits; what of it is worth nothing later goes
 * back. */
static void
put_first (IsmbOutbox *self, const IsmbBacklog *first)
{
  IsmbBacklog waiting = ismb_backlog_take (&self->backlog, NULL);

  self->backlog = *first;
  ismb_outbox_bounce_passing (self, "remote-server-timeout");
  ismb_backlog_append (&self->backlog, &waiting);
  plan (self);
}

void
ismb_outbox_take_back (IsmbOutbox *self, IsmbTether *tether)
{
  IsmbBacklog unacked = { .bytes = 0 };
  IsmbFrame *frame;

  while ((frame = ismb_tether_pop (tether)) != NULL)
    {
      ismb_backlog_push (&unacked, frame, G_MAXSIZE);
      ismb_frame_unref (frame);
    }
  ismb_tether_free (tether);
  put_first (self, &unacked);
}

void
ismb_outbox_take_unsent (IsmbOutbox *self, IsmbStream *stream)
{
  g_autoptr (GPtrArray) frames = ismb_stream_take_unsent (stream);
  IsmbBacklog unsent = { .bytes = 0 };

  for (guint i = 0; frames != NULL && i < frames->len; i++)
    ismb_backlog_push (&unsent, g_ptr_array_index (frames, i), G_MAXSIZE);
  if (frames != NULL)
    put_first (self, &unsent);
}

void
ismb_outbox_bounce_unacked (IsmbOutbox *self, IsmbTether *tether, const char *condition)
{
  IsmbFrame *frame;

  while ((frame = ismb_tether_pop (tether)) != NULL)
    {
      ismb_outbox_bounce (self, frame, condition);
      ismb_frame_unref (frame);
    }
  ismb_tether_free (tether);
}

gboolean
ismb_outbox_is_empty (const IsmbOutbox *self)
{
  return ismb_backlog_is_empty (&self->backlog);
}

/* XEP-0334; in canonical data nothing else looks like that. */
static gboolean
is_for_now (const IsmbFrame *message)
{
  return g_strstr_len (message->data, message->length, "<no-store xmlns='" ISMB_NS_HINTS "'")
         != NULL;
}

/* Who is present is said anew once there is a stream; who subscribes is said once. */
gboolean
ismb_outbox_is_lasting (const IsmbFrame *frame)
{
  static const char *const changes[]
      = { "subscribe", "subscribed", "unsubscribe", "unsubscribed", NULL };

  if (frame->kind == ISMB_FRAME_MESSAGE)
    return !is_for_now (frame);
  return frame->kind == ISMB_FRAME_PRESENCE && frame->type != NULL
         && g_strv_contains (changes, frame->type);
}
