/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.stream.pump"

#include "config.h"
#include "ismb/stream/ismb-pump.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ismb/core/ismb-error.h"
#include "ismb/stream/ismb-sign-in.h"
#include "ismb/stream/ismb-tag-scanner.h"

#define READ_SIZE 16384
#define HIGH_WATER (256 * 1024)     /* bytes that wait for the other side; then reading stops */
#define ELEMENT_MAX (16 * 1024 * 1024)
#define ELEMENT_MAX_BEFORE (64 * 1024)
#define DEPTH_MAX 128
#define TAGS_MAX 200000
#define STROPHE_READ 4096           /* libstrophe reads so many bytes at a time */

struct _IsmbPump
{
  GIOStream *stream;
  GPollableInputStream *input;
  GPollableOutputStream *output;
  int fd;
  IsmbPumpCallbacks callbacks;
  gpointer user_data;
  GMainContext *context;
  GSource *net_in, *net_out, *fd_in, *fd_out;

  GByteArray *inbound;
  gsize scanned;       /* of inbound: looked at */
  gsize passed;        /* of inbound: may go on */
  gboolean torn;       /* a write to libstrophe ended inside a tag */
  GByteArray *outbound;
  gsize out_scanned, out_passed;
  gboolean in_large, out_large;

  IsmbTagScanner in_scanner, out_scanner;
  IsmbSignIn *sign_in;
  gboolean bound;      /* the sign-in has nothing more to see */
  gboolean net_ended;
  GError *error;       /* of the network */
};

static void pump_in (IsmbPump *self);
static void pump_out (IsmbPump *self);

static void
clear_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
want_source (IsmbPump *self, GSource **slot, gboolean wanted, GSource *(*make) (IsmbPump *self))
{
  if (!wanted)
    clear_source (slot);
  else if (*slot == NULL)
    {
      *slot = make (self);
      g_source_attach (*slot, self->context);
    }
}

/* The end, from the network's side */

/* What came is delivered first; then libstrophe reads the end. */
static void
end_network (IsmbPump *self, GError *error)
{
  if (self->net_ended)
    {
      g_clear_error (&error);
      return;
    }
  self->net_ended = TRUE;
  self->error = error;
  clear_source (&self->net_in);
  clear_source (&self->net_out);
  self->out_passed = 0;
}

/* Nothing more, in either direction: the server is not who it should be, or breaks the rules. */
static void
cut (IsmbPump *self, GError *error)
{
  end_network (self, error);
  g_byte_array_set_size (self->inbound, 0);
  g_byte_array_set_size (self->outbound, 0);
  self->scanned = self->passed = self->out_scanned = self->out_passed = 0;
}

static void
finish_if_delivered (IsmbPump *self)
{
  if (!self->net_ended || self->passed > 0)
    return;
  clear_source (&self->fd_in);
  clear_source (&self->fd_out);
  shutdown (self->fd, SHUT_WR);
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
      self->out_passed = self->outbound->len;
      self->in_scanner.bytes_max = ELEMENT_MAX;
    }
}

/* Puts a text where other bytes were; secrets among it are wiped. Returns where it ends. */
static gsize
replace (GByteArray *bytes, gsize from, gsize to, GString *text)
{
  gsize rest = bytes->len - to;

  if (text->len > to - from)
    g_byte_array_set_size (bytes, from + text->len + rest);
  memmove (bytes->data + from + text->len, bytes->data + to, rest);
  memcpy (bytes->data + from, text->str, text->len);
  g_byte_array_set_size (bytes, from + text->len + rest);
  explicit_bzero (text->str, text->len);
  return from + text->len;
}

/* What goes to the server goes before what libstrophe has not yet written to its end. */
static void
put_outbound (IsmbPump *self, gsize until, GString *text)
{
  gsize end = replace (self->outbound, self->out_passed, until, text);

  self->out_scanned = MAX (self->out_scanned, until) - until + end;
  self->out_passed = end;
}

static gboolean
show_what_came (IsmbPump *self, IsmbScan scan)
{
  g_autoptr (GString) inward = g_string_new (NULL), outward = g_string_new (NULL);
  GError *error = NULL;
  IsmbSignInVerdict verdict = ismb_sign_in_came (
      self->sign_in, scan, (const char *) self->inbound->data + self->passed,
      self->scanned - self->passed, inward, outward, &error);

  self->passed = self->scanned = replace (self->inbound, self->passed, self->scanned, inward);
  put_outbound (self, self->out_passed, outward);
  heed (self, verdict, error);
  return verdict != ISMB_SIGN_IN_REFUSED;
}

static gboolean
show_what_left (IsmbPump *self, IsmbScan scan)
{
  g_autoptr (GString) outward = g_string_new (NULL);
  GError *error = NULL;
  IsmbSignInVerdict verdict = ismb_sign_in_sent (
      self->sign_in, scan, (const char *) self->outbound->data + self->out_passed,
      self->out_scanned - self->out_passed, outward, &error);

  put_outbound (self, self->out_scanned, outward);
  heed (self, verdict, error);
  return verdict != ISMB_SIGN_IN_REFUSED;
}

/* Drops what was handed on, and once all is, the memory of a large stanza. */
static void
drop (GByteArray **bytes, gsize done, gboolean *large)
{
  *large |= (*bytes)->len > HIGH_WATER;
  if (done < (*bytes)->len || !*large)
    {
      g_byte_array_remove_range (*bytes, 0, done);
      return;
    }
  g_byte_array_unref (*bytes);
  *bytes = g_byte_array_new ();
  *large = FALSE;
}

/* Inwards */

/* libstrophe's expat (2.5 with deferral) does not look again at a torn tag until its bytes have
 * doubled. It is torn where a write was cut short, or where the tag is longer than a read: then
 * space behind the stanza makes up the length. */
static void
pad (IsmbPump *self)
{
  g_autofree char *space = NULL;
  gsize length = self->in_scanner.longest_tag;

  if (!self->torn && length <= STROPHE_READ)
    return;
  space = g_malloc (length);
  memset (space, ' ', length);
  /* Behind what passed and before the rest; it is looked at already. */
  if (self->passed == self->inbound->len)
    g_byte_array_append (self->inbound, (guint8 *) space, length);
  else
    {
      gsize rest = self->inbound->len - self->passed;

      g_byte_array_set_size (self->inbound, self->inbound->len + length);
      memmove (self->inbound->data + self->passed + length, self->inbound->data + self->passed,
               rest);
      memcpy (self->inbound->data + self->passed, space, length);
    }
  self->scanned += length;
  self->passed += length;
  self->torn = FALSE;
  self->in_scanner.longest_tag = 0;
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
  if (!self->bound && scan == ISMB_SCAN_TAG)
    return TRUE;
  if (!self->bound && !show_what_came (self, scan))
    return FALSE;
  self->passed = self->scanned;
  if (scan == ISMB_SCAN_ELEMENT)
    pad (self);
  return TRUE;
}

static void
scan_inbound (IsmbPump *self)
{
  while (self->scanned < self->inbound->len)
    {
      gsize seen = 0;
      IsmbScan scan =
          ismb_tag_scanner_next (&self->in_scanner, (char *) self->inbound->data + self->scanned,
                                 self->inbound->len - self->scanned, &seen);

      self->scanned += seen;
      if (scan != ISMB_SCAN_MORE && !pass_inbound (self, scan))
        return;
    }
}

static gboolean
on_fd_writable (gint fd, GIOCondition condition, gpointer data)
{
  pump_in (data);
  return G_SOURCE_CONTINUE;
}

static GSource *
make_fd_out (IsmbPump *self)
{
  GSource *source = g_unix_fd_source_new (self->fd, G_IO_OUT);

  g_source_set_callback (source, G_SOURCE_FUNC (on_fd_writable), self, NULL);
  return source;
}

static void
write_to_strophe (IsmbPump *self)
{
  gsize done = 0;

  while (done < self->passed)
    {
      gssize count = send (self->fd, self->inbound->data + done, self->passed - done,
                           MSG_NOSIGNAL | MSG_DONTWAIT);

      if (count <= 0)
        break;
      done += count;
    }
  self->torn |= done < self->passed;
  drop (&self->inbound, done, &self->in_large);
  self->passed -= done;
  self->scanned -= done;
}

static gboolean on_net_readable (GObject *stream, gpointer data);

static GSource *
make_net_in (IsmbPump *self)
{
  GSource *source = g_pollable_input_stream_create_source (self->input, NULL);

  g_source_set_callback (source, G_SOURCE_FUNC (on_net_readable), self, NULL);
  return source;
}

/* Hands over what may go, and reads on only if that is not too much. */
static void
pump_in (IsmbPump *self)
{
  if (self->passed > 0)
    write_to_strophe (self);
  want_source (self, &self->fd_out, self->passed > 0, make_fd_out);
  want_source (self, &self->net_in, !self->net_ended && self->passed < HIGH_WATER, make_net_in);
  finish_if_delivered (self);
}

static gboolean
on_net_readable (GObject *stream, gpointer data)
{
  IsmbPump *self = data;
  g_autoptr (GError) error = NULL;
  guint old = self->inbound->len;
  gboolean signing_in = !self->bound;
  gssize count;

  g_byte_array_set_size (self->inbound, old + READ_SIZE);
  count = g_pollable_input_stream_read_nonblocking (self->input, self->inbound->data + old,
                                                    READ_SIZE, NULL, &error);
  g_byte_array_set_size (self->inbound, old + MAX (count, 0));
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return G_SOURCE_CONTINUE;
  if (count > 0)
    scan_inbound (self);
  else
    end_network (self, g_steal_pointer (&error));
  if (signing_in)
    pump_out (self); /* the watch may have spoken */
  pump_in (self);
  return G_SOURCE_CONTINUE;
}

/* Outwards */

static gboolean
pass_outbound (IsmbPump *self)
{
  if (self->bound)
    {
      self->out_passed = self->outbound->len;
      return TRUE;
    }
  while (self->out_scanned < self->outbound->len)
    {
      gsize seen = 0;
      IsmbScan scan = ismb_tag_scanner_next (&self->out_scanner,
                                             (char *) self->outbound->data + self->out_scanned,
                                             self->outbound->len - self->out_scanned, &seen);

      self->out_scanned += seen;
      if (scan != ISMB_SCAN_MORE && scan != ISMB_SCAN_TAG && !show_what_left (self, scan))
        return FALSE;
    }
  return TRUE;
}

static gboolean
on_net_writable (GObject *stream, gpointer data)
{
  pump_out (data);
  return G_SOURCE_CONTINUE;
}

static GSource *
make_net_out (IsmbPump *self)
{
  GSource *source = g_pollable_output_stream_create_source (self->output, NULL);

  g_source_set_callback (source, G_SOURCE_FUNC (on_net_writable), self, NULL);
  return source;
}

static void
write_to_network (IsmbPump *self, GError **error)
{
  gsize done = 0;

  while (done < self->out_passed)
    {
      gssize count = g_pollable_output_stream_write_nonblocking (
          self->output, self->outbound->data + done, self->out_passed - done, NULL, error);
      if (count <= 0)
        break;
      done += count;
    }
  if (!self->bound)
    explicit_bzero (self->outbound->data, done); /* the password may be in it */
  drop (&self->outbound, done, &self->out_large);
  self->out_passed -= done;
  self->out_scanned -= MIN (done, self->out_scanned);
}

static gboolean on_fd_readable (gint fd, GIOCondition condition, gpointer data);

static GSource *
make_fd_in (IsmbPump *self)
{
  GSource *source = g_unix_fd_source_new (self->fd, G_IO_IN);

  g_source_set_callback (source, G_SOURCE_FUNC (on_fd_readable), self, NULL);
  return source;
}

static void
pump_out (IsmbPump *self)
{
  g_autoptr (GError) error = NULL;

  if (self->out_passed > 0)
    write_to_network (self, &error);
  if (error != NULL && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    end_network (self, g_steal_pointer (&error));
  want_source (self, &self->net_out, !self->net_ended && self->out_passed > 0, make_net_out);
  want_source (self, &self->fd_in, !self->net_ended && self->out_passed < HIGH_WATER, make_fd_in);
  finish_if_delivered (self);
}

static gboolean
on_fd_readable (gint fd, GIOCondition condition, gpointer data)
{
  IsmbPump *self = data;
  guint old = self->outbound->len;
  gssize count;

  g_byte_array_set_size (self->outbound, old + READ_SIZE);
  count = recv (self->fd, self->outbound->data + old, READ_SIZE, MSG_DONTWAIT);
  g_byte_array_set_size (self->outbound, old + MAX (count, 0));
  if (count == 0) /* libstrophe is through and will say so itself */
    {
      clear_source (&self->fd_in);
      return G_SOURCE_REMOVE;
    }
  if (count < 0)
    return G_SOURCE_CONTINUE;
  if (pass_outbound (self))
    pump_out (self);
  else
    finish_if_delivered (self);
  self->callbacks.taken (count, self->user_data);
  return G_SOURCE_CONTINUE;
}

const char *
ismb_pump_get_auth_failure (IsmbPump *self)
{
  return ismb_sign_in_get_failure (self->sign_in);
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
  return self->net_ended;
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
  self->fd = fd;
  self->callbacks = *callbacks;
  self->user_data = user_data;
  self->context = g_main_context_ref_thread_default ();
  self->inbound = g_byte_array_new ();
  self->outbound = g_byte_array_new ();
  self->in_scanner = self->out_scanner = limits;
  self->sign_in = ismb_sign_in_new (plan->password, plan->secret, plan->resume);
  pump_in (self);
  pump_out (self);
  return self;
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
  if (G_IS_TLS_CONNECTION (self->stream) && !self->net_ended)
    g_io_stream_close_async (self->stream, G_PRIORITY_DEFAULT, NULL, on_closed, NULL);
  else
    g_io_stream_close (self->stream, NULL, NULL);
}

void
ismb_pump_free (IsmbPump *self)
{
  gssize count;
  char last[512];

  clear_source (&self->net_in);
  clear_source (&self->net_out);
  clear_source (&self->fd_in);
  clear_source (&self->fd_out);
  if (!self->net_ended && self->bound)
    {
      while ((count = recv (self->fd, last, sizeof last, MSG_DONTWAIT)) > 0) /* </stream:stream> */
        g_byte_array_append (self->outbound, (guint8 *) last, count);
      self->out_passed = self->outbound->len;
      write_to_network (self, NULL);
    }
  close_network (self);
  close (self->fd);
  g_object_unref (self->stream);
  g_byte_array_unref (self->inbound);
  g_byte_array_unref (self->outbound);
  ismb_sign_in_free (self->sign_in);
  g_clear_error (&self->error);
  g_main_context_unref (self->context);
  g_free (self);
}
