/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/plugins/ismb-writings.h"

typedef struct
{
  GTask *task;
  GBytes *bytes;
  gsize offset;
  guint under_way;
} Writing;

static void
writing_free (gpointer data)
{
  Writing *writing = data;

  g_object_unref (writing->task);
  g_bytes_unref (writing->bytes);
  g_free (writing);
}

void
ismb_writings_add (IsmbWritings *self, GTask *task, GBytes *bytes)
{
  Writing *writing = g_new0 (Writing, 1);

  writing->task = task;
  writing->bytes = g_bytes_ref (bytes);
  g_queue_push_tail (&self->queue, writing);
}

static gboolean
is_sent (const Writing *writing)
{
  return writing->offset == g_bytes_get_size (writing->bytes);
}

static Writing *
find_unsent (IsmbWritings *self)
{
  GList *link = self->queue.head;

  while (link != NULL && is_sent (link->data))
    link = link->next;
  return link != NULL ? link->data : NULL;
}

gboolean
ismb_writings_next (IsmbWritings *self, gsize max, const guchar **block, gsize *length)
{
  Writing *writing = find_unsent (self);

  if (writing == NULL)
    return FALSE;
  *block = (const guchar *) g_bytes_get_data (writing->bytes, NULL) + writing->offset;
  *length = MIN (max, g_bytes_get_size (writing->bytes) - writing->offset);
  writing->offset += *length;
  writing->under_way++;
  self->under_way++;
  return TRUE;
}

void
ismb_writings_answered (IsmbWritings *self)
{
  Writing *first = g_queue_peek_head (&self->queue);

  self->under_way--;
  first->under_way--;
  if (first->under_way > 0 || !is_sent (first))
    return;
  g_queue_pop_head (&self->queue);
  g_task_return_boolean (first->task, TRUE);
  writing_free (first);
}

gboolean
ismb_writings_is_empty (IsmbWritings *self)
{
  return g_queue_is_empty (&self->queue);
}

void
ismb_writings_fail (IsmbWritings *self, const GError *error)
{
  Writing *writing;

  while ((writing = g_queue_pop_head (&self->queue)) != NULL)
    {
      g_task_return_error (writing->task, g_error_copy (error));
      writing_free (writing);
    }
}

void
ismb_writings_clear (IsmbWritings *self)
{
  g_queue_clear_full (&self->queue, writing_free);
}
