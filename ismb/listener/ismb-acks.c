/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-acks.h"

#include "ismb/listener/ismb-answered.h"
#include "ismb/stream/ismb-sm-word.h"
#include "ismb/stream/ismb-tally.h"
#include "ismb/stream/ismb-unacked.h"

#define PENDING_MAX 100000    /* stanzas behind one that we cannot answer for yet */
#define ASK_COUNT 32          /* stanzas sent since we asked last */
#define ASK_BYTES (64 * 1024)
#define QUIET 250             /* milliseconds after which we ask for fewer that nobody waits for */
#define SLOW 2000             /* milliseconds without an answer, after which nobody shall wait for it */
#define PATIENCE 60000        /* for the answer, while the socket takes nothing either */
#define SHORT_SLEEP 30        /* what part of the time it may last */

struct _IsmbAcks
{
  IsmbWatch watch;     /* without a descriptor */
  IsmbWatch asking;    /* early, so that the question leaves with what it is about */
  IsmbPoller *poller;
  IsmbStream *stream;  /* the owner's; NULL while it sleeps */
  const IsmbAcksCallbacks *callbacks;
  gpointer owner;
  IsmbTally *tally;    /* of what came */
  IsmbUnacked unacked; /* of what went */
  IsmbAnswered answered; /* of that */
  guint32 told;        /* the `h` that we told last */
  guint32 owed;        /* the client has asked for this much */
  gsize waiting;       /* bytes in the stream when patience began anew */
  gsize unasked_bytes; /* sent since we asked */
  guint unasked;
  gboolean awaited;    /* a sender waits to hear of what was sent since we asked */
  gboolean asked;      /* and not answered yet */
  gboolean slow;       /* nor will it be soon; or it sleeps for long */
  guint rest;          /* milliseconds, of a sleep that has been short so far */
  gboolean waking;     /* a deadline is set */
  gboolean answering;  /* at the end of the turn */
};

static IsmbAcks *
from_watch (IsmbWatch *watch)
{
  return (IsmbAcks *) ((char *) watch - G_STRUCT_OFFSET (IsmbAcks, watch));
}

static IsmbAcks *
from_asking (IsmbWatch *asking)
{
  return (IsmbAcks *) ((char *) asking - G_STRUCT_OFFSET (IsmbAcks, asking));
}

static void
set_deadline (IsmbAcks *self, guint milliseconds)
{
  self->waking = milliseconds > 0;
  ismb_poller_set_deadline (self->poller, &self->watch, milliseconds);
}

static void
be_patient (IsmbAcks *self)
{
  self->waiting = ismb_stream_get_queued (self->stream);
  set_deadline (self, PATIENCE);
}

static void
ask (IsmbAcks *self)
{
  self->asked = TRUE;
  self->awaited = FALSE;
  self->unasked = 0;
  self->unasked_bytes = 0;
  ismb_stream_send_text (self->stream, ISMB_SM_REQUEST_TEXT, sizeof ISMB_SM_REQUEST_TEXT - 1);
  set_deadline (self, SLOW);
}

/* For a sender who waits at the end of the turn, so once for all of it and not again until that is
 * answered: what comes meanwhile is asked for together. */
static void
ask_in_time (IsmbAcks *self)
{
  if (self->asked)
    return;
  if (self->unasked >= ASK_COUNT || self->unasked_bytes >= ASK_BYTES)
    ask (self);
  else if (self->awaited)
    ismb_poller_flush_later (self->poller, &self->asking);
  else if (!self->waking)
    set_deadline (self, QUIET);
}

static void
on_asking (IsmbWatch *asking)
{
  IsmbAcks *self = from_asking (asking);

  if (self->stream != NULL && self->awaited && !self->asked)
    ask (self);
}

/* A client that never asks is not told, and one that asks for each of its stanzas is told once for
 * all of a turn. */
static gboolean
is_owed (IsmbAcks *self)
{
  return (gint32) (self->owed - self->told) > 0;
}

static void
tell (IsmbAcks *self)
{
  g_autofree char *word = NULL;

  self->told = ismb_tally_get_handled (self->tally);
  self->answering = FALSE;
  word = ismb_sm_word_write (ISMB_SM_ACK, self->told, NULL, 0);
  ismb_stream_send_text (self->stream, word, -1);
}

/* Behind the flush of the streams that the client's stanzas went to. */
static void
on_flush (IsmbWatch *watch)
{
  IsmbAcks *self = from_watch (watch);

  if (self->stream == NULL)
    return;
  if (self->answering || (is_owed (self) && ismb_tally_get_handled (self->tally) != self->told))
    tell (self);
}

static void
on_advanced (gpointer owner)
{
  IsmbAcks *self = owner;

  if (self->stream != NULL && is_owed (self))
    ismb_poller_flush_later (self->poller, &self->watch);
}

static void
grow_slow (IsmbAcks *self)
{
  self->slow = TRUE;
  self->callbacks->slow (self->owner);
  be_patient (self);
}

static void
sleep_on (IsmbAcks *self)
{
  self->slow = TRUE;
  self->callbacks->slow (self->owner);
  set_deadline (self, self->rest);
  self->rest = 0;
}

/* A slow line is not a dead one: as long as the socket takes something, the answer may be behind
 * it. */
static void
on_deadline (IsmbWatch *watch)
{
  IsmbAcks *self = from_watch (watch);

  self->waking = FALSE;
  if (self->stream != NULL && !self->asked)
    {
      if (ismb_unacked_count (&self->unacked) > 0)
        ask (self);
    }
  else if (self->stream == NULL && self->rest > 0)
    sleep_on (self);
  else if (self->stream != NULL && !self->slow)
    grow_slow (self);
  else if (self->stream != NULL && ismb_stream_get_queued (self->stream) < self->waiting)
    be_patient (self);
  else
    self->callbacks->late (self->owner);
}

IsmbAcks *
ismb_acks_new (IsmbPoller *poller, IsmbStream *stream, const IsmbAcksCallbacks *callbacks,
               gpointer owner)
{
  IsmbAcks *self = g_new0 (IsmbAcks, 1);

  self->watch = (IsmbWatch){ .flush = on_flush, .deadline = on_deadline };
  self->asking = (IsmbWatch){ .flush = on_asking, .early = TRUE };
  self->poller = g_object_ref (poller);
  self->stream = stream;
  self->callbacks = callbacks;
  self->owner = owner;
  self->tally = ismb_tally_new (on_advanced, self);
  return self;
}

void
ismb_acks_free (IsmbAcks *self)
{
  if (self == NULL)
    return;
  ismb_poller_remove (self->poller, &self->watch);
  ismb_poller_remove (self->poller, &self->asking);
  ismb_tally_free (self->tally);
  ismb_unacked_clear (&self->unacked);
  ismb_answered_clear (&self->answered);
  g_object_unref (self->poller);
  g_free (self);
}

gboolean
ismb_acks_count (IsmbAcks *self, IsmbFrame *frame)
{
  ismb_answered_note_came (&self->answered, frame);
  return ismb_tally_count (self->tally, frame);
}

gboolean
ismb_acks_is_full (IsmbAcks *self)
{
  return ismb_tally_get_pending (self->tally) >= PENDING_MAX;
}

void
ismb_acks_send (IsmbAcks *self, IsmbFrame *frame)
{
  ismb_unacked_push (&self->unacked, frame);
  ismb_answered_note_sent (&self->answered, frame);
  if (self->stream == NULL)
    return;
  self->unasked++;
  self->unasked_bytes += frame->length;
  self->awaited |= frame->receipt != NULL;
  ismb_stream_send_frame (self->stream, frame);
  ask_in_time (self);
}

void
ismb_acks_answer (IsmbAcks *self)
{
  self->answering = TRUE;
  self->owed = ismb_tally_get_handled (self->tally) + ismb_tally_get_pending (self->tally);
  ismb_poller_flush_later (self->poller, &self->watch);
}

/* One that comes late, behind a newer one, says nothing. */
gboolean
ismb_acks_hear (IsmbAcks *self, guint32 h)
{
  if ((gint32) (h - self->unacked.acked) < 0)
    return TRUE;
  if (!ismb_unacked_ack (&self->unacked, h))
    return FALSE;
  if (self->asked)
    set_deadline (self, 0);
  self->asked = self->slow = FALSE;
  if (ismb_unacked_count (&self->unacked) > 0)
    ask_in_time (self);
  else
    ismb_answered_clear (&self->answered);
  return TRUE;
}

gboolean
ismb_acks_covers (IsmbAcks *self, guint32 h)
{
  return (gint32) (h - self->unacked.acked) >= 0;
}

void
ismb_acks_sleep (IsmbAcks *self, guint milliseconds)
{
  self->stream = NULL;
  self->asked = self->slow = FALSE;
  self->answering = FALSE;
  self->rest = milliseconds - milliseconds / SHORT_SLEEP;
  set_deadline (self, MAX (1, milliseconds / SHORT_SLEEP));
}

/* In their order, and none of them counts as a new one. */
static void
send_again (IsmbAcks *self)
{
  self->asked = self->slow = FALSE;
  self->unasked = ismb_unacked_count (&self->unacked);
  self->unasked_bytes = self->unacked.bytes;
  for (GList *place = self->unacked.frames.head; place != NULL; place = place->next)
    {
      self->awaited |= ((IsmbFrame *) place->data)->receipt != NULL;
      ismb_stream_send_frame (self->stream, place->data);
    }
  if (self->unasked > 0)
    ask_in_time (self);
}

void
ismb_acks_resume (IsmbAcks *self, IsmbStream *stream, guint32 h, const char *id)
{
  g_autofree char *word = NULL;

  ismb_unacked_ack (&self->unacked, h);
  ismb_tally_resume (self->tally);
  self->stream = stream;
  self->told = self->owed = ismb_tally_get_handled (self->tally);
  self->answering = FALSE;
  set_deadline (self, 0);
  word = ismb_sm_word_write (ISMB_SM_RESUMED, self->told, id, 0);
  ismb_stream_send_text (stream, word, -1);
  send_again (self);
}

gboolean
ismb_acks_is_slow (IsmbAcks *self)
{
  return self->slow;
}

guint32
ismb_acks_get_handled (IsmbAcks *self)
{
  return ismb_tally_get_handled (self->tally);
}

guint32
ismb_acks_get_sent (IsmbAcks *self)
{
  return ismb_unacked_get_sent (&self->unacked);
}

guint32
ismb_acks_get_acked (IsmbAcks *self)
{
  return self->unacked.acked;
}

gsize
ismb_acks_get_bytes (IsmbAcks *self)
{
  return self->unacked.bytes;
}

guint
ismb_acks_get_count (IsmbAcks *self)
{
  return ismb_unacked_count (&self->unacked);
}

IsmbFrame *
ismb_acks_pop (IsmbAcks *self)
{
  return ismb_unacked_pop (&self->unacked);
}

void
ismb_acks_put_back (IsmbAcks *self, IsmbFrame *frame)
{
  ismb_unacked_push (&self->unacked, frame);
}

gboolean
ismb_acks_is_answered (IsmbAcks *self, const IsmbFrame *frame)
{
  return ismb_answered_has (&self->answered, frame);
}
