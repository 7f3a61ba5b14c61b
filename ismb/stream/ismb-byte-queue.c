/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/stream/ismb-byte-queue.h"

#include <string.h>

#define ROOM_KEPT 8192 /* while empty */

static void
give_back (IsmbByteQueue *self)
{
  if (self->secret && self->memory != NULL)
    explicit_bzero (self->memory, self->room);
  g_free (self->memory);
}

/* For so many bytes behind the others. */
static void
make_room (IsmbByteQueue *self, gsize more)
{
  gsize gone = self->front - self->memory;

  if (gone + self->length + more <= self->room)
    return;
  if (gone < self->room / 2 || self->length + more > self->room)
    {
      gsize room = MAX (2 * self->room, self->length + more);
      char *memory = g_malloc (room);

      if (self->length > 0)
        memcpy (memory, self->front, self->length);
      give_back (self);
      self->memory = memory;
      self->room = room;
    }
  else
    memmove (self->memory, self->front, self->length);
  self->front = self->memory;
}

void
ismb_byte_queue_append (IsmbByteQueue *self, const char *bytes, gsize length)
{
  if (length == 0)
    return;
  make_room (self, length);
  memcpy (self->front + self->length, bytes, length);
  self->length += length;
}

void
ismb_byte_queue_consume (IsmbByteQueue *self, gsize length)
{
  if (length == 0)
    return;
  self->front += length;
  self->length -= length;
  if (self->length > 0)
    return;
  self->front = self->memory;
  if (self->room > ROOM_KEPT)
    ismb_byte_queue_clear (self);
}

gsize
ismb_byte_queue_replace (IsmbByteQueue *self, gsize from, gsize to, const char *bytes,
                         gsize length)
{
  gsize end = from + length;

  if (end > to)
    make_room (self, end - to);
  if (to < self->length)
    memmove (self->front + end, self->front + to, self->length - to);
  if (length > 0)
    memcpy (self->front + from, bytes, length);
  self->length = self->length - to + end;
  return end;
}

void
ismb_byte_queue_clear (IsmbByteQueue *self)
{
  give_back (self);
  *self = (IsmbByteQueue){ .secret = self->secret };
}
