/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.stream.wire"
#include "config.h"
#include "ismb/stream/ismb-wire.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ismb/core/ismb-error.h"

#define TLS_HANDSHAKE_RECORD 0x16

static void
set_error (GError **error, const char *deed, int code)
{
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_STREAM, "cannot %s: %s", deed, g_strerror (code));
}

void
ismb_wire_begin (IsmbWire *wire, gboolean detect)
{
  if (wire->outgoing)
    wire->state = ISMB_WIRE_CONNECTING;
  else
    wire->state = detect ? ISMB_WIRE_DETECTING : ISMB_WIRE_UP;
  wire->read_event = wire->state == ISMB_WIRE_CONNECTING ? EPOLLOUT : EPOLLIN;
  wire->write_event = EPOLLOUT;
}

void
ismb_wire_close (IsmbWire *wire)
{
  g_clear_pointer (&wire->tls, ismb_tls_free);
  close (wire->fd);
  wire->fd = -1;
}

void
ismb_wire_clear (IsmbWire *wire)
{
  ismb_write_queue_clear (&wire->queue);
  g_clear_pointer (&wire->context, ismb_tls_context_unref);
  g_clear_pointer (&wire->alpn, g_strfreev);
  g_clear_pointer (&wire->server_name, g_free);
}

GPtrArray *
ismb_wire_take_unsent (IsmbWire *wire)
{
  gsize begun = MAX (wire->record, wire->queue.offset > 0 ? 1 : 0);
  g_autoptr (GPtrArray) unsent = NULL;
  if (wire->queue.count == 0)
    return NULL;
  unsent = g_ptr_array_new_with_free_func ((GDestroyNotify) ismb_frame_unref);
  ismb_write_queue_take (&wire->queue, wire->fd >= 0 ? begun : 0, unsent);
  return unsent->len > 0 ? g_steal_pointer (&unsent) : NULL;
}

static gboolean
come_up (IsmbWire *wire)
{
  wire->state = ISMB_WIRE_UP;
  wire->read_event = EPOLLIN;
  wire->write_event = EPOLLOUT;
  return TRUE;
}

static gboolean
shake_hands (IsmbWire *wire, GError **error)
{
  return ismb_tls_handshake (wire->tls, &wire->read_event, error) && come_up (wire);
}

gboolean
ismb_wire_start_tls (IsmbWire *wire, GError **error)
{
  if (wire->context == NULL)
    {
      g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_STREAM,
                           "TLS was asked for where there is none");
      return FALSE;
    }
  wire->state = ISMB_WIRE_HANDSHAKE;
  wire->tls = ismb_tls_new (wire->context, wire->fd, !wire->outgoing,
                            (const char *const *) wire->alpn, wire->server_name, error);
  wire->read_event = EPOLLIN;
  return wire->tls != NULL && wire->outgoing && shake_hands (wire, error);
}

static gboolean
finish_connecting (IsmbWire *wire, GError **error)
{
  int code = 0;
  socklen_t size = sizeof code;
  getsockopt (wire->fd, SOL_SOCKET, SO_ERROR, &code, &size);
  if (code == 0)
    return wire->direct_tls ? ismb_wire_start_tls (wire, error) : come_up (wire);
  set_error (error, "connect", code);
  return FALSE;
}

static gboolean
detect (IsmbWire *wire, GError **error)
{
  guint8 first;
  gssize n = recv (wire->fd, &first, 1, MSG_PEEK);
  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return FALSE;
  if (n != 1 || first != TLS_HANDSHAKE_RECORD)
    return come_up (wire);
  ismb_wire_start_tls (wire, error);
  return wire->tls != NULL && shake_hands (wire, error);
}

gboolean
ismb_wire_rise (IsmbWire *wire, GError **error)
{
  switch (wire->state)
    {
    case ISMB_WIRE_CONNECTING:
      return finish_connecting (wire, error);
    case ISMB_WIRE_DETECTING:
      return detect (wire, error);
    case ISMB_WIRE_HANDSHAKE:
      return shake_hands (wire, error);
    default:
      return TRUE;
    }
}

gssize
ismb_wire_read (IsmbWire *wire, char *buffer, gsize size, GError **error)
{
  gssize n;
  if (wire->tls != NULL)
    return ismb_tls_read (wire->tls, buffer, size, &wire->read_event, error);
  n = recv (wire->fd, buffer, size, 0);
  if (n < 0 && errno != EAGAIN && errno != EINTR)
    set_error (error, "read from the stream", errno);
  return n;
}

/* Both of these return what moved, 0 when the socket takes no more now, -1 after a failure. */
static gssize
write_clear (IsmbWire *wire, GError **error)
{
  struct iovec vectors[64];
  struct msghdr message = { .msg_iov = vectors };
  gssize n;
  message.msg_iovlen = ismb_write_queue_vectors (&wire->queue, vectors, G_N_ELEMENTS (vectors));
  do
    n = sendmsg (wire->fd, &message, MSG_NOSIGNAL);
  while (n < 0 && errno == EINTR);
  if (n > 0)
    return n;
  if (errno == EAGAIN)
    {
      wire->write_event = EPOLLOUT;
      return 0;
    }
  set_error (error, "write to the stream", errno);
  return -1;
}

static gssize
write_tls (IsmbWire *wire, char *buffer, gsize size, GError **error)
{
  g_autoptr (GError) failure = NULL;
  const char *piece;
  gsize length = ismb_write_queue_piece (&wire->queue, buffer, size, &piece);
  gssize n = ismb_tls_write (wire->tls, piece, length, &wire->write_event, &failure);
  wire->record = n < 0 ? MAX (wire->record, length) : 0;
  if (failure == NULL)
    return MAX (n, 0);
  g_propagate_error (error, g_steal_pointer (&failure));
  return -1;
}

gboolean
ismb_wire_write (IsmbWire *wire, char *buffer, gsize size, GError **error)
{
  gssize n = 1;
  while (n > 0 && wire->queue.bytes > 0)
    {
      n = wire->tls != NULL ? write_tls (wire, buffer, size, error) : write_clear (wire, error);
      if (n > 0)
        ismb_write_queue_consume (&wire->queue, n);
    }
  return n >= 0;
}

void
ismb_wire_shut (IsmbWire *wire)
{
  if (wire->tls != NULL)
    ismb_tls_bye (wire->tls);
  shutdown (wire->fd, SHUT_WR);
}
