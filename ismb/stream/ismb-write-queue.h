/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/uio.h>

#include "ismb/stream/ismb-frame.h"

G_BEGIN_DECLS

/* Frames that wait to be written, kept by reference: a frame to many streams is there once. Lives
 * in its owner's struct, zeroed before first use. */
typedef struct
{
  IsmbFrame **frames;
  guint first, count, room; /* `frames` has room for so many; those waiting begin at first */
  gsize offset;             /* bytes of the first that are gone */
  gsize bytes;              /* that wait */
} IsmbWriteQueue;

void  ismb_write_queue_push    (IsmbWriteQueue *queue, IsmbFrame *frame); /* takes a reference */
/* Fills in what waits, from its front; returns how many vectors. */
guint ismb_write_queue_vectors (IsmbWriteQueue *queue, struct iovec *vectors, guint max);
/* The front as one piece of at most `size` bytes: small frames side by side in `buffer`, a big one
 * where it lies. Returns the piece's length. */
gsize ismb_write_queue_piece (IsmbWriteQueue *queue, char *buffer, gsize size, const char **piece);
void  ismb_write_queue_consume (IsmbWriteQueue *queue, gsize bytes);
/* Moves the stanzas to `out`, but for those that begin in the first `kept` of the bytes that
 * wait. */
void  ismb_write_queue_take    (IsmbWriteQueue *queue, gsize kept, GPtrArray *out);
void  ismb_write_queue_clear   (IsmbWriteQueue *queue);

G_END_DECLS
