/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/net/ismb-tls.h"
#include "ismb/stream/ismb-write-queue.h"

G_BEGIN_DECLS

/* A non-blocking socket, the TLS on it, and the frames that wait to be written. It knows which
 * event each direction waits for, and what the kernel says went wrong. Lives in its owner's struct. */
typedef struct
{
  int fd;
  IsmbTls *tls; /* NULL while in the clear */
  IsmbWriteQueue queue;
  guint32 read_event, write_event; /* of epoll, before it moves on */
} IsmbWire;

/* Takes `fd`. */
void     ismb_wire_init         (IsmbWire *wire, int fd);
void     ismb_wire_close        (IsmbWire *wire);
/* Of a socket that was connecting: did it? */
gboolean ismb_wire_is_connected (IsmbWire *wire, GError **error);
/* Bytes; 0 at the end of the file; -1 with no error set: none now. */
gssize   ismb_wire_read         (IsmbWire *wire, char *buffer, gsize size, GError **error);
/* What waits, as much as the socket takes. `buffer` is for small frames that go as one record. */
gboolean ismb_wire_write        (IsmbWire *wire, char *buffer, gsize size, GError **error);
/* TRUE when done; FALSE with no error: wait for read_event. */
gboolean ismb_wire_handshake    (IsmbWire *wire, GError **error);
/* Says that no more will be written. */
void     ismb_wire_shut         (IsmbWire *wire);
/* See ismb_stream_set_patience (). */
void     ismb_wire_set_patience (IsmbWire *wire, guint milliseconds);

G_END_DECLS
