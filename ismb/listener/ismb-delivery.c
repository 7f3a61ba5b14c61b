/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-delivery.h"

#include <string.h>

void
ismb_delivery_clear (IsmbDelivery *self)
{
  g_clear_pointer (&self->acks, ismb_acks_free);
  g_clear_pointer (&self->bed, g_free);
  g_clear_pointer (&self->congestion, ismb_congestion_free);
}

/* A request for presence is for all of an account's resources: that one of them reads too slowly
 * refuses nothing. */
static void
turn_away (IsmbDelivery *self, IsmbFrame *frame)
{
  if (self->callbacks != NULL && frame->kind != ISMB_FRAME_PRESENCE)
    self->callbacks->undeliverable (frame, "resource-constraint", self->owner);
}

/* Beside us the mailbox keeps a message, so that its sender need not wait until the client is back.
 * That is noted on the frame, which may be somebody else's as well: so it is one of our own. */
static IsmbFrame *
hold (IsmbDelivery *self, IsmbFrame *frame, gboolean *room)
{
  IsmbFrame *own;

  *room = TRUE;
  if (frame->kind != ISMB_FRAME_MESSAGE || self->callbacks == NULL)
    return ismb_frame_ref (frame);
  own = ismb_frame_new (frame);
  *room = self->callbacks->hold (own, self->owner);
  return own;
}

static void
release (IsmbDelivery *self, IsmbFrame *held)
{
  if (held->kind == ISMB_FRAME_MESSAGE && self->callbacks != NULL)
    self->callbacks->release (held, self->owner);
}

/* For a client that is away, or does not answer. What has no room goes back, as its sender would
 * wait for as long as the client likes, and over a link everybody behind him. */
static void
keep_held (IsmbDelivery *self, IsmbFrame *frame)
{
  gboolean room;
  g_autoptr (IsmbFrame) held = hold (self, frame, &room);

  if (!room)
    {
      turn_away (self, frame);
      return;
    }
  if (self->stream == NULL && ismb_acks_is_slow (self->acks))
    release (self, held);
  ismb_acks_send (self->acks, held);
  if (self->stream == NULL)
    ismb_dormitory_add (self->bed, frame->length);
}

/* For a client that acknowledges, or will when it is back. */
static void
keep (IsmbDelivery *self, IsmbFrame *frame)
{
  if (G_LIKELY (self->stream != NULL) && !ismb_acks_is_slow (self->acks))
    ismb_acks_send (self->acks, frame);
  else
    keep_held (self, frame);
}

static gsize
count_waiting (IsmbDelivery *self)
{
  return G_LIKELY (self->acks == NULL) ? ismb_stream_get_queued (self->stream)
                                       : ismb_acks_get_bytes (self->acks);
}

void
ismb_delivery_send (IsmbDelivery *self, IsmbFrame *frame, const char *target, const char *domain)
{
  if (!ismb_congestion_admits (&self->congestion, target, count_waiting (self), frame, domain))
    turn_away (self, frame);
  else if (G_LIKELY (self->acks == NULL))
    ismb_stream_send_frame (self->stream, frame);
  else
    keep (self, frame);
}

static void
give_back_frame (IsmbDelivery *self, IsmbFrame *frame)
{
  if (self->callbacks != NULL)
    self->callbacks->returned (frame, self->owner);
}

static void
give_back_unacked (IsmbDelivery *self)
{
  IsmbFrame *frame;

  while ((frame = ismb_acks_pop (self->acks)) != NULL)
    {
      if (!ismb_acks_is_answered (self->acks, frame))
        give_back_frame (self, frame);
      ismb_frame_unref (frame);
    }
}

static gboolean
is_answer (const IsmbFrame *frame)
{
  return frame->kind == ISMB_FRAME_IQ && frame->type != NULL &&
         (strcmp (frame->type, "result") == 0 || strcmp (frame->type, "error") == 0);
}

/* An answer has nowhere else to go: as long as anything is said, it is. */
static void
give_back_unsent (IsmbDelivery *self)
{
  g_autoptr (GPtrArray) unsent = ismb_stream_take_unsent (self->stream);
  gboolean speaks = !ismb_stream_is_closing (self->stream);

  for (guint i = 0; unsent != NULL && i < unsent->len; i++)
    {
      IsmbFrame *frame = g_ptr_array_index (unsent, i);

      if (is_answer (frame) && speaks)
        ismb_stream_send_frame (self->stream, frame);
      else if (self->acks == NULL)
        give_back_frame (self, frame);
    }
}

void
ismb_delivery_give_back (IsmbDelivery *self)
{
  if (self->stream != NULL)
    give_back_unsent (self);
  if (self->acks != NULL)
    give_back_unacked (self); /* with what is unsent among it */
}

/* What went out may have arrived, so it does not go back where there is no room. `own`: which
 * frame is there for which now; or NULL. */
static void
hold_all (IsmbDelivery *self, GHashTable *own)
{
  for (guint count = ismb_acks_get_count (self->acks); count > 0; count--)
    {
      gboolean room;
      g_autoptr (IsmbFrame) frame = ismb_acks_pop (self->acks);
      g_autoptr (IsmbFrame) held = hold (self, frame, &room);

      ismb_acks_put_back (self->acks, held);
      if (own != NULL)
        g_hash_table_insert (own, ismb_frame_ref (frame), ismb_frame_ref (held));
    }
}

/* In the stream's queue too: there as well somebody waits for each. */
void
ismb_delivery_entrust (IsmbDelivery *self)
{
  g_autoptr (GPtrArray) unsent = ismb_stream_take_unsent (self->stream);
  g_autoptr (GHashTable) own = g_hash_table_new_full (NULL, NULL, (GDestroyNotify) ismb_frame_unref,
                                                      (GDestroyNotify) ismb_frame_unref);

  hold_all (self, own);
  for (guint i = 0; unsent != NULL && i < unsent->len; i++)
    {
      IsmbFrame *frame = g_ptr_array_index (unsent, i), *held = g_hash_table_lookup (own, frame);

      ismb_stream_send_frame (self->stream, held != NULL ? held : frame);
    }
}

void
ismb_delivery_sleep (IsmbDelivery *self, guint milliseconds)
{
  self->stream = NULL;
  ismb_acks_sleep (self->acks, milliseconds);
  hold_all (self, NULL);
  ismb_dormitory_sleep (self->bed, ismb_acks_get_bytes (self->acks));
}

void
ismb_delivery_release (IsmbDelivery *self)
{
  for (guint count = ismb_acks_get_count (self->acks); count > 0; count--)
    {
      g_autoptr (IsmbFrame) frame = ismb_acks_pop (self->acks);

      release (self, frame);
      ismb_acks_put_back (self->acks, frame);
    }
}
