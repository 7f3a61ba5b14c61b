/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Bytes that go on in the order in which they came, in one piece. Taking some off the front moves
 * nothing; what much needed is given back once it is empty. Lives in its owner's struct, zeroed
 * before first use. */
typedef struct
{
  char *front;  /* of `length` bytes */
  gsize length;
  gboolean secret; /* what it gives back is wiped */
  /*< private >*/
  char *memory;
  gsize room;
} IsmbByteQueue;

void ismb_byte_queue_append  (IsmbByteQueue *self, const char *bytes, gsize length);
/* Takes off the front. */
void ismb_byte_queue_consume (IsmbByteQueue *self, gsize length);
/* Puts other bytes in the place of those from `from` to `to`; returns where they end. */
gsize ismb_byte_queue_replace (IsmbByteQueue *self, gsize from, gsize to, const char *bytes,
                               gsize length);
/* Drops all, and the memory. */
void ismb_byte_queue_clear   (IsmbByteQueue *self);

G_END_DECLS
