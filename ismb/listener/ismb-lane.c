/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-lane.h"

#include "ismb/listener/ismb-peer-stream.h"

/* What the other side has received and answers for waits at its clients, and costs us memory;
 * but it is no sign yet that it reads too slowly. */
#define UNACKED_SHARE 4

static void
on_deadline (IsmbWatch *watch)
{
  IsmbLane *self = (IsmbLane *) ((char *) watch - G_STRUCT_OFFSET (IsmbLane, watch));

  self->impatient (self);
}

IsmbLane *
ismb_lane_new (gpointer owner, IsmbPoller *poller, IsmbStream *stream, gboolean ours,
               gboolean duplex, void (*impatient) (IsmbLane *self))
{
  IsmbLane *self = g_new0 (IsmbLane, 1);

  self->owner = owner;
  self->poller = g_object_ref (poller);
  self->stream = g_object_ref (stream);
  self->ours = ours;
  self->duplex = duplex;
  self->since = g_get_monotonic_time ();
  self->watch = (IsmbWatch) { .deadline = on_deadline };
  self->impatient = impatient;
  return self;
}

static void
clear (IsmbLane *self)
{
  ismb_poller_remove (self->poller, &self->watch);
  g_clear_pointer (&self->tether, ismb_tether_free);
  g_object_unref (self->poller);
  g_free (self);
}

void
ismb_lane_free (IsmbLane *self)
{
  ismb_stream_abandon (self->stream);
  g_object_unref (self->stream);
  clear (self);
}

void
ismb_lane_part (IsmbLane *self, const char *condition)
{
  ismb_peer_stream_part (self->stream, condition);
  clear (self);
}

void
ismb_lane_enter (IsmbLane *self, IsmbLaneStage stage, guint milliseconds)
{
  self->stage = stage;
  ismb_poller_set_deadline (self->poller, &self->watch, milliseconds);
}

void
ismb_lane_use (IsmbLane *self, IsmbTether *tether)
{
  ismb_lane_enter (self, tether != NULL ? ISMB_LANE_MANAGED : ISMB_LANE_PLAIN, 0);
  self->since = g_get_monotonic_time ();
  self->tether = tether;
  if (tether != NULL)
    ismb_tether_tie (tether, self->stream);
}

gboolean
ismb_lane_sends (const IsmbLane *self)
{
  return (self->stage == ISMB_LANE_PLAIN || self->stage == ISMB_LANE_MANAGED)
         && (self->ours || self->duplex) && !ismb_stream_is_closing (self->stream);
}

gboolean
ismb_lane_receives (const IsmbLane *self)
{
  return !self->ours || self->duplex;
}

void
ismb_lane_send (IsmbLane *self, IsmbFrame *frame)
{
  if (self->tether != NULL)
    ismb_tether_send (self->tether, frame);
  else
    ismb_stream_send_frame (self->stream, frame);
}

gsize
ismb_lane_get_waiting (const IsmbLane *self)
{
  gsize queued = ismb_stream_get_queued (self->stream);

  return self->tether == NULL
           ? queued
           : MAX (queued, ismb_tether_get_bytes (self->tether) / UNACKED_SHARE);
}

IsmbTether *
ismb_lane_take_tether (IsmbLane *self)
{
  if (self->tether != NULL)
    ismb_tether_loose (self->tether);
  return g_steal_pointer (&self->tether);
}
