/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/support/ismb-test-door.h"

#include <string.h>
#include <sys/socket.h>

struct _IsmbTestDoor
{
  const char *certificate_file, *key_file;
  GCancellable *cancellable;
  GSocket *listening; /* NULL: it is shut */
  guint16 port;
  GSocketConnection *connection; /* NULL: nobody is there */
  GIOStream *stream;             /* the connection, or TLS on it */
  IsmbTestStream *heard;
  guint count;
};

static void
listen_on (IsmbTestDoor *self, guint16 port)
{
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string ("127.0.0.1", port);
  g_autoptr (GSocketAddress) bound = NULL;
  g_autoptr (GError) error = NULL;

  self->listening = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, 0, &error);
  g_assert_no_error (error);
  g_socket_bind (self->listening, address, TRUE, &error);
  g_assert_no_error (error);
  g_socket_listen (self->listening, &error);
  g_assert_no_error (error);
  bound = g_socket_get_local_address (self->listening, NULL);
  self->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
}

static gboolean
need_somebody (IsmbTestDoor *self)
{
  g_autoptr (GSocket) socket = NULL;

  if (self->connection != NULL)
    return TRUE;
  g_assert_nonnull (self->listening);
  socket = g_socket_accept (self->listening, self->cancellable, NULL);
  if (socket == NULL)
    return FALSE;
  self->connection = g_socket_connection_factory_create_connection (socket);
  self->stream = g_object_ref (G_IO_STREAM (self->connection));
  self->heard = ismb_test_stream_new ();
  g_atomic_int_inc (&self->count);
  return TRUE;
}

static void
let_go (IsmbTestDoor *self)
{
  if (self->connection != NULL)
    g_socket_close (g_socket_connection_get_socket (self->connection), NULL);
  g_clear_object (&self->stream);
  g_clear_object (&self->connection);
  g_clear_pointer (&self->heard, ismb_test_stream_free);
}

IsmbTestDoor *
ismb_test_door_new (const char *certificate_file, const char *key_file, GCancellable *cancellable)
{
  IsmbTestDoor *self = g_new0 (IsmbTestDoor, 1);

  self->certificate_file = g_intern_string (certificate_file);
  self->key_file = g_intern_string (key_file);
  self->cancellable = g_object_ref (cancellable);
  listen_on (self, 0);
  return self;
}

void
ismb_test_door_free (IsmbTestDoor *self)
{
  let_go (self);
  g_clear_object (&self->listening);
  g_object_unref (self->cancellable);
  g_free (self);
}

guint16
ismb_test_door_get_port (IsmbTestDoor *self)
{
  return self->port;
}

guint
ismb_test_door_count (IsmbTestDoor *self)
{
  return g_atomic_int_get (&self->count);
}

void
ismb_test_door_set_open (IsmbTestDoor *self, gboolean open)
{
  if (open == (self->listening != NULL))
    return;
  if (open)
    listen_on (self, self->port);
  else
    g_socket_close (self->listening, NULL);
  if (!open)
    g_clear_object (&self->listening);
}

gboolean
ismb_test_door_say (IsmbTestDoor *self, const char *text)
{
  return need_somebody (self) &&
         g_output_stream_write_all (g_io_stream_get_output_stream (self->stream), text,
                                    strlen (text), NULL, self->cancellable, NULL);
}

static gssize
read_some (IsmbTestDoor *self, char *bytes, gsize size)
{
  return g_input_stream_read (g_io_stream_get_input_stream (self->stream), bytes, size,
                              self->cancellable, NULL);
}

gboolean
ismb_test_door_hear (IsmbTestDoor *self, IsmbTestStreamEvent *event, IsmbTestElement **element)
{
  char bytes[4096];
  gssize count;

  if (!need_somebody (self))
    return FALSE;
  while ((*event = ismb_test_stream_next (self->heard, element)) == ISMB_TEST_STREAM_NOTHING)
    {
      count = read_some (self, bytes, sizeof bytes);
      if (count <= 0)
        return FALSE;
      ismb_test_stream_put (self->heard, bytes, count);
    }
  return TRUE;
}

void
ismb_test_door_restart (IsmbTestDoor *self)
{
  if (self->heard == NULL)
    return;
  ismb_test_stream_free (self->heard);
  self->heard = ismb_test_stream_new ();
}

gboolean
ismb_test_door_start_tls (IsmbTestDoor *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GTlsCertificate) certificate =
      g_tls_certificate_new_from_files (self->certificate_file, self->key_file, &error);
  GIOStream *tls;

  g_assert_no_error (error);
  if (!need_somebody (self))
    return FALSE;
  tls = g_tls_server_connection_new (self->stream, certificate, &error);
  g_assert_no_error (error);
  g_object_unref (self->stream);
  self->stream = tls;
  g_tls_connection_set_require_close_notify (G_TLS_CONNECTION (tls), FALSE);
  return g_tls_connection_handshake (G_TLS_CONNECTION (tls), self->cancellable, NULL);
}

gboolean
ismb_test_door_drain (IsmbTestDoor *self)
{
  char bytes[4096];

  if (!need_somebody (self))
    return FALSE;
  while (read_some (self, bytes, sizeof bytes) > 0)
    ;
  let_go (self);
  return !g_cancellable_is_cancelled (self->cancellable);
}

/* With bytes in it that nobody read, closing would be a reset. */
gboolean
ismb_test_door_cut (IsmbTestDoor *self)
{
  if (!need_somebody (self))
    return FALSE;
  g_socket_shutdown (g_socket_connection_get_socket (self->connection), FALSE, TRUE, NULL);
  return ismb_test_door_drain (self);
}

gboolean
ismb_test_door_reset (IsmbTestDoor *self)
{
  struct linger at_once = { 1, 0 };

  if (!need_somebody (self))
    return FALSE;
  setsockopt (g_socket_get_fd (g_socket_connection_get_socket (self->connection)), SOL_SOCKET,
              SO_LINGER, &at_once, sizeof at_once);
  let_go (self);
  return TRUE;
}
