/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-lanes.h"

#include "ismb/listener/ismb-peer-stream.h"

static void
abandon (IsmbStream *stream)
{
  ismb_stream_abandon (stream);
  g_object_unref (stream);
}

void
ismb_lanes_drop (IsmbLanes *self)
{
  self->sending = NULL;
  g_clear_pointer (&self->outgoing, abandon);
  g_clear_pointer (&self->incoming, abandon);
}

void
ismb_lanes_clear (IsmbLanes *self)
{
  ismb_lanes_drop (self);
  for (guint i = 0; self->leaving != NULL && i < self->leaving->len; i++)
    ismb_stream_abandon (g_ptr_array_index (self->leaving, i));
  g_clear_pointer (&self->leaving, g_ptr_array_unref);
}

gboolean
ismb_lanes_is_open (const IsmbLanes *self)
{
  return self->outgoing != NULL || self->incoming != NULL;
}

/* Takes the reference. */
static void
add_leaving (IsmbLanes *self, IsmbStream *stream)
{
  if (self->leaving == NULL)
    self->leaving = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_add (self->leaving, stream);
}

void
ismb_lanes_put (IsmbLanes *self, IsmbStream **slot, IsmbStream *stream)
{
  if (*slot != NULL)
    add_leaving (self, g_steal_pointer (slot));
  *slot = g_object_ref (stream);
}

gboolean
ismb_lanes_take_out (IsmbLanes *self, IsmbStream *stream)
{
  if (stream != self->outgoing && stream != self->incoming)
    return FALSE;
  if (stream == self->sending)
    self->sending = NULL;
  if (stream == self->outgoing)
    self->outgoing = NULL;
  else
    self->incoming = NULL;
  return TRUE;
}

void
ismb_lanes_leave (IsmbLanes *self, IsmbStream *stream)
{
  ismb_lanes_take_out (self, stream);
  add_leaving (self, stream);
  ismb_stream_close (stream, NULL, NULL);
}

void
ismb_lanes_leave_both (IsmbLanes *self)
{
  if (self->outgoing != NULL)
    ismb_lanes_leave (self, self->outgoing);
  if (self->incoming != NULL)
    ismb_lanes_leave (self, self->incoming);
}

static void
end (IsmbLanes *self, IsmbStream *stream, const char *condition)
{
  if (stream != NULL && ismb_lanes_take_out (self, stream))
    ismb_peer_stream_part (stream, condition);
}

void
ismb_lanes_end (IsmbLanes *self, const char *condition)
{
  end (self, self->outgoing, condition);
  end (self, self->incoming, condition);
  ismb_lanes_clear (self);
}

void
ismb_lanes_end_other (IsmbLanes *self, IsmbStream *stream, const char *condition)
{
  end (self, stream == self->outgoing ? self->incoming : self->outgoing, condition);
}

gboolean
ismb_lanes_forget (IsmbLanes *self, IsmbStream *stream)
{
  return self->leaving != NULL && g_ptr_array_remove (self->leaving, stream);
}

static gboolean
is_usable (IsmbStream *stream)
{
  return stream != NULL && !ismb_stream_is_closing (stream);
}

void
ismb_lanes_choose (IsmbLanes *self)
{
  if (is_usable (self->sending))
    return;
  self->sending = NULL;
  if (is_usable (self->outgoing))
    self->sending = self->outgoing;
  else if (self->incoming_sends && is_usable (self->incoming))
    self->sending = self->incoming;
}

static guint64
heard_on (IsmbStream *stream)
{
  return stream != NULL ? ismb_stream_get_received (stream) : 0;
}

guint64
ismb_lanes_count_heard (const IsmbLanes *self)
{
  return heard_on (self->outgoing) + heard_on (self->incoming);
}
