/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.stream.queue"
#include "config.h"
#include "ismb/stream/ismb-write-queue.h"

#include <string.h>

#define ROOM_KEPT 16 /* an idle stream keeps no more */
#define BIG 2048     /* bytes from which a frame is not copied to be beside others */

static void
make_room (IsmbWriteQueue *queue)
{
  if (queue->first + queue->count < queue->room)
    return;
  if (queue->first > queue->count)
    memmove (queue->frames, queue->frames + queue->first, queue->count * sizeof *queue->frames);
  else
    {
      IsmbFrame **frames = g_new (IsmbFrame *, MAX (4, 2 * queue->count));
      if (queue->count > 0)
        memcpy (frames, queue->frames + queue->first, queue->count * sizeof *frames);
      g_free (queue->frames);
      queue->frames = frames;
      queue->room = MAX (4, 2 * queue->count);
    }
  queue->first = 0;
}

void
ismb_write_queue_push (IsmbWriteQueue *queue, IsmbFrame *frame)
{
  if (frame->length == 0)
    return;
  make_room (queue);
  queue->frames[queue->first + queue->count++] = ismb_frame_ref (frame);
  queue->bytes += frame->length;
}

guint
ismb_write_queue_vectors (IsmbWriteQueue *queue, struct iovec *vectors, guint max)
{
  guint n = MIN (queue->count, max), i;
  for (i = 0; i < n; i++)
    {
      const IsmbFrame *frame = queue->frames[queue->first + i];
      gsize gone = i == 0 ? queue->offset : 0;
      vectors[i].iov_base = (char *) frame->data + gone;
      vectors[i].iov_len = frame->length - gone;
    }
  return n;
}

gsize
ismb_write_queue_piece (IsmbWriteQueue *queue, char *buffer, gsize size, const char **piece)
{
  gsize length = 0, gone = queue->offset;
  guint i;
  for (i = 0; i < queue->count; i++, gone = 0)
    {
      const IsmbFrame *frame = queue->frames[queue->first + i];
      gsize left = frame->length - gone;
      if (i == 0 && (left >= MIN (BIG, size) || queue->count == 1))
        {
          *piece = frame->data + gone;
          return MIN (left, size);
        }
      if (left >= BIG || left > size - length)
        break;
      memcpy (buffer + length, frame->data + gone, left);
      length += left;
    }
  *piece = buffer;
  return length;
}

void
ismb_write_queue_consume (IsmbWriteQueue *queue, gsize bytes)
{
  queue->bytes -= bytes;
  bytes += queue->offset;
  while (queue->count > 0 && bytes >= queue->frames[queue->first]->length)
    {
      bytes -= queue->frames[queue->first]->length;
      ismb_frame_unref (queue->frames[queue->first++]);
      queue->count--;
    }
  queue->offset = bytes;
  if (queue->count > 0)
    return;
  queue->first = 0;
  if (queue->room > ROOM_KEPT)
    {
      g_clear_pointer (&queue->frames, g_free);
      queue->room = 0;
    }
}

void
ismb_write_queue_take (IsmbWriteQueue *queue, gsize kept, GPtrArray *out)
{
  gsize start = 0, waiting;
  guint stay = 0, i;
  for (i = 0; i < queue->count; i++, start += waiting)
    {
      IsmbFrame *frame = queue->frames[queue->first + i];
      waiting = frame->length - (i == 0 ? queue->offset : 0);
      if (start < kept || frame->kind == ISMB_FRAME_OTHER)
        {
          queue->frames[queue->first + stay++] = frame;
          continue;
        }
      if (i == 0)
        queue->offset = 0;
      queue->bytes -= waiting;
      g_ptr_array_add (out, frame);
    }
  queue->count = stay;
}

void
ismb_write_queue_clear (IsmbWriteQueue *queue)
{
  guint i;
  for (i = 0; i < queue->count; i++)
    ismb_frame_unref (queue->frames[queue->first + i]);
  g_free (queue->frames);
  *queue = (IsmbWriteQueue){ 0 };
}
