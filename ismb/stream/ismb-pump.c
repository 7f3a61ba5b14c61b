/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.stream.pump"

#include "config.h"
#include "ismb/stream/ismb-pump.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_SIZE 16384 /* no TLS record has more, so that none is left inside */

/* One of the two sides. */
typedef struct
{
  int fd;
  gpointer tag;         /* in our source, while anything is waited for */
  GIOCondition wanted;
  gboolean full;        /* it takes no more for now */
  gboolean ended;
} Side;

typedef struct
{
  GSource source;
  IsmbPump *pump;
} Source;

struct _IsmbPump
{
  GIOStream *stream;
  GPollableInputStream *input;
  GPollableOutputStream *output;
  IsmbSluice *sluice;
  IsmbPumpCallbacks callbacks;
  gpointer user_data;
  GSource *source;
  Side net, strophe;
  gboolean due;    /* there is work that no descriptor tells of */
  gboolean inside; /* TLS may hold bytes */
  gboolean came;   /* something, in this turn */
  gsize given;     /* to libstrophe, which has not been told */
  GError *error;   /* of the network */
};

/* The end */

/* What came is delivered first; then libstrophe reads the end. */
static void
end_network (IsmbPump *self, GError *error)
{
  if (self->net.ended)
    {
      g_clear_error (&error);
      return;
    }
  self->net.ended = TRUE;
  self->error = error;
  ismb_sluice_drop_outward (self->sluice);
}

/* libstrophe is through and will say so itself. */
static void
end_strophe (IsmbPump *self)
{
  self->strophe.ended = TRUE;
  ismb_sluice_drop_inward (self->sluice);
}

/* Inwards */

/* What came before, and waited. */
static void
go_on (IsmbPump *self)
{
  GError *error = NULL;

  self->came = TRUE;
  if (!ismb_sluice_came (self->sluice, NULL, 0, &error))
    end_network (self, error);
}

static void
read_network (IsmbPump *self)
{
  GError *error = NULL;
  char bytes[READ_SIZE];
  gssize count =
      g_pollable_input_stream_read_nonblocking (self->input, bytes, sizeof bytes, NULL, &error);

  self->inside = count == sizeof bytes && self->inside;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    {
      g_error_free (error);
      return;
    }
  self->came = TRUE;
  if (count <= 0 || !ismb_sluice_came (self->sluice, bytes, count, &error))
    end_network (self, error);
}

static void
write_to_strophe (IsmbPump *self)
{
  gsize length, done = 0;
  const char *bytes = ismb_sluice_peek_inward (self->sluice, &length);
  gssize count = 0;
  gboolean broken;

  while (done < length && count >= 0)
    {
      count = send (self->strophe.fd, bytes + done, length - done, MSG_NOSIGNAL | MSG_DONTWAIT);
      done += MAX (count, 0);
    }
  broken = count < 0 && errno != EAGAIN;
  self->strophe.full = done < length;
  self->given += done;
  ismb_sluice_consume_inward (self->sluice, done);
  if (broken)
    end_strophe (self);
}

/* Outwards */

static void
read_strophe (IsmbPump *self)
{
  GError *error = NULL;
  char bytes[READ_SIZE];
  gssize count = recv (self->strophe.fd, bytes, sizeof bytes, MSG_DONTWAIT);

  if (count == 0)
    end_strophe (self);
  if (count <= 0)
    return;
  if (!ismb_sluice_left (self->sluice, bytes, count, &error))
    end_network (self, error);
  explicit_bzero (bytes, count); /* the password may be in it */
}

static void
write_to_network (IsmbPump *self)
{
  g_autoptr (GError) error = NULL;
  gsize length, done = 0;
  const char *bytes = ismb_sluice_peek_outward (self->sluice, &length);
  gssize count = 0;

  while (done < length && count >= 0)
    {
      count = g_pollable_output_stream_write_nonblocking (self->output, bytes + done,
                                                          length - done, NULL, &error);
      done += MAX (count, 0);
    }
  ismb_sluice_consume_outward (self->sluice, done);
  self->net.full = g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
  if (error != NULL && !self->net.full)
    end_network (self, g_steal_pointer (&error));
}

/* Turns */

static void
want (IsmbPump *self, Side *side, GIOCondition wanted)
{
  if (side->wanted == wanted)
    return;
  if (side->tag == NULL)
    side->tag = g_source_add_unix_fd (self->source, side->fd, wanted);
  else if (wanted != 0)
    g_source_modify_unix_fd (self->source, side->tag, wanted);
  else /* it would still tell of the other end's going */
    g_source_remove_unix_fd (self->source, g_steal_pointer (&side->tag));
  side->wanted = wanted;
}

static gboolean
is_open (IsmbPump *self)
{
  return !self->net.ended && !self->strophe.ended;
}

static gboolean
may_read (IsmbPump *self)
{
  return is_open (self) && ismb_sluice_has_room_inward (self->sluice);
}

/* With what has come already. */
static gboolean
may_go_on (IsmbPump *self)
{
  return ismb_sluice_has_more (self->sluice) && ismb_sluice_has_room_inward (self->sluice);
}

static void
want_what_is_due (IsmbPump *self)
{
  gboolean heeds = is_open (self) && ismb_sluice_has_room_outward (self->sluice);

  self->due |= (self->inside && may_read (self)) || may_go_on (self);
  want (self, &self->net,
        (may_read (self) ? G_IO_IN : 0) | (!self->net.ended && self->net.full ? G_IO_OUT : 0));
  want (self, &self->strophe,
        (heeds ? G_IO_IN : 0) | (!self->strophe.ended && self->strophe.full ? G_IO_OUT : 0));
}

static gboolean
has_inward (IsmbPump *self)
{
  gsize length;

  ismb_sluice_peek_inward (self->sluice, &length);
  return length > 0;
}

static gboolean
has_outward (IsmbPump *self)
{
  gsize length;

  ismb_sluice_peek_outward (self->sluice, &length);
  return length > 0;
}

static void
write_what_may_go (IsmbPump *self)
{
  if (has_outward (self) && !self->net.full)
    write_to_network (self);
  if (has_inward (self) && !self->strophe.full)
    write_to_strophe (self);
  /* libstrophe would wait two seconds for an answer that changes nothing. */
  if (ismb_sluice_was_left (self->sluice) && !has_outward (self))
    end_network (self, NULL);
  if (self->net.ended && !has_inward (self) && !ismb_sluice_has_more (self->sluice))
    shutdown (self->strophe.fd, SHUT_WR);
  want_what_is_due (self);
}

static GIOCondition
occurred (IsmbPump *self, const Side *side)
{
  return side->tag != NULL ? g_source_query_unix_fd (self->source, side->tag) : 0;
}

/* Ends with the callback: it may free us, or run a main loop, in which the next turn comes. */
static void
turn (IsmbPump *self)
{
  GIOCondition net = occurred (self, &self->net), strophe = occurred (self, &self->strophe);
  gsize queued = ismb_sluice_get_queued (self->sluice);
  gsize given;

  self->due = self->came = FALSE;
  self->net.full &= (net & ~G_IO_IN) == 0;
  self->strophe.full &= (strophe & ~G_IO_IN) == 0;
  if (may_go_on (self))
    go_on (self);
  if (may_read (self) && (net != 0 || self->inside))
    read_network (self);
  if (strophe != 0 && (self->strophe.wanted & G_IO_IN) != 0)
    read_strophe (self);
  write_what_may_go (self);
  if (queued > 0 && ismb_sluice_get_queued (self->sluice) == 0)
    self->callbacks.emptied (self->user_data);
  given = self->given;
  self->given = 0;
  if (given > 0 || self->came)
    self->callbacks.turned (given, self->user_data);
}

static gboolean
pump_prepare (GSource *source, int *timeout)
{
  *timeout = -1;
  return ((Source *) source)->pump->due;
}

static gboolean
pump_check (GSource *source)
{
  IsmbPump *self = ((Source *) source)->pump;

  return self->due || occurred (self, &self->net) != 0 || occurred (self, &self->strophe) != 0;
}

static gboolean
pump_dispatch (GSource *source, GSourceFunc func, gpointer data)
{
  turn (((Source *) source)->pump);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs pump_funcs = { pump_prepare, pump_check, pump_dispatch, NULL };

/* May recurse: a source that may not is taken out of the loop's set while it is dispatched, and
 * that wakes the loop by two calls to the system. */
static void
attach (IsmbPump *self)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();

  self->source = g_source_new (&pump_funcs, sizeof (Source));
  ((Source *) self->source)->pump = self;
  g_source_set_static_name (self->source, "[ismb] pump");
  g_source_set_can_recurse (self->source, TRUE);
  g_source_attach (self->source, context);
}

/* The descriptor under a stream, whatever lies upon it. */
static int
find_fd (GIOStream *stream)
{
  g_autoptr (GIOStream) below = NULL;

  if (G_IS_SOCKET_CONNECTION (stream))
    return g_socket_get_fd (g_socket_connection_get_socket (G_SOCKET_CONNECTION (stream)));
  g_object_get (stream, "base-io-stream", &below, NULL);
  return find_fd (below);
}

IsmbPump *
ismb_pump_new (GIOStream *stream, int fd, IsmbSluice *sluice, const IsmbPumpCallbacks *callbacks,
               gpointer user_data)
{
  IsmbPump *self = g_new0 (IsmbPump, 1);

  self->stream = g_object_ref (stream);
  self->input = G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (stream));
  self->output = G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (stream));
  self->net.fd = find_fd (stream);
  self->strophe.fd = fd;
  self->sluice = sluice;
  self->callbacks = *callbacks;
  self->user_data = user_data;
  self->inside = G_IS_TLS_CONNECTION (stream);
  attach (self);
  want_what_is_due (self);
  return self;
}

gboolean
ismb_pump_has_ended (IsmbPump *self, const GError **error)
{
  *error = self->error;
  return self->net.ended;
}

void
ismb_pump_send (IsmbPump *self, const char *xml, gsize length)
{
  if (!self->net.ended && ismb_sluice_send (self->sluice, xml, length))
    self->due = TRUE;
}

void
ismb_pump_flush (IsmbPump *self)
{
  if (!has_outward (self) || self->net.full)
    return;
  self->due = FALSE;
  write_what_may_go (self);
}

void
ismb_pump_begin_session (IsmbPump *self)
{
  GError *error = NULL;

  if (!ismb_sluice_begin_session (self->sluice, &error))
    end_network (self, error);
  self->due = TRUE;
}

void
ismb_pump_go_on (IsmbPump *self)
{
  ismb_sluice_pause (self->sluice, FALSE);
  want_what_is_due (self);
}

static void
on_closed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_io_stream_close_finish (G_IO_STREAM (source), result, NULL);
}

/* TLS says good-bye, which may have to wait; a bare socket closes at once. */
static void
close_network (IsmbPump *self)
{
  if (G_IS_TLS_CONNECTION (self->stream) && !self->net.ended)
    g_io_stream_close_async (self->stream, G_PRIORITY_DEFAULT, NULL, on_closed, NULL);
  else
    g_io_stream_close (self->stream, NULL, NULL);
}

void
ismb_pump_free (IsmbPump *self)
{
  g_source_destroy (self->source);
  g_source_unref (self->source);
  if (!self->net.ended && ismb_sluice_is_bound (self->sluice))
    {
      read_strophe (self); /* </stream:stream> */
      write_to_network (self);
    }
  close_network (self);
  close (self->strophe.fd);
  g_object_unref (self->stream);
  g_clear_error (&self->error);
  g_free (self);
}
