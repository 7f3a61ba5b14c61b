/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-tether.h"

#include "ismb/listener/ismb-answered.h"
#include "ismb/stream/ismb-sm-word.h"
#include "ismb/stream/ismb-tally.h"
#include "ismb/stream/ismb-unacked.h"

/* An answer is asked for after so much without one, or when nothing more follows. Another listener
 * of our kind acknowledges unasked. */
#define ASK_STANZAS 100
#define ASK_BYTES 65536
#define QUIET 1000 /* ms */

struct _IsmbTether
{
  IsmbPoller *poller;
  IsmbWatch watch; /* no descriptor: tells at the end of a turn, asks when it is quiet, expires */
  char *id;
  guint keep;
  IsmbTetherExpired expired;
  gpointer owner;
  IsmbStream *stream; /* NULL: loose */
  IsmbTally *tally;
  IsmbUnacked unacked;
  IsmbAnswered answered; /* of these */
  guint32 told;       /* the `h` that was said last */
  guint32 known;      /* stanzas to come that we have already */
  guint since_stanzas; /* sent since we asked or were told */
  gsize since_bytes;
  gboolean asked;     /* by the other side */
  gboolean waiting;   /* for quiet */
};

static void
on_advanced (gpointer owner)
{
  IsmbTether *self = owner;

  if (self->stream != NULL)
    ismb_poller_flush_later (self->poller, &self->watch);
}

static void
on_flush (IsmbWatch *watch)
{
  IsmbTether *self = (IsmbTether *) ((char *) watch - G_STRUCT_OFFSET (IsmbTether, watch));
  guint32 handled = ismb_tally_get_handled (self->tally);
  g_autofree char *ack = NULL;

  if (self->stream == NULL || (handled == self->told && !self->asked))
    return;
  self->told = handled;
  self->asked = FALSE;
  ack = ismb_sm_word_write (ISMB_SM_ACK, handled, NULL, 0);
  ismb_stream_send_text (self->stream, ack, -1);
}

static void
on_deadline (IsmbWatch *watch)
{
  IsmbTether *self = (IsmbTether *) ((char *) watch - G_STRUCT_OFFSET (IsmbTether, watch));

  self->waiting = FALSE;
  if (self->stream == NULL)
    self->expired (self, self->owner);
  else if (self->since_stanzas > 0 && ismb_unacked_count (&self->unacked) > 0)
    ismb_tether_ask (self);
}

IsmbTether *
ismb_tether_new (IsmbPoller *poller, const char *id, guint keep, IsmbTetherExpired expired,
                 gpointer owner)
{
  IsmbTether *self = g_new0 (IsmbTether, 1);

  self->poller = g_object_ref (poller);
  self->watch = (IsmbWatch) { .flush = on_flush, .deadline = on_deadline };
  self->id = g_strdup (id);
  self->keep = keep;
  self->expired = expired;
  self->owner = owner;
  self->tally = ismb_tally_new (on_advanced, self);
  return self;
}

void
ismb_tether_free (IsmbTether *self)
{
  ismb_poller_remove (self->poller, &self->watch);
  ismb_tally_free (self->tally);
  ismb_unacked_clear (&self->unacked);
  ismb_answered_clear (&self->answered);
  g_object_unref (self->poller);
  g_free (self->id);
  g_free (self);
}

const char *
ismb_tether_get_id (const IsmbTether *self)
{
  return self->id;
}

guint32
ismb_tether_tell_handled (IsmbTether *self)
{
  self->told = ismb_tally_get_handled (self->tally);
  return self->told;
}

static void
note_sent (IsmbTether *self, const IsmbFrame *frame)
{
  self->since_stanzas++;
  self->since_bytes += frame->length;
  if (self->since_stanzas >= ASK_STANZAS || self->since_bytes >= ASK_BYTES)
    ismb_tether_ask (self);
  if (self->waiting)
    return;
  self->waiting = TRUE;
  ismb_poller_set_deadline (self->poller, &self->watch, QUIET);
}

void
ismb_tether_tie (IsmbTether *self, IsmbStream *stream)
{
  guint32 counted
    = ismb_tally_get_handled (self->tally) + ismb_tally_get_pending (self->tally);

  self->stream = stream;
  self->known = counted - self->told;
  self->asked = self->waiting = FALSE;
  ismb_poller_set_deadline (self->poller, &self->watch, 0);
  for (GList *each = self->unacked.frames.head; each != NULL; each = each->next)
    {
      ismb_stream_send_frame (stream, each->data);
      note_sent (self, each->data);
    }
  ismb_poller_flush_later (self->poller, &self->watch);
}

void
ismb_tether_loose (IsmbTether *self)
{
  self->stream = NULL;
  self->since_stanzas = 0;
  self->since_bytes = 0;
  ismb_poller_set_deadline (self->poller, &self->watch, self->keep);
}

gboolean
ismb_tether_receive (IsmbTether *self, IsmbFrame *frame)
{
  if (self->known > 0)
    {
      self->known--;
      return FALSE;
    }
  ismb_answered_note_came (&self->answered, frame);
  ismb_tally_count (self->tally, frame);
  return TRUE;
}

gboolean
ismb_tether_acknowledged (IsmbTether *self, guint32 h)
{
  self->since_stanzas = 0;
  self->since_bytes = 0;
  if (!ismb_unacked_ack (&self->unacked, h))
    return FALSE;
  if (ismb_unacked_count (&self->unacked) == 0)
    ismb_answered_clear (&self->answered);
  return TRUE;
}

void
ismb_tether_answer (IsmbTether *self)
{
  self->asked = TRUE;
  ismb_poller_flush_later (self->poller, &self->watch);
}

void
ismb_tether_send (IsmbTether *self, IsmbFrame *frame)
{
  ismb_unacked_push (&self->unacked, frame);
  ismb_answered_note_sent (&self->answered, frame);
  ismb_stream_send_frame (self->stream, frame);
  note_sent (self, frame);
}

void
ismb_tether_ask (IsmbTether *self)
{
  self->since_stanzas = 0;
  self->since_bytes = 0;
  ismb_stream_send_text (self->stream, ISMB_SM_REQUEST_TEXT, -1);
}

guint
ismb_tether_count_unacked (const IsmbTether *self)
{
  return ismb_unacked_count (&self->unacked);
}

gsize
ismb_tether_get_bytes (const IsmbTether *self)
{
  return self->unacked.bytes;
}

gboolean
ismb_tether_is_even (IsmbTether *self)
{
  return ismb_unacked_count (&self->unacked) == 0 && ismb_tally_get_pending (self->tally) == 0;
}

IsmbFrame *
ismb_tether_pop (IsmbTether *self)
{
  IsmbFrame *frame;

  while ((frame = ismb_unacked_pop (&self->unacked)) != NULL
         && ismb_answered_has (&self->answered, frame))
    ismb_frame_unref (frame);
  return frame;
}
