/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "byte-relay.h"

#include <glib-unix.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

struct _ByteRelay
{
  GMainContext *loop;
  guint16 target, port;
  int listening;
  GSource *accepting;
  GPtrArray *wires; /* of Wire, owned */
  guint limit, cuts;
};

typedef struct
{
  ByteRelay *relay;
  int ends[2];
  GSource *sources[2];
  guint left; /* bytes; G_MAXUINT: without end */
} Wire;

static void
wire_free (gpointer data)
{
  Wire *self = data;

  for (guint i = 0; i < 2; i++)
    {
      g_source_destroy (self->sources[i]);
      g_source_unref (self->sources[i]);
      close (self->ends[i]);
    }
  g_free (self);
}

/* Some ends say that they are gone in order, and some do not. */
static void
reset_some (Wire *self)
{
  struct linger at_once = { 1, 0 };

  for (guint i = 0; i < 2; i++)
    if (g_test_rand_int_range (0, 2) == 0)
      setsockopt (self->ends[i], SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

static gboolean
write_all (int fd, const char *bytes, gsize length)
{
  while (length > 0)
    {
      gssize n = send (fd, bytes, length, MSG_NOSIGNAL);

      if (n <= 0)
        return FALSE;
      bytes += n;
      length -= n;
    }
  return TRUE;
}

static gboolean
on_bytes (int fd, GIOCondition condition, gpointer user_data)
{
  Wire *self = user_data;
  ByteRelay *relay = self->relay;
  char buffer[4096];
  gssize n = recv (fd, buffer, MIN (sizeof buffer, self->left), MSG_DONTWAIT);

  if (n > 0 && self->left != G_MAXUINT)
    self->left -= n;
  if (n > 0 && write_all (fd == self->ends[0] ? self->ends[1] : self->ends[0], buffer, n)
      && self->left > 0)
    return G_SOURCE_CONTINUE;
  if (self->left == 0)
    {
      relay->cuts++;
      reset_some (self);
    }
  g_ptr_array_remove_fast (relay->wires, self);
  return G_SOURCE_REMOVE;
}

static int
connect_to (guint16 port)
{
  struct sockaddr_in address = { .sin_family = AF_INET,
                                 .sin_port = g_htons (port),
                                 .sin_addr.s_addr = g_htonl (INADDR_LOOPBACK) };
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (connect (fd, (struct sockaddr *) &address, sizeof address) == 0)
    return fd;
  close (fd);
  return -1;
}

static gboolean
on_connection (int fd, GIOCondition condition, gpointer user_data)
{
  ByteRelay *self = user_data;
  int there = connect_to (self->target), here = accept4 (fd, NULL, NULL, SOCK_CLOEXEC);
  Wire *wire;

  g_assert_cmpint (here, >=, 0);
  if (there < 0)
    {
      close (here);
      return G_SOURCE_CONTINUE;
    }
  wire = g_new0 (Wire, 1);
  *wire = (Wire) { .relay = self, .ends = { here, there }, .left = G_MAXUINT };
  if (self->limit > 0)
    wire->left = g_test_rand_int_range (1, self->limit);
  for (guint i = 0; i < 2; i++)
    {
      wire->sources[i] = g_unix_fd_source_new (wire->ends[i], G_IO_IN);
      g_source_set_callback (wire->sources[i], G_SOURCE_FUNC (on_bytes), wire, NULL);
      g_source_attach (wire->sources[i], self->loop);
    }
  g_ptr_array_add (self->wires, wire);
  return G_SOURCE_CONTINUE;
}

ByteRelay *
byte_relay_new (GMainContext *loop, guint16 target)
{
  ByteRelay *self = g_new0 (ByteRelay, 1);
  struct sockaddr_in address = { .sin_family = AF_INET,
                                 .sin_addr.s_addr = g_htonl (INADDR_LOOPBACK) };
  socklen_t length = sizeof address;

  self->loop = g_main_context_ref (loop);
  self->target = target;
  self->wires = g_ptr_array_new_with_free_func (wire_free);
  self->listening = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (bind (self->listening, (struct sockaddr *) &address, length), ==, 0);
  g_assert_cmpint (listen (self->listening, 16), ==, 0);
  getsockname (self->listening, (struct sockaddr *) &address, &length);
  self->port = g_ntohs (address.sin_port);
  self->accepting = g_unix_fd_source_new (self->listening, G_IO_IN);
  g_source_set_callback (self->accepting, G_SOURCE_FUNC (on_connection), self, NULL);
  g_source_attach (self->accepting, loop);
  return self;
}

void
byte_relay_free (ByteRelay *self)
{
  g_source_destroy (self->accepting);
  g_source_unref (self->accepting);
  close (self->listening);
  g_ptr_array_unref (self->wires);
  g_main_context_unref (self->loop);
  g_free (self);
}

guint16
byte_relay_get_port (ByteRelay *self)
{
  return self->port;
}

void
byte_relay_set_limit (ByteRelay *self, guint bytes)
{
  self->limit = bytes;
}

void
byte_relay_cut (ByteRelay *self)
{
  g_ptr_array_set_size (self->wires, 0);
}

guint
byte_relay_count_open (ByteRelay *self)
{
  return self->wires->len;
}

guint
byte_relay_count_cuts (ByteRelay *self)
{
  return self->cuts;
}
