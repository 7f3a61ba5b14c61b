/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/net/ismb-tls.h"
#include "ismb/stream/ismb-write-queue.h"

G_BEGIN_DECLS

typedef enum
{
  ISMB_WIRE_CONNECTING, /* TCP */
  ISMB_WIRE_DETECTING,  /* waits for the byte that tells TLS from XML */
  ISMB_WIRE_HANDSHAKE,
  ISMB_WIRE_UP,
} IsmbWireState;

/* A non-blocking socket, the TLS on it, and the frames that wait to be written. It knows how to
 * come up, which event each direction waits for, and what the kernel says went wrong. Lives in its
 * owner's struct. */
typedef struct
{
  int fd;
  IsmbWireState state;
  gboolean outgoing, direct_tls; /* direct: right after TCP */
  IsmbTlsContext *context;       /* or NULL: no TLS */
  char **alpn, *server_name;
  IsmbTls *tls; /* NULL while in the clear */
  IsmbWriteQueue queue;
  gsize record;                    /* bytes of the queue that GnuTLS has and the socket has not */
  guint32 read_event, write_event; /* of epoll, before it moves on */
} IsmbWire;

/* Its first fields are set, and owned: all up to `tls`, but `state`. `detect`: an accepted one may
 * begin with TLS. */
void     ismb_wire_begin        (IsmbWire *wire, gboolean detect);
void     ismb_wire_close        (IsmbWire *wire); /* the socket; what waits stays */
void     ismb_wire_clear        (IsmbWire *wire); /* the rest */
/* The stanzas that wait and of which nothing went out, or, once it is closed, not all; NULL: none.
 * Of IsmbFrame, owned. (transfer full) */
GPtrArray *ismb_wire_take_unsent (IsmbWire *wire);
/* After read_event, until it is up: goes on. TRUE: it is up now; FALSE with no error: not yet. */
gboolean ismb_wire_rise         (IsmbWire *wire, GError **error);
/* The same from now on in TLS. */
gboolean ismb_wire_start_tls    (IsmbWire *wire, GError **error);
/* Bytes; 0 at the end of the file; -1 with no error set: none now. */
gssize   ismb_wire_read         (IsmbWire *wire, char *buffer, gsize size, GError **error);
/* What waits, as much as the socket takes. `buffer` is for small frames that go as one record. */
gboolean ismb_wire_write        (IsmbWire *wire, char *buffer, gsize size, GError **error);
/* Says that no more will be written. */
void     ismb_wire_shut         (IsmbWire *wire);

G_END_DECLS
