/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/support/ismb-test-cutter.h"

#include <glib-unix.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define WITHOUT_END G_MAXUINT

typedef struct _Wire Wire;

/* One way of a wire. Where the bytes cannot go on, no more are read. */
typedef struct
{
  Wire *wire;
  int from, to;
  IsmbTestWay way;
  GSource *source; /* reads, or waits until `to` takes more; NULL: its end was seen */
  GIOCondition awaited;
  char bytes[16384];
  gsize start, end;
} Pipe;

struct _Wire
{
  IsmbTestCutter *cutter;
  int ends[2]; /* the client's, the server's */
  Pipe pipes[2];
  IsmbTestWay way;
  IsmbTestCut how;
  guint left; /* bytes, that way */
  gboolean cut;
};

struct _IsmbTestCutter
{
  GMainContext *context;
  char *here, *there; /* unix */
  guint16 port, server;
  int listening;
  GSource *accepting;
  GPtrArray *wires; /* owned */
  guint limit, next, cuts, connections;
  IsmbTestWay next_way;
  IsmbTestCut how, next_how;
};

/* Pipes */

static void
pipe_drop_source (Pipe *self)
{
  if (self->source != NULL)
    g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
}

static void
wire_free (gpointer data)
{
  Wire *self = data;

  for (guint i = 0; i < 2; i++)
    {
      pipe_drop_source (&self->pipes[i]);
      close (self->ends[i]);
    }
  g_free (self);
}

static void
wire_reset (Wire *self)
{
  struct linger at_once = { 1, 0 };

  for (guint i = 0; i < 2; i++)
    setsockopt (self->ends[i], SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  g_ptr_array_remove_fast (self->cutter->wires, self);
}

static IsmbTestCut
choose (IsmbTestCut how)
{
  if (how != ISMB_TEST_CUT_ANY)
    return how;
  return g_test_rand_int_range (0, 2) == 0 ? ISMB_TEST_CUT_END : ISMB_TEST_CUT_RESET;
}

static gboolean on_ready (int fd, GIOCondition condition, gpointer user_data);

static void
pipe_watch (Pipe *self, GIOCondition condition)
{
  if (self->source != NULL && self->awaited == condition)
    return;
  pipe_drop_source (self);
  self->awaited = condition;
  self->source = g_unix_fd_source_new (condition == G_IO_IN ? self->from : self->to, condition);
  g_source_set_callback (self->source, G_SOURCE_FUNC (on_ready), self, NULL);
  g_source_attach (self->source, self->wire->cutter->context);
}

/* What still comes is read and dropped until both are gone: closing with bytes that nobody read
 * would be a reset. */
static void
wire_end (Wire *self)
{
  for (guint i = 0; i < 2; i++)
    {
      shutdown (self->ends[i], SHUT_WR);
      if (self->pipes[i].source != NULL)
        pipe_watch (&self->pipes[i], G_IO_IN);
    }
}

static void
wire_fall_silent (Wire *self)
{
  for (guint i = 0; i < 2; i++)
    pipe_drop_source (&self->pipes[i]);
}

/* May free it. */
static void
wire_cut (Wire *self, IsmbTestCut how)
{
  how = choose (how);
  self->cut = TRUE;
  if (how == ISMB_TEST_CUT_RESET)
    wire_reset (self);
  else if (how == ISMB_TEST_CUT_END)
    wire_end (self);
  else
    wire_fall_silent (self);
}

static void
wire_use_up (Wire *self)
{
  self->cutter->cuts++;
  wire_cut (self, self->how);
}

/* The other way goes on until its own end. */
static void
pipe_end (Pipe *self)
{
  Wire *wire = self->wire;

  pipe_drop_source (self);
  shutdown (self->to, SHUT_WR);
  if (wire->pipes[0].source == NULL && wire->pipes[1].source == NULL)
    g_ptr_array_remove_fast (wire->cutter->wires, wire);
}

static void
pipe_write (Pipe *self)
{
  gssize count = send (self->to, self->bytes + self->start, self->end - self->start,
                       MSG_NOSIGNAL | MSG_DONTWAIT);

  if (count < 0 && errno != EAGAIN)
    {
      wire_reset (self->wire);
      return;
    }
  self->start += MAX (count, 0);
  if (self->start < self->end)
    pipe_watch (self, G_IO_OUT);
  else if (self->wire->left == 0 && !self->wire->cut)
    wire_use_up (self->wire);
  else
    pipe_watch (self, G_IO_IN);
}

static gboolean
counts (Pipe *self)
{
  return self->wire->left != WITHOUT_END &&
         (self->wire->way == ISMB_TEST_BOTH_WAYS || self->wire->way == self->way);
}

static void
pipe_read (Pipe *self)
{
  gsize size = counts (self) && !self->wire->cut ? MIN (sizeof self->bytes, self->wire->left)
                                                  : sizeof self->bytes;
  gssize count = recv (self->from, self->bytes, size, MSG_DONTWAIT);

  if (count < 0 && errno != EAGAIN)
    wire_reset (self->wire);
  else if (count == 0)
    pipe_end (self);
  else if (count > 0 && !self->wire->cut)
    {
      if (counts (self))
        self->wire->left -= count;
      self->start = 0;
      self->end = count;
      pipe_write (self);
    }
}

static gboolean
on_ready (int fd, GIOCondition condition, gpointer user_data)
{
  Pipe *self = user_data;

  if (self->start < self->end && !self->wire->cut)
    pipe_write (self);
  else
    pipe_read (self);
  return G_SOURCE_CONTINUE; /* unless it was dropped */
}

/* Connections */

static int
make_socket (IsmbTestCutter *self)
{
  return socket (self->here != NULL ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

/* The length of the address. */
static socklen_t
fill_in (IsmbTestCutter *self, const char *path, guint16 port, struct sockaddr_storage *address)
{
  struct sockaddr_un *un = (struct sockaddr_un *) address;
  struct sockaddr_in *in = (struct sockaddr_in *) address;

  memset (address, 0, sizeof *address);
  if (self->here != NULL)
    {
      un->sun_family = AF_UNIX;
      g_strlcpy (un->sun_path, path, sizeof un->sun_path);
      return sizeof *un;
    }
  in->sin_family = AF_INET;
  in->sin_addr.s_addr = g_htonl (INADDR_LOOPBACK);
  in->sin_port = g_htons (port);
  return sizeof *in;
}

static int
connect_there (IsmbTestCutter *self)
{
  struct sockaddr_storage address;
  socklen_t length = fill_in (self, self->there, self->server, &address);
  int fd = make_socket (self);

  if (connect (fd, (struct sockaddr *) &address, length) == 0)
    return fd;
  close (fd);
  return -1;
}

static void
decide (IsmbTestCutter *self, Wire *wire)
{
  wire->left = WITHOUT_END;
  wire->how = self->how;
  if (self->next != WITHOUT_END)
    {
      wire->left = self->next;
      wire->way = self->next_way;
      wire->how = self->next_how;
    }
  else if (self->limit > 0)
    wire->left = g_test_rand_int_range (1, self->limit);
  self->next = WITHOUT_END;
}

static void
add_wire (IsmbTestCutter *self, int here, int there)
{
  Wire *wire = g_new0 (Wire, 1);
  int one = 1;

  *wire = (Wire){ .cutter = self, .ends = { here, there } };
  decide (self, wire);
  g_ptr_array_add (self->wires, wire);
  for (guint i = 0; i < 2; i++)
    {
      setsockopt (wire->ends[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
      wire->pipes[i].wire = wire;
      wire->pipes[i].from = wire->ends[i];
      wire->pipes[i].to = wire->ends[1 - i];
      wire->pipes[i].way = i == 0 ? ISMB_TEST_TO_SERVER : ISMB_TEST_TO_CLIENT;
      pipe_watch (&wire->pipes[i], G_IO_IN);
    }
  if (wire->left == 0)
    wire_use_up (wire);
}

static gboolean
on_connection (int fd, GIOCondition condition, gpointer user_data)
{
  IsmbTestCutter *self = user_data;
  int here = accept4 (fd, NULL, NULL, SOCK_CLOEXEC);
  int there = connect_there (self);

  g_assert_cmpint (here, >=, 0);
  self->connections++;
  if (there >= 0)
    add_wire (self, here, there);
  else
    close (here);
  return G_SOURCE_CONTINUE;
}

static void
listen_here (IsmbTestCutter *self)
{
  struct sockaddr_storage address;
  socklen_t length = fill_in (self, self->here, self->port, &address);
  int one = 1;

  self->listening = make_socket (self);
  setsockopt (self->listening, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  g_assert_cmpint (bind (self->listening, (struct sockaddr *) &address, length), ==, 0);
  g_assert_cmpint (listen (self->listening, 128), ==, 0);
  g_assert_cmpint (getsockname (self->listening, (struct sockaddr *) &address, &length), ==, 0);
  if (self->here == NULL)
    self->port = g_ntohs (((struct sockaddr_in *) &address)->sin_port);
  self->accepting = g_unix_fd_source_new (self->listening, G_IO_IN);
  g_source_set_callback (self->accepting, G_SOURCE_FUNC (on_connection), self, NULL);
  g_source_attach (self->accepting, self->context);
}

static void
stop_listening (IsmbTestCutter *self)
{
  if (self->accepting == NULL)
    return;
  g_source_destroy (self->accepting);
  g_clear_pointer (&self->accepting, g_source_unref);
  close (self->listening);
  if (self->here != NULL)
    g_unlink (self->here);
}

static IsmbTestCutter *
make (GMainContext *context)
{
  IsmbTestCutter *self = g_new0 (IsmbTestCutter, 1);

  self->context = g_main_context_ref (context != NULL ? context : g_main_context_default ());
  self->wires = g_ptr_array_new_with_free_func (wire_free);
  self->next = WITHOUT_END;
  return self;
}

IsmbTestCutter *
ismb_test_cutter_new (GMainContext *context, guint16 server)
{
  IsmbTestCutter *self = make (context);

  self->server = server;
  listen_here (self);
  return self;
}

IsmbTestCutter *
ismb_test_cutter_new_unix (GMainContext *context, const char *here, const char *there)
{
  IsmbTestCutter *self = make (context);

  self->here = g_strdup (here);
  self->there = g_strdup (there);
  listen_here (self);
  return self;
}

void
ismb_test_cutter_free (IsmbTestCutter *self)
{
  stop_listening (self);
  g_ptr_array_unref (self->wires);
  g_main_context_unref (self->context);
  g_free (self->here);
  g_free (self->there);
  g_free (self);
}

guint16
ismb_test_cutter_get_port (IsmbTestCutter *self)
{
  return self->port;
}

void
ismb_test_cutter_set_limit (IsmbTestCutter *self, guint bytes, IsmbTestCut how)
{
  self->limit = bytes;
  self->how = how;
}

void
ismb_test_cutter_set_next (IsmbTestCutter *self, IsmbTestWay way, guint bytes, IsmbTestCut how)
{
  self->next = bytes;
  self->next_way = way;
  self->next_how = how;
}

void
ismb_test_cutter_cut (IsmbTestCutter *self, IsmbTestCut how)
{
  for (guint i = self->wires->len; i > 0; i--)
    {
      Wire *wire = self->wires->pdata[i - 1];

      if (!wire->cut)
        wire_cut (wire, how);
    }
}

void
ismb_test_cutter_set_closed (IsmbTestCutter *self, gboolean closed)
{
  if (closed)
    stop_listening (self);
  else if (self->accepting == NULL)
    listen_here (self);
}

guint
ismb_test_cutter_count_open (IsmbTestCutter *self)
{
  guint open = 0;

  for (guint i = 0; i < self->wires->len; i++)
    open += !((Wire *) self->wires->pdata[i])->cut;
  return open;
}

guint
ismb_test_cutter_count_connections (IsmbTestCutter *self)
{
  return self->connections;
}

guint
ismb_test_cutter_count_cuts (IsmbTestCutter *self)
{
  return self->cuts;
}
