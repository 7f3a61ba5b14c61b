/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.stream.pump"

#include "config.h"
#include "ismb/stream/ismb-pump.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ismb/core/ismb-error.h"
#include "ismb/stream/ismb-byte-queue.h"
#include "ismb/stream/ismb-sign-in.h"
#include "ismb/stream/ismb-tag-scanner.h"

#define READ_SIZE 16384             /* no TLS record has more, so that none is left inside */
#define HIGH_WATER (256 * 1024)     /* bytes that wait for the other side; then reading stops */
#define ELEMENT_MAX (16 * 1024 * 1024)
#define ELEMENT_MAX_BEFORE (64 * 1024)
#define DEPTH_MAX 128
#define TAGS_MAX 200000
#define STROPHE_READ 4096           /* libstrophe reads so many bytes at a time */

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
  IsmbPumpCallbacks callbacks;
  gpointer user_data;
  GSource *source;
  Side net, strophe;
  gboolean due;        /* there is work that no descriptor tells of */
  gboolean inside;     /* TLS may hold bytes */

  IsmbByteQueue inbound;
  gsize scanned;       /* of inbound: looked at */
  gsize passed;        /* of inbound: may go on */
  gsize given;         /* to libstrophe, which has not been told */
  gsize unread;        /* by libstrophe, of what it was given */
  gsize stanza_end;    /* in inbound: of the last one that passed in this turn; 0: none did */
  gboolean torn;       /* libstrophe may have seen a part of a tag */
  IsmbByteQueue outbound;
  gsize out_scanned, out_passed;

  IsmbTagScanner in_scanner, out_scanner;
  IsmbSignIn *sign_in;
  gboolean bound;      /* the sign-in has nothing more to see */
  gboolean given_up;   /* libstrophe ended the stream before that */
  GError *error;       /* of the network */
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
  ismb_byte_queue_clear (&self->outbound);
  self->out_scanned = self->out_passed = 0;
}

/* Nothing more, in either direction: the server is not who it should be, or breaks the rules. */
static void
cut (IsmbPump *self, GError *error)
{
  end_network (self, error);
  ismb_byte_queue_clear (&self->inbound);
  self->scanned = self->passed = 0;
}

/* libstrophe is through and will say so itself. */
static void
end_strophe (IsmbPump *self)
{
  self->strophe.ended = TRUE;
  ismb_byte_queue_clear (&self->inbound);
  self->scanned = self->passed = 0;
}

/* While signing in */

static void
heed (IsmbPump *self, IsmbSignInVerdict verdict, GError *error)
{
  if (verdict == ISMB_SIGN_IN_REFUSED)
    cut (self, error);
  else if (verdict == ISMB_SIGN_IN_NEXT)
    self->callbacks.refused (ismb_sign_in_get_failure (self->sign_in), self->user_data);
  else if (verdict == ISMB_SIGN_IN_RESTARTED)
    {
      ismb_tag_scanner_reset (&self->in_scanner);
      ismb_tag_scanner_reset (&self->out_scanner);
      self->callbacks.authenticated (self->user_data);
    }
  else if (verdict == ISMB_SIGN_IN_DONE)
    {
      self->bound = TRUE;
      self->out_passed = self->outbound.length;
      self->in_scanner.bytes_max = ELEMENT_MAX;
    }
}

/* Secrets among it are wiped. */
static gsize
replace (IsmbByteQueue *queue, gsize from, gsize to, GString *text)
{
  gsize end = ismb_byte_queue_replace (queue, from, to, text->str, text->len);

  explicit_bzero (text->str, text->len);
  return end;
}

/* What goes to the server goes before what libstrophe has not yet written to its end. */
static void
put_outbound (IsmbPump *self, gsize until, GString *text)
{
  gsize end = replace (&self->outbound, self->out_passed, until, text);

  self->out_scanned = MAX (self->out_scanned, until) - until + end;
  self->out_passed = end;
}

static gboolean
show_what_came (IsmbPump *self, IsmbScan scan)
{
  g_autoptr (GString) inward = g_string_new (NULL), outward = g_string_new (NULL);
  GError *error = NULL;
  IsmbSignInVerdict verdict =
      ismb_sign_in_came (self->sign_in, scan, self->inbound.front + self->passed,
                         self->scanned - self->passed, inward, outward, &error);

  self->passed = self->scanned = replace (&self->inbound, self->passed, self->scanned, inward);
  put_outbound (self, self->out_passed, outward);
  heed (self, verdict, error);
  return verdict != ISMB_SIGN_IN_REFUSED;
}

static gboolean
show_what_left (IsmbPump *self, IsmbScan scan)
{
  g_autoptr (GString) outward = g_string_new (NULL);
  GError *error = NULL;
  IsmbSignInVerdict verdict =
      ismb_sign_in_sent (self->sign_in, scan, self->outbound.front + self->out_passed,
                         self->out_scanned - self->out_passed, outward, &error);

  put_outbound (self, self->out_scanned, outward);
  heed (self, verdict, error);
  return verdict != ISMB_SIGN_IN_REFUSED;
}

/* Inwards */

/* libstrophe's expat (2.5 with deferral) does not look again at a torn tag until its bytes have
 * doubled. It is torn where libstrophe's read ends inside it, and that may be anywhere once more
 * waits than it reads at once. Then space behind the last stanza makes up the length; inside a
 * stanza there can be none, so that the next end of one owes it. */
static void
pad (IsmbPump *self)
{
  g_autofree char *space = NULL;
  gsize length = self->in_scanner.longest_tag;

  self->torn |= self->passed + self->unread > STROPHE_READ;
  if (!self->torn || self->stanza_end == 0)
    return;
  space = g_strnfill (length, ' ');
  ismb_byte_queue_replace (&self->inbound, self->stanza_end, self->stanza_end, space, length);
  self->passed += length;
  self->scanned += length;
  self->torn = FALSE;
  self->in_scanner.longest_tag = 0;
}

static gboolean
is_error_tag (IsmbPump *self)
{
  const char *tag = self->inbound.front + self->scanned - self->in_scanner.tag + 1;
  const char *name = tag + (*tag == '/');
  gsize length = strcspn (name, " \t\r\n/>");
  const char *colon = memchr (name, ':', length);

  if (colon != NULL)
    {
      length -= colon + 1 - name;
      name = colon + 1;
    }
  return length == 5 && strncmp (name, "error", 5) == 0;
}

static gboolean
pass_inbound (IsmbPump *self, IsmbScan scan)
{
  if (scan == ISMB_SCAN_BAD)
    {
      cut (self,
           g_error_new_literal (
               ISMB_ERROR, ISMB_ERROR_STREAM,
               "the server sent XML that is forbidden in a stream, or too much in one stanza"));
      return FALSE;
    }
  if (scan == ISMB_SCAN_ELEMENT && self->in_scanner.hollow && is_error_tag (self))
    {
      /* libstrophe 0.12 would crash by it */
      cut (self, g_error_new_literal (ISMB_ERROR, ISMB_ERROR_STREAM,
                                      "the server closed the stream and did not say why"));
      return FALSE;
    }
  if (!self->bound && scan == ISMB_SCAN_TAG)
    return TRUE;
  if (!self->bound && !show_what_came (self, scan))
    return FALSE;
  self->passed = self->scanned;
  if (scan == ISMB_SCAN_ELEMENT || scan == ISMB_SCAN_END)
    self->stanza_end = self->passed;
  return TRUE;
}

/* Between elements there is nothing but space (the scanner sees to that), and nobody wants it: a
 * server may send any amount, to keep the connection alive. */
static void
drop_space (IsmbPump *self)
{
  if (!ismb_tag_scanner_is_between (&self->in_scanner) || self->passed == self->scanned)
    return;
  ismb_byte_queue_replace (&self->inbound, self->passed, self->scanned, NULL, 0);
  self->scanned = self->passed;
}

static void
scan_inbound (IsmbPump *self)
{
  self->stanza_end = 0;
  while (self->scanned < self->inbound.length)
    {
      gsize seen = 0;
      IsmbScan scan =
          ismb_tag_scanner_next (&self->in_scanner, self->inbound.front + self->scanned,
                                 self->inbound.length - self->scanned, &seen);

      self->scanned += seen;
      if (scan != ISMB_SCAN_MORE && !pass_inbound (self, scan))
        return;
    }
  drop_space (self);
  pad (self);
}

static void
read_network (IsmbPump *self)
{
  g_autoptr (GError) error = NULL;
  char bytes[READ_SIZE];
  gssize count =
      g_pollable_input_stream_read_nonblocking (self->input, bytes, sizeof bytes, NULL, &error);

  self->inside = count == sizeof bytes && self->inside;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return;
  ismb_byte_queue_append (&self->inbound, bytes, MAX (count, 0));
  if (count > 0)
    scan_inbound (self);
  else
    end_network (self, g_steal_pointer (&error));
}

static void
write_to_strophe (IsmbPump *self)
{
  gsize done = 0;
  gssize count = 0;
  gboolean broken;

  while (done < self->passed && count >= 0)
    {
      count = send (self->strophe.fd, self->inbound.front + done, self->passed - done,
                    MSG_NOSIGNAL | MSG_DONTWAIT);
      done += MAX (count, 0);
    }
  broken = count < 0 && errno != EAGAIN;
  self->strophe.full = done < self->passed;
  self->given += done;
  self->passed -= done;
  self->scanned -= done;
  ismb_byte_queue_consume (&self->inbound, done);
  if (broken)
    end_strophe (self);
}

/* Outwards */

static void
pass_outbound (IsmbPump *self)
{
  while (!self->bound && self->out_scanned < self->outbound.length)
    {
      gsize seen = 0;
      IsmbScan scan =
          ismb_tag_scanner_next (&self->out_scanner, self->outbound.front + self->out_scanned,
                                 self->outbound.length - self->out_scanned, &seen);

      self->out_scanned += seen;
      self->given_up |= scan == ISMB_SCAN_END;
      if (scan != ISMB_SCAN_MORE && scan != ISMB_SCAN_TAG && !show_what_left (self, scan))
        return;
    }
  if (self->bound)
    self->out_passed = self->outbound.length;
}

static void
read_strophe (IsmbPump *self)
{
  char bytes[READ_SIZE];
  gssize count = recv (self->strophe.fd, bytes, sizeof bytes, MSG_DONTWAIT);

  if (count == 0)
    end_strophe (self);
  if (count <= 0)
    return;
  ismb_byte_queue_append (&self->outbound, bytes, count);
  if (!self->bound)
    explicit_bzero (bytes, count); /* the password may be in it */
  pass_outbound (self);
}

static void
write_to_network (IsmbPump *self)
{
  g_autoptr (GError) error = NULL;
  gsize done = 0;
  gssize count = 0;

  while (done < self->out_passed && count >= 0)
    {
      count = g_pollable_output_stream_write_nonblocking (self->output,
                                                          self->outbound.front + done,
                                                          self->out_passed - done, NULL, &error);
      done += MAX (count, 0);
    }
  if (!self->bound && done > 0)
    explicit_bzero (self->outbound.front, done);
  self->out_passed -= done;
  self->out_scanned -= MIN (done, self->out_scanned);
  ismb_byte_queue_consume (&self->outbound, done);
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

static void
want_what_is_due (IsmbPump *self)
{
  gboolean open = !self->net.ended && !self->strophe.ended;

  want (self, &self->net,
        (open && self->passed < HIGH_WATER ? G_IO_IN : 0)
            | (!self->net.ended && self->net.full ? G_IO_OUT : 0));
  want (self, &self->strophe,
        (open && self->outbound.length < HIGH_WATER ? G_IO_IN : 0)
            | (!self->strophe.ended && self->strophe.full ? G_IO_OUT : 0));
}

static void
write_what_may_go (IsmbPump *self)
{
  if (self->out_passed > 0 && !self->net.full)
    write_to_network (self);
  if (self->passed > 0 && !self->strophe.full)
    write_to_strophe (self);
  /* libstrophe would wait two seconds for an answer that changes nothing. */
  if (self->given_up && self->out_passed == 0)
    end_network (self, NULL);
  if (self->net.ended && self->passed == 0)
    shutdown (self->strophe.fd, SHUT_WR);
  self->due |= self->inside;
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
  gsize queued = self->outbound.length;
  gsize given;

  self->due = FALSE;
  self->net.full &= (net & ~G_IO_IN) == 0;
  self->strophe.full &= (strophe & ~G_IO_IN) == 0;
  if ((net != 0 && (self->net.wanted & G_IO_IN) != 0) || self->inside)
    read_network (self);
  if (strophe != 0 && (self->strophe.wanted & G_IO_IN) != 0)
    read_strophe (self);
  write_what_may_go (self);
  if (queued > 0 && self->outbound.length == 0)
    self->callbacks.emptied (self->user_data);
  given = self->given;
  self->given = 0;
  if (given > 0)
    self->callbacks.given (given, self->user_data);
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
ismb_pump_new (GIOStream *stream, int fd, const IsmbPumpPlan *plan,
               const IsmbPumpCallbacks *callbacks, gpointer user_data)
{
  static const IsmbTagScanner limits = { ELEMENT_MAX_BEFORE, TAGS_MAX, DEPTH_MAX };
  IsmbPump *self = g_new0 (IsmbPump, 1);

  self->stream = g_object_ref (stream);
  self->input = G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (stream));
  self->output = G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (stream));
  self->net.fd = find_fd (stream);
  self->strophe.fd = fd;
  self->callbacks = *callbacks;
  self->user_data = user_data;
  self->in_scanner = self->out_scanner = limits;
  self->sign_in = ismb_sign_in_new (plan->password, plan->secret, plan->resume);
  self->due = self->inside = G_IS_TLS_CONNECTION (stream);
  attach (self);
  want_what_is_due (self);
  return self;
}

const char *
ismb_pump_get_auth_failure (IsmbPump *self)
{
  return ismb_sign_in_get_failure (self->sign_in);
}

gboolean
ismb_pump_has_given_up (IsmbPump *self)
{
  return self->given_up && ismb_sign_in_was_offered (self->sign_in);
}

const IsmbSession *
ismb_pump_get_session (IsmbPump *self)
{
  return ismb_sign_in_get_session (self->sign_in);
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
  if (!self->bound || self->net.ended)
    return;
  ismb_byte_queue_append (&self->outbound, xml, length);
  self->out_passed = self->outbound.length;
  self->due = TRUE;
}

void
ismb_pump_flush (IsmbPump *self)
{
  if (self->out_passed == 0 || self->net.full)
    return;
  self->due = FALSE;
  write_what_may_go (self);
}

void
ismb_pump_note_unread (IsmbPump *self, gsize bytes)
{
  self->unread = bytes;
}

gsize
ismb_pump_get_queued (IsmbPump *self)
{
  return self->outbound.length;
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
  if (!self->net.ended && self->bound)
    {
      read_strophe (self); /* </stream:stream> */
      write_to_network (self);
    }
  close_network (self);
  close (self->strophe.fd);
  g_object_unref (self->stream);
  ismb_byte_queue_clear (&self->inbound);
  ismb_byte_queue_clear (&self->outbound);
  ismb_sign_in_free (self->sign_in);
  g_clear_error (&self->error);
  g_free (self);
}
