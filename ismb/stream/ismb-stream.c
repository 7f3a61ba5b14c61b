/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.stream"
#include "config.h"
#include "ismb/stream/ismb-stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-random.h"
#include "ismb/stream/ismb-write-queue.h"

#define READ_SIZE 16384
#define READS_MAX 4         /* of one stream in one turn */
#define AWAKE_MAX 64        /* streams of a poller that keep their parser between stanzas */
#define CLOSE_PATIENCE 5000 /* ms for what the peer still says, up to its </stream:stream> */
#define QUEUE_LIMIT (4u << 20)
#define TLS_HANDSHAKE_RECORD 0x16

typedef enum
{
  CONNECTING,  /* TCP */
  DETECTING,   /* waits for the byte that tells TLS from XML */
  TLS_WAITING, /* the last clear bytes go out */
  HANDSHAKE,
  OPEN,
  CLOSING, /* our end of the stream is in the queue; the other side may have more to say */
  CLOSED,
} State;

/* What the streams of one poller share. */
typedef struct
{
  char buffer[READ_SIZE];
  GQueue awake; /* streams, most recently fed first */
} Share;

struct _IsmbStream
{
  GObject parent_instance;
  IsmbWatch watch;
  IsmbPoller *poller;
  Share *share;
  GList awake; /* in share; its data is NULL while not there */
  IsmbStreamFlags flags;
  State state;
  int fd;
  const IsmbStreamCallbacks *callbacks; /* NULL: abandoned, or closed was told */
  gpointer owner;
  IsmbFramer *framer;
  const char *content_ns;
  IsmbTlsContext *tls_context;
  IsmbTls *tls;
  char **alpn, *server_name;
  IsmbWriteQueue queue;
  gsize queue_limit;
  guint32 read_event, write_event; /* what the layer below waits for before it moves on */
  guint64 received;
  gboolean header_sent, restarting, peer_ended, wrong, shut;
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
  if (self->awake.data != NULL)
    g_queue_unlink (&self->share->awake, &self->awake);
  self->awake.data = NULL;
  g_clear_pointer (&self->tls, ismb_tls_free);
  ismb_write_queue_clear (&self->queue);
  close (self->fd);
  self->fd = -1;
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
fail_errno (IsmbStream *self, const char *deed, int code)
{
  fail (self,
        g_error_new (ISMB_ERROR, ISMB_ERROR_STREAM, "cannot %s: %s", deed, g_strerror (code)));
}

static void
update_interest (IsmbStream *self)
{
  guint32 events = 0;
  if (self->state == CLOSED)
    return;
  if (self->state == CONNECTING)
    events = EPOLLOUT;
  else if (self->state == HANDSHAKE)
    events = self->read_event;
  else
    {
      if (self->state != TLS_WAITING)
        events |= self->read_event;
      if (self->queue.bytes > 0)
        events |= self->write_event;
    }
  ismb_poller_modify (self->poller, &self->watch, events);
}

/* ------------------------------------------------------------------ writing */

/* Each of these returns what moved, 0 when the socket takes no more now, -1 after a failure. */
static gssize
write_clear (IsmbStream *self)
{
  struct iovec vectors[64];
  struct msghdr message = { .msg_iov = vectors };
  gssize n;
  message.msg_iovlen = ismb_write_queue_vectors (&self->queue, vectors, G_N_ELEMENTS (vectors));
  do
    n = sendmsg (self->fd, &message, MSG_NOSIGNAL);
  while (n < 0 && errno == EINTR);
  if (n > 0)
    return n;
  if (errno == EAGAIN)
    {
      self->write_event = EPOLLOUT;
      return 0;
    }
  fail_errno (self, "write to the stream", errno);
  return -1;
}

static gssize
write_tls (IsmbStream *self)
{
  g_autoptr (GError) error = NULL;
  const char *piece;
  gsize length = ismb_write_queue_piece (&self->queue, self->share->buffer, READ_SIZE, &piece);
  gssize n = ismb_tls_write (self->tls, piece, length, &self->write_event, &error);
  if (n >= 0 || error == NULL)
    return MAX (n, 0);
  fail (self, g_steal_pointer (&error));
  return -1;
}

static void
write_queued (IsmbStream *self)
{
  gssize n = 1;
  while (n > 0 && self->queue.bytes > 0)
    {
      n = self->tls != NULL && self->state != TLS_WAITING ? write_tls (self) : write_clear (self);
      if (n > 0)
        ismb_write_queue_consume (&self->queue, n);
    }
}

/* Everything is out: the peer shall see that nothing follows. */
static void
finish_writing (IsmbStream *self)
{
  if (self->peer_ended)
    {
      if (self->tls != NULL)
        ismb_tls_bye (self->tls);
      cut (self);
      return;
    }
  if (!self->wrong || self->shut)
    return;
  /* After a stream error no </stream:stream> is waited for, but closing a socket with unread bytes
   * in it would reset the connection and take the error away from the peer. */
  self->shut = TRUE;
  if (self->tls != NULL)
    ismb_tls_bye (self->tls);
  shutdown (self->fd, SHUT_WR);
}

/* ------------------------------------------------------------------ reading */

static void
note_awake (IsmbStream *self)
{
  GQueue *awake = &self->share->awake;
  GList *last;
  if (self->state == CLOSED || awake->head == &self->awake)
    return;
  if (self->awake.data != NULL)
    g_queue_unlink (awake, &self->awake);
  self->awake.data = self;
  g_queue_push_head_link (awake, &self->awake);
  if (awake->length <= AWAKE_MAX)
    return;
  last = g_queue_pop_tail_link (awake);
  ismb_framer_sleep (((IsmbStream *) last->data)->framer);
  last->data = NULL;
}

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
  note_awake (self);
  refuse_injected (self);
  if (!fine)
    ismb_stream_close (self, condition, NULL);
}

static gssize
read_bytes (IsmbStream *self)
{
  g_autoptr (GError) error = NULL;
  gssize n;
  if (self->tls != NULL)
    n = ismb_tls_read (self->tls, self->share->buffer, READ_SIZE, &self->read_event, &error);
  else
    n = recv (self->fd, self->share->buffer, READ_SIZE, 0);
  if (error != NULL)
    fail (self, g_steal_pointer (&error));
  else if (n < 0 && self->tls == NULL && errno != EAGAIN && errno != EINTR)
    fail_errno (self, "read from the stream", errno);
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
      feed (self, self->share->buffer, n);
      /* A short read emptied the socket; bytes that TLS holds, no event will announce. */
      more = self->tls != NULL ? may_read (self) && ismb_tls_has_pending (self->tls)
                               : n == READ_SIZE && reads + 1 < READS_MAX;
    }
}

/* ------------------------------------------------------------------ becoming open */

static void
become_open (IsmbStream *self)
{
  self->state = OPEN;
  self->read_event = EPOLLIN;
  self->write_event = EPOLLOUT;
}

static void
tell_ready (IsmbStream *self)
{
  gboolean outgoing = (self->flags & ISMB_STREAM_OUTGOING) != 0;
  gboolean first = self->tls == NULL || (self->flags & ISMB_STREAM_DIRECT_TLS) != 0;
  if (self->callbacks == NULL)
    return;
  if (outgoing && first && self->callbacks->connected != NULL)
    self->callbacks->connected (self, self->owner);
  else if ((!outgoing || !first) && self->tls != NULL && self->callbacks->secured != NULL)
    self->callbacks->secured (self, self->owner);
}

static void
continue_handshake (IsmbStream *self)
{
  g_autoptr (GError) error = NULL;
  if (ismb_tls_handshake (self->tls, &self->read_event, &error))
    {
      become_open (self);
      tell_ready (self);
      if (may_read (self) && ismb_tls_has_pending (self->tls))
        read_stream (self);
    }
  else if (error != NULL)
    fail (self, g_steal_pointer (&error));
}

static void
begin_handshake (IsmbStream *self)
{
  g_autoptr (GError) error = NULL;
  gboolean server = (self->flags & ISMB_STREAM_OUTGOING) == 0;
  if (self->tls_context != NULL)
    self->tls = ismb_tls_new (self->tls_context, self->fd, server, (const char *const *) self->alpn,
                              self->server_name, &error);
  else
    g_set_error_literal (&error, ISMB_ERROR, ISMB_ERROR_STREAM,
                         "TLS was asked for where there is none");
  if (self->tls == NULL)
    {
      fail (self, g_steal_pointer (&error));
      return;
    }
  self->state = HANDSHAKE;
  ismb_framer_reset (self->framer, TRUE);
  continue_handshake (self);
}

static void
finish_connecting (IsmbStream *self)
{
  int code = 0;
  socklen_t size = sizeof code;
  getsockopt (self->fd, SOL_SOCKET, SO_ERROR, &code, &size);
  if (code != 0)
    fail_errno (self, "connect", code);
  else if ((self->flags & ISMB_STREAM_DIRECT_TLS) != 0)
    begin_handshake (self);
  else
    {
      become_open (self);
      tell_ready (self);
    }
}

static void
detect (IsmbStream *self)
{
  guint8 first;
  gssize n = recv (self->fd, &first, 1, MSG_PEEK);
  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (n == 1 && first == TLS_HANDSHAKE_RECORD)
    {
      begin_handshake (self);
      return;
    }
  become_open (self);
  read_stream (self);
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
    case CONNECTING:
      finish_connecting (self);
      break;
    case DETECTING:
      detect (self);
      break;
    case HANDSHAKE:
      continue_handshake (self);
      break;
    case TLS_WAITING:
      ismb_poller_flush_later (self->poller, &self->watch);
      break;
    case OPEN:
    case CLOSING:
      if ((events & (self->read_event | EPOLLHUP | EPOLLERR)) != 0)
        read_stream (self);
      if (self->state != CLOSED && self->queue.bytes > 0)
        ismb_poller_flush_later (self->poller, &self->watch);
      break;
    case CLOSED:
      return;
    }
  update_interest (self);
}

static void
tell_closed (IsmbStream *self)
{
  const IsmbStreamCallbacks *callbacks = g_steal_pointer (&self->callbacks);
  if (callbacks == NULL)
    return;
  callbacks->closed (self, self->error, self->owner);
  g_object_unref (self); /* of ismb_stream_new: it kept itself alive until here */
}

static void
on_flush (IsmbWatch *watch)
{
  g_autoptr (IsmbStream) self = g_object_ref (from_watch (watch));
  if (self->state == OPEN || self->state == CLOSING || self->state == TLS_WAITING)
    write_queued (self);
  if (self->state == TLS_WAITING && self->queue.bytes == 0)
    begin_handshake (self);
  if (self->state == CLOSING && self->queue.bytes == 0)
    finish_writing (self);
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
    ismb_stream_close (self, "connection-timeout", NULL);
  else
    fail (self, g_error_new_literal (ISMB_ERROR, ISMB_ERROR_TIMEOUT,
                                     self->state == CONNECTING ? "no connection in time"
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
  if (listens && self->callbacks->frame != NULL)
    self->callbacks->frame (self, frame, self->owner);
}

static void
on_end (gpointer user_data)
{
  IsmbStream *self = user_data;
  self->peer_ended = TRUE;
  ismb_stream_close (self, NULL, NULL);
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
  g_clear_pointer (&self->tls_context, ismb_tls_context_unref);
  g_clear_pointer (&self->alpn, g_strfreev);
  g_clear_pointer (&self->server_name, g_free);
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
  self->read_event = EPOLLIN;
  self->write_event = EPOLLOUT;
}

static Share *
share_of (IsmbPoller *poller)
{
  static GQuark quark;
  Share *share;
  if (quark == 0)
    quark = g_quark_from_static_string ("ismb-stream-share");
  share = g_object_get_qdata (G_OBJECT (poller), quark);
  if (share == NULL)
    {
      share = g_new0 (Share, 1);
      g_object_set_qdata_full (G_OBJECT (poller), quark, share, g_free);
    }
  return share;
}

static State
first_state (IsmbStreamFlags flags)
{
  if ((flags & ISMB_STREAM_OUTGOING) != 0)
    return CONNECTING;
  return (flags & ISMB_STREAM_DETECT_TLS) != 0 ? DETECTING : OPEN;
}

IsmbStream *
ismb_stream_new (IsmbPoller *poller, int fd, IsmbStreamFlags flags, const char *content_ns,
                 IsmbTlsContext *tls, const char *const *alpn, const char *server_name,
                 const IsmbStreamCallbacks *callbacks, gpointer owner)
{
  IsmbStream *self = g_object_new (ISMB_TYPE_STREAM, NULL);
  GError *error = NULL;
  self->poller = g_object_ref (poller);
  self->share = share_of (poller);
  self->fd = fd;
  self->flags = flags;
  self->state = first_state (flags);
  self->content_ns = g_intern_string (content_ns);
  self->framer = ismb_framer_new (content_ns, &framer_callbacks, self);
  self->tls_context = tls != NULL ? ismb_tls_context_ref (tls) : NULL;
  self->alpn = g_strdupv ((char **) alpn);
  self->server_name = g_strdup (server_name);
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
  const int seconds = (int) (milliseconds / 1000);
  /* TCP_USER_TIMEOUT ends keep-alive too, whatever the number of its probes. */
  const struct
  {
    int level, option, value;
  } options[] = {
    { IPPROTO_TCP, TCP_USER_TIMEOUT, (int) milliseconds },
    { IPPROTO_TCP, TCP_KEEPIDLE, MAX (1, seconds / 2) },
    { IPPROTO_TCP, TCP_KEEPINTVL, MAX (1, seconds / 8) },
    { SOL_SOCKET, SO_KEEPALIVE, TRUE },
  };
  guint i;
  for (i = 0; i < G_N_ELEMENTS (options); i++)
    setsockopt (self->fd, options[i].level, options[i].option, &options[i].value,
                sizeof options[i].value);
}

void
ismb_stream_set_deadline (IsmbStream *self, guint milliseconds)
{
  if (self->state < CLOSING)
    ismb_poller_set_deadline (self->poller, &self->watch, milliseconds);
}

static void
enqueue (IsmbStream *self, IsmbFrame *frame)
{
  if (self->state >= CLOSING)
    return;
  if (self->queue.bytes + frame->length > self->queue_limit)
    {
      fail (self,
            g_error_new (ISMB_ERROR, ISMB_ERROR_STREAM,
                         "the other side reads too slowly: %" G_GSIZE_FORMAT " bytes wait for it",
                         self->queue.bytes));
      return;
    }
  ismb_write_queue_push (&self->queue, frame);
  ismb_poller_flush_later (self->poller, &self->watch);
}

static void
append_attribute (GString *out, const char *name, const char *value)
{
  if (value == NULL)
    return;
  g_string_append_printf (out, " %s='", name);
  ismb_xml_escape (out, value, -1, TRUE);
  g_string_append_c (out, '\'');
}

void
ismb_stream_send_header (IsmbStream *self, const char *from, const char *to, const char *id)
{
  g_autoptr (GString) out = g_string_new ("<?xml version='1.0'?><stream:stream");
  append_attribute (out, "xmlns", self->content_ns);
  append_attribute (out, "xmlns:stream", ISMB_NS_STREAM);
  append_attribute (out, "from", from);
  append_attribute (out, "to", to);
  append_attribute (out, "id", id);
  g_string_append (out, " version='1.0' xml:lang='en'>");
  ismb_stream_send_text (self, out->str, out->len);
  self->header_sent = TRUE;
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
  if (self->state != OPEN || self->tls != NULL)
    return;
  self->state = TLS_WAITING;
  self->header_sent = FALSE;
  ismb_framer_stop (self->framer);
  ismb_poller_flush_later (self->poller, &self->watch);
}

void
ismb_stream_restart (IsmbStream *self)
{
  if (self->state != OPEN)
    return;
  self->restarting = TRUE;
  self->header_sent = FALSE;
  ismb_framer_stop (self->framer);
}

static char *
describe_condition (const char *condition, const char *text)
{
  return text != NULL ? g_strdup_printf ("closed with %s: %s", condition, text)
                      : g_strdup_printf ("closed with %s", condition);
}

static void
send_error (IsmbStream *self, const char *condition, const char *text)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_string_append_printf (out, "<stream:error><%s xmlns='" ISMB_NS_STREAMS "'/>", condition);
  if (text != NULL)
    {
      g_string_append (out, "<text xmlns='" ISMB_NS_STREAMS "' xml:lang='en'>");
      ismb_xml_escape (out, text, -1, FALSE);
      g_string_append (out, "</text>");
    }
  g_string_append (out, "</stream:error>");
  ismb_stream_send_text (self, out->str, out->len);
}

static void
say_goodbye (IsmbStream *self, const char *condition, const char *text)
{
  /* RFC 6120, 4.9.1.2: even an error that comes before it stands inside a stream. */
  if (!self->header_sent)
    {
      g_autofree char *id = ismb_random_token ();
      ismb_stream_send_header (self, NULL, NULL, id);
    }
  if (condition != NULL)
    send_error (self, condition, text);
  ismb_stream_send_text (self, "</stream:stream>", -1);
}

static void
note_condition (IsmbStream *self, const char *condition, const char *text)
{
  g_autofree char *description = NULL;
  if (condition == NULL || self->error != NULL)
    return;
  description = describe_condition (condition, text);
  self->error = g_error_new_literal (ISMB_ERROR, ISMB_ERROR_STREAM, description);
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
  say_goodbye (self, condition, text);
  if (self->state == CLOSED) /* the queue was full */
    return;
  self->wrong = condition != NULL;
  self->state = CLOSING;
  ismb_poller_set_deadline (self->poller, &self->watch, CLOSE_PATIENCE);
}

void
ismb_stream_abandon (IsmbStream *self)
{
  gboolean told = self->callbacks == NULL;
  self->callbacks = NULL;
  self->owner = NULL;
  cut (self);
  ismb_poller_remove (self->poller, &self->watch);
  if (!told)
    g_object_unref (self);
}

IsmbTls *
ismb_stream_get_tls (IsmbStream *self)
{
  return self->state == HANDSHAKE ? NULL : self->tls;
}

int
ismb_stream_get_fd (IsmbStream *self)
{
  return self->fd;
}

guint64
ismb_stream_get_received (IsmbStream *self)
{
  return self->received;
}

gsize
ismb_stream_get_queued (IsmbStream *self)
{
  return self->queue.bytes;
}

gboolean
ismb_stream_is_closing (IsmbStream *self)
{
  return self->state >= CLOSING;
}
