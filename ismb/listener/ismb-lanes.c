/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-lanes.h"

static void
free_lane (gpointer data)
{
  ismb_lane_free (data);
}

void
ismb_lanes_clear (IsmbLanes *self)
{
  g_autoptr (GPtrArray) all = g_steal_pointer (&self->all);

  self->sending = NULL;
}

void
ismb_lanes_add (IsmbLanes *self, IsmbLane *lane)
{
  if (self->all == NULL)
    self->all = g_ptr_array_new_with_free_func (free_lane);
  g_ptr_array_add (self->all, lane);
}

void
ismb_lanes_take_out (IsmbLanes *self, IsmbLane *lane)
{
  guint index;
  gboolean found = g_ptr_array_find (self->all, lane, &index);

  g_assert (found);
  if (self->sending == lane)
    self->sending = NULL;
  g_ptr_array_steal_index (self->all, index);
}

guint
ismb_lanes_count (const IsmbLanes *self)
{
  return self->all != NULL ? self->all->len : 0;
}

IsmbLane *
ismb_lanes_get (const IsmbLanes *self, guint index)
{
  return g_ptr_array_index (self->all, index);
}

gboolean
ismb_lanes_is_open (const IsmbLanes *self)
{
  for (guint i = 0; i < ismb_lanes_count (self); i++)
    if (ismb_lanes_get (self, i)->stage != ISMB_LANE_LEAVING)
      return TRUE;
  return FALSE;
}

gboolean
ismb_lanes_is_rising (const IsmbLanes *self)
{
  for (guint i = 0; i < ismb_lanes_count (self); i++)
    {
      const IsmbLane *lane = ismb_lanes_get (self, i);

      if (lane->stage < ISMB_LANE_PLAIN && (lane->ours || lane->duplex))
        return TRUE;
    }
  return FALSE;
}

void
ismb_lanes_choose (IsmbLanes *self)
{
  if (self->sending != NULL && ismb_lane_sends (self->sending))
    return;
  self->sending = NULL;
  for (guint i = 0; i < ismb_lanes_count (self) && self->sending == NULL; i++)
    if (ismb_lane_sends (ismb_lanes_get (self, i)))
      self->sending = ismb_lanes_get (self, i);
}

void
ismb_lanes_leave (IsmbLanes *self, IsmbLane *lane)
{
  ismb_lane_enter (lane, ISMB_LANE_LEAVING, 0);
  if (self->sending == lane)
    self->sending = NULL;
  ismb_stream_close (lane->stream, NULL, NULL);
}

guint64
ismb_lanes_count_heard (const IsmbLanes *self)
{
  guint64 heard = 0;

  for (guint i = 0; i < ismb_lanes_count (self); i++)
    if (ismb_lanes_get (self, i)->stage != ISMB_LANE_LEAVING)
      heard += ismb_stream_get_received (ismb_lanes_get (self, i)->stream);
  return heard;
}

gboolean
ismb_lanes_are_even (const IsmbLanes *self)
{
  for (guint i = 0; i < ismb_lanes_count (self); i++)
    {
      const IsmbLane *lane = ismb_lanes_get (self, i);

      if (lane->tether != NULL && !ismb_tether_is_even (lane->tether))
        return FALSE;
    }
  return TRUE;
}
