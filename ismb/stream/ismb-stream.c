/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.stream"
#include "config.h"
#include "ismb/stream/ismb-stream.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-stanza-trace.h"
#include "ismb/net/ismb-virtual-router.h"
#include "ismb/stream/ismb-reading-room.h"
#include "ismb/stream/ismb-stream-text.h"
#include "ismb/stream/ismb-wire.h"

#define READS_MAX 4         /* of one stream in one turn */
#define CLOSE_PATIENCE 5000 /* ms for what the peer still says, up to its </stream:stream> */
#define QUEUE_LIMIT (4u << 20)

typedef enum
{
  RISING,      /* the wire is not up yet */
  TLS_WAITING, /* the last clear bytes go out */
  OPEN,
  CLOSING, /* our end of the stream is in the queue; the other side may have more to say */
  CLOSED,
} State;

struct _IsmbStream
{
  GObject parent_instance;
  IsmbWatch watch;
  IsmbPoller *poller;
  IsmbReadingRoom *room;
  GList place; /* in room */
  State state;
  IsmbWire wire;
  const IsmbStreamCallbacks *callbacks; /* NULL: abandoned, or closed was told */
  gpointer owner;
  IsmbFramer *framer;
  IsmbStreamText text;
  gsize queue_limit;
  guint64 received;
  gboolean blocked; /* the last flush left bytes that wait; else the end of the turn writes them */
  gboolean restarting, peer_ended, wrong, shut;
  GError *error;
};

G_DEFINE_FINAL_TYPE (IsmbStream, ismb_stream, G_TYPE_OBJECT)

static void
cut (IsmbStream *self)
{
  if (self->state == CLOSED)
    return;
  self->state = CLOSED;
  ismb_poller_remove (self->poller, &self->watch);
  ismb_reading_room_leave (self->room, &self->place);
  ismb_wire_close (&self->wire);
  ismb_poller_flush_later (self->poller, &self->watch); /* tells the owner */
}

/* Takes `error`, unless there is one that came first. */
static void
fail (IsmbStream *self, GError *error)
{
  if (self->error == NULL)
    self->error = error;
  else
    g_clear_error (&error);
  cut (self);
}

static void
update_interest (IsmbStream *self)
{
  guint32 events = 0;
  if (self->state == CLOSED)
    return;
  if (self->state != TLS_WAITING)
    events |= self->wire.read_event;
  if (self->state != RISING && self->blocked)
    events |= self->wire.write_event;
  ismb_poller_modify (self->poller, &self->watch, events);
}

/* ------------------------------------------------------------------ writing */

static void
write_queued (IsmbStream *self)
{
  GError *error = NULL;
  if (!ismb_wire_write (&self->wire, self->room->buffer, ISMB_READING_ROOM_BUFFER, &error))
    fail (self, error);
}

/* Everything is out: the peer shall see that nothing follows. */
static void
finish_writing (IsmbStream *self)
{
  if (self->peer_ended)
    {
      ismb_wire_shut (&self->wire);
      cut (self);
      return;
    }
  if (!self->wrong || self->shut)
    return;
  /* After a stream error no </stream:stream> is waited for, but closing a socket with unread bytes
   * in it would reset the connection and take the error away from the peer. */
  self->shut = TRUE;
  ismb_wire_shut (&self->wire);
}

/* ------------------------------------------------------------------ reading */

/* Bytes behind <starttls/> came in the clear: whoever put them there wants them taken for encrypted
 * ones. */
static void
refuse_injected (IsmbStream *self)
{
  if (self->state == TLS_WAITING && ismb_framer_unread (self->framer) > 0)
    fail (self, g_error_new_literal (ISMB_ERROR, ISMB_ERROR_STREAM,
                                     "bytes in the clear followed the start of TLS: an injection"));
}

/* A callback's owner may have closed, abandoned or secured the stream. */
static gboolean
may_read (IsmbStream *self)
{
  return self->state == OPEN || self->state == CLOSING;
}

/* Not the owner's wish. */
static void
end_stream (IsmbStream *self, const char *condition)
{
  if (self->state == OPEN && self->callbacks != NULL && self->callbacks->ending != NULL)
    self->callbacks->ending (self, condition, self->owner);
  ismb_stream_close (self, condition, NULL);
}

static void
feed (IsmbStream *self, const char *bytes, gsize length)
{
  const char *condition = NULL;
  gboolean fine;
  if (self->state == CLOSING && self->wrong)
    return;
  fine = ismb_framer_feed (self->framer, bytes, length, &condition);
  while (fine && self->restarting && may_read (self))
    {
      self->restarting = FALSE;
      ismb_framer_reset (self->framer, FALSE);
      fine = ismb_framer_feed (self->framer, "", 0, &condition);
    }
  if (self->state != CLOSED)
    ismb_reading_room_stay (self->room, &self->place);
  refuse_injected (self);
  if (!fine)
    end_stream (self, condition);
}

static gssize
read_bytes (IsmbStream *self)
{
  GError *error = NULL;
  gssize n = ismb_wire_read (&self->wire, self->room->buffer, ISMB_READING_ROOM_BUFFER, &error);
  if (error != NULL)
    fail (self, error);
  return n;
}

static void
read_end (IsmbStream *self)
{
  if (self->state == OPEN)
    self->error = g_error_new_literal (ISMB_ERROR, ISMB_ERROR_STREAM,
                                       "the other side hung up without closing the stream");
  cut (self);
}

static void
read_stream (IsmbStream *self)
{
  gboolean more = TRUE;
  guint reads;
  for (reads = 0; more && may_read (self); reads++)
    {
      gssize n = read_bytes (self);
      if (n == 0)
        read_end (self);
      if (n <= 0)
        return;
      self->received += n;
      feed (self, self->room->buffer, n);
      /* A short read emptied the socket; bytes that TLS holds, no event will announce. */
      more = self->wire.tls != NULL ? may_read (self) && ismb_tls_has_pending (self->wire.tls)
                                    : n == ISMB_READING_ROOM_BUFFER && reads + 1 < READS_MAX;
    }
}

/* ------------------------------------------------------------------ becoming open */

static void
tell_ready (IsmbStream *self)
{
  gboolean first = self->wire.outgoing && (self->wire.tls == NULL || self->wire.direct_tls);
  if (self->callbacks == NULL)
    return;
  if (first && self->callbacks->connected != NULL)
    self->callbacks->connected (self, self->owner);
  else if (!first && self->wire.tls != NULL && self->callbacks->secured != NULL)
    self->callbacks->secured (self, self->owner);
}

/* Once up, what is there is read: of an accepted wire in the clear the first byte has been seen,
 * and bytes that TLS holds no event will announce. */
static void
rise (IsmbStream *self, gboolean (*step) (IsmbWire *wire, GError **error))
{
  GError *error = NULL;
  gboolean up = step (&self->wire, &error);
  if (error != NULL)
    fail (self, error);
  if (!up)
    return;
  self->state = OPEN;
  tell_ready (self);
  if (may_read (self) && (self->wire.tls != NULL ? ismb_tls_has_pending (self->wire.tls)
                                                 : !self->wire.outgoing))
    read_stream (self);
}

static void
begin_tls (IsmbStream *self)
{
  self->state = RISING;
  ismb_framer_reset (self->framer, TRUE);
  rise (self, ismb_wire_start_tls);
}

/* ------------------------------------------------------------------ the poller's calls */

static IsmbStream *
from_watch (IsmbWatch *watch)
{
  return (IsmbStream *) ((char *) watch - G_STRUCT_OFFSET (IsmbStream, watch));
}

static void
on_ready (IsmbWatch *watch, guint32 events)
{
  g_autoptr (IsmbStream) self = g_object_ref (from_watch (watch));
  switch (self->state)
    {
    case RISING:
      rise (self, ismb_wire_rise);
      break;
    case TLS_WAITING:
      ismb_poller_flush_later (self->poller, &self->watch);
      break;
    case OPEN:
    case CLOSING:
      if ((events & (self->wire.read_event | EPOLLHUP | EPOLLERR)) != 0)
        read_stream (self);
      if (self->state != CLOSED && self->wire.queue.bytes > 0)
        ismb_poller_flush_later (self->poller, &self->watch);
      break;
    case CLOSED:
      return;
    }
  if (self->state != TLS_WAITING) /* what waits goes out with this turn, and more is wanted then */
    update_interest (self);
}

static void
tell_closed (IsmbStream *self)
{
  const IsmbStreamCallbacks *callbacks = g_steal_pointer (&self->callbacks);
  if (callbacks == NULL)
    return;
  callbacks->closed (self, self->error, self->owner);
  ismb_write_queue_clear (&self->wire.queue);
  g_object_unref (self); /* of ismb_stream_new: it kept itself alive until here */
}

static void
on_flush (IsmbWatch *watch)
{
  g_autoptr (IsmbStream) self = g_object_ref (from_watch (watch));
  if (self->state == OPEN || self->state == CLOSING || self->state == TLS_WAITING)
    write_queued (self);
  if (self->state == TLS_WAITING && self->wire.queue.bytes == 0)
    begin_tls (self);
  if (self->state == CLOSING && self->wire.queue.bytes == 0)
    finish_writing (self);
  self->blocked = self->wire.queue.bytes > 0;
  if (self->state == CLOSED)
    tell_closed (self);
  else
    update_interest (self);
}

static void
on_deadline (IsmbWatch *watch)
{
  g_autoptr (IsmbStream) self = g_object_ref (from_watch (watch));
  if (self->state == CLOSING)
    cut (self);
  else if (self->state == OPEN)
    end_stream (self, "connection-timeout");
  else
    fail (self, g_error_new_literal (ISMB_ERROR, ISMB_ERROR_TIMEOUT,
                                     self->wire.state == ISMB_WIRE_CONNECTING
                                         ? "no connection in time"
                                         : "no TLS handshake in time"));
}

/* ------------------------------------------------------------------ the framer's calls */

static void
on_header (const IsmbStreamHeader *header, gpointer user_data)
{
  IsmbStream *self = user_data;
  if (self->state == OPEN && self->callbacks->header != NULL)
    self->callbacks->header (self, header, self->owner);
}

static void
on_frame (IsmbFrame *frame, gpointer user_data)
{
  IsmbStream *self = user_data;
  gboolean listens = self->state == OPEN || (self->state == CLOSING && !self->wrong);
  ismb_stanza_trace_received_on (&_ismb_listener_stanzas, self->wire.fd, frame->data, frame->length);
  if (listens && self->callbacks->frame != NULL)
    self->callbacks->frame (self, frame, self->owner);
}

static void
on_end (gpointer user_data)
{
  IsmbStream *self = user_data;
  self->peer_ended = TRUE;
  end_stream (self, NULL);
  if (self->state == CLOSING)
    ismb_poller_flush_later (self->poller, &self->watch);
}

static const IsmbFramerCallbacks framer_callbacks = { on_header, on_frame, on_end };

/* ------------------------------------------------------------------ the object */

static void
ismb_stream_finalize (GObject *object)
{
  IsmbStream *self = ISMB_STREAM (object);
  ismb_poller_remove (self->poller, &self->watch);
  g_clear_pointer (&self->framer, ismb_framer_free);
  ismb_wire_clear (&self->wire);
  g_clear_error (&self->error);
  g_clear_object (&self->poller);
  G_OBJECT_CLASS (ismb_stream_parent_class)->finalize (object);
}

static void
ismb_stream_class_init (IsmbStreamClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ismb_stream_finalize;
}

static void
ismb_stream_init (IsmbStream *self)
{
  self->watch = (IsmbWatch){ .ready = on_ready, .flush = on_flush, .deadline = on_deadline };
  self->queue_limit = QUEUE_LIMIT;
}

IsmbStream *
ismb_stream_new (IsmbPoller *poller, int fd, IsmbStreamFlags flags, const char *content_ns,
                 IsmbTlsContext *tls, const char *const *alpn, const char *server_name,
                 const IsmbStreamCallbacks *callbacks, gpointer owner)
{
  IsmbStream *self = g_object_new (ISMB_TYPE_STREAM, NULL);
  GError *error = NULL;
  self->poller = g_object_ref (poller);
  self->room = ismb_reading_room_of (poller);
  self->text.content_ns = g_intern_string (content_ns);
  self->framer = ismb_framer_new (content_ns, &framer_callbacks, self);
  ismb_framer_guard_ids (self->framer);
  self->place.data = self->framer;
  self->wire = (IsmbWire){
    .fd = fd,
    .outgoing = (flags & ISMB_STREAM_OUTGOING) != 0,
    .direct_tls = (flags & ISMB_STREAM_DIRECT_TLS) != 0,
    .context = tls != NULL ? ismb_tls_context_ref (tls) : NULL,
    .alpn = g_strdupv ((char **) alpn),
    .server_name = g_strdup (server_name),
  };
  ismb_wire_begin (&self->wire, (flags & ISMB_STREAM_DETECT_TLS) != 0);
  self->state = self->wire.state == ISMB_WIRE_UP ? OPEN : RISING;
  self->callbacks = callbacks;
  self->owner = owner;
  g_object_ref (self); /* until `closed` was told */
  if (!ismb_poller_add (poller, &self->watch, fd, EPOLLIN, &error))
    fail (self, error);
  update_interest (self);
  return self;
}

void
ismb_stream_set_owner (IsmbStream *self, const IsmbStreamCallbacks *callbacks, gpointer owner)
{
  if (self->callbacks == NULL) /* nothing will be told any more */
    return;
  self->callbacks = callbacks;
  self->owner = owner;
}

void
ismb_stream_speak_dialback (IsmbStream *self, IsmbTlsContext *tls)
{
  g_clear_pointer (&self->wire.context, ismb_tls_context_unref);
  self->wire.context = ismb_tls_context_ref (tls);
  self->text.dialback = TRUE;
}

void
ismb_stream_set_limit (IsmbStream *self, gsize stanza_bytes)
{
  ismb_framer_set_limit (self->framer, stanza_bytes);
}

void
ismb_stream_set_stamp (IsmbStream *self, const char *from)
{
  ismb_framer_set_stamp (self->framer, from);
}

void
ismb_stream_set_queue_limit (IsmbStream *self, gsize bytes)
{
  self->queue_limit = bytes;
}

void
ismb_stream_set_patience (IsmbStream *self, guint milliseconds)
{
  ismb_socket_set_patience (self->wire.fd, milliseconds);
}

void
ismb_stream_set_deadline (IsmbStream *self, guint milliseconds)
{
  if (self->state < CLOSING)
    ismb_poller_set_deadline (self->poller, &self->watch, milliseconds);
}

/* What comes between the socket's end and `closed` is kept for ismb_stream_take_unsent (). */
static void
enqueue (IsmbStream *self, IsmbFrame *frame)
{
  if (self->state == CLOSING || (self->state == CLOSED && self->callbacks == NULL))
    return;
  ismb_stanza_trace_sent_on (&_ismb_listener_stanzas, self->wire.fd, frame->data, frame->length);
  ismb_write_queue_push (&self->wire.queue, frame);
  if (self->state == CLOSED)
    return;
  if (self->wire.queue.bytes > self->queue_limit)
    {
      fail (self,
            g_error_new (ISMB_ERROR, ISMB_ERROR_STREAM,
                         "the other side reads too slowly: %" G_GSIZE_FORMAT " bytes wait for it",
                         self->wire.queue.bytes));
      return;
    }
  ismb_poller_flush_later (self->poller, &self->watch);
}

void
ismb_stream_send_header (IsmbStream *self, const char *from, const char *to, const char *id)
{
  g_autoptr (IsmbFrame) header = ismb_stream_text_begin (&self->text, from, to, id);
  enqueue (self, header);
}

void
ismb_stream_send_frame (IsmbStream *self, IsmbFrame *frame)
{
  enqueue (self, frame);
}

void
ismb_stream_send_text (IsmbStream *self, const char *xml, gssize length)
{
  g_autoptr (IsmbFrame) frame = ismb_frame_new_text (xml, length);
  enqueue (self, frame);
}

void
ismb_stream_start_tls (IsmbStream *self)
{
  if (self->state != OPEN || self->wire.tls != NULL)
    return;
  self->state = TLS_WAITING;
  self->text.begun = FALSE;
  ismb_framer_stop (self->framer);
  ismb_poller_flush_later (self->poller, &self->watch);
}

void
ismb_stream_restart (IsmbStream *self)
{
  if (self->state != OPEN)
    return;
  self->restarting = TRUE;
  self->text.begun = FALSE;
  ismb_framer_stop (self->framer);
}

static void
note_condition (IsmbStream *self, const char *condition, const char *text)
{
  if (condition == NULL || self->error != NULL)
    return;
  self->error = g_error_new (ISMB_ERROR, ISMB_ERROR_STREAM, "closed with %s%s%s", condition,
                             text != NULL ? ": " : "", text != NULL ? text : "");
}

/* Our end has been said, and with it all that we may say. */
static void
stop_listening (IsmbStream *self)
{
  self->wrong = TRUE;
  ismb_poller_flush_later (self->poller, &self->watch);
}

void
ismb_stream_close (IsmbStream *self, const char *condition, const char *text)
{
  g_autoptr (IsmbFrame) end = NULL;
  if (self->state == CLOSED || (self->state == CLOSING && condition == NULL))
    return;
  note_condition (self, condition, text);
  if (self->state == CLOSING)
    {
      stop_listening (self);
      return;
    }
  if (self->state != OPEN)
    {
      cut (self);
      return;
    }
  end = ismb_stream_text_end (&self->text, condition, text, ismb_framer_get_detail (self->framer));
  enqueue (self, end);
  if (self->state == CLOSED) /* the queue was full */
    return;
  self->wrong = condition != NULL;
  self->state = CLOSING;
  ismb_poller_set_deadline (self->poller, &self->watch, CLOSE_PATIENCE);
}

GPtrArray *
ismb_stream_take_unsent (IsmbStream *self)
{
  return ismb_wire_take_unsent (&self->wire);
}

void
ismb_stream_abandon (IsmbStream *self)
{
  gboolean told = self->callbacks == NULL;
  self->callbacks = NULL;
  self->owner = NULL;
  cut (self);
  ismb_write_queue_clear (&self->wire.queue);
  ismb_poller_remove (self->poller, &self->watch);
  if (!told)
    g_object_unref (self);
}

IsmbTls *
ismb_stream_get_tls (IsmbStream *self)
{
  return self->state == RISING ? NULL : self->wire.tls;
}

int
ismb_stream_get_fd (IsmbStream *self)
{
  return self->wire.fd;
}

guint64
ismb_stream_get_received (IsmbStream *self)
{
  return self->received;
}

gsize
ismb_stream_get_queued (IsmbStream *self)
{
  return self->wire.queue.bytes;
}

gboolean
ismb_stream_is_closing (IsmbStream *self)
{
  return self->state >= CLOSING;
}
