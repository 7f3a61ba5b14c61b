/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-backlog.h"

typedef struct
{
  IsmbFrame *frame;
  gint64 since;
} Entry;

/* Small ones are not free. */
static gsize
cost_of (const IsmbFrame *frame)
{
  return frame->length + sizeof (IsmbFrame) + sizeof (Entry) + sizeof (GList);
}

gboolean
ismb_backlog_push (IsmbBacklog *self, IsmbFrame *frame, gsize limit)
{
  Entry *entry;

  if (self->bytes + cost_of (frame) > limit)
    return FALSE;
  entry = g_new (Entry, 1);
  *entry = (Entry) { ismb_frame_ref (frame), g_get_monotonic_time () };
  g_queue_push_tail (&self->entries, entry);
  self->bytes += cost_of (frame);
  return TRUE;
}

IsmbFrame *
ismb_backlog_pop (IsmbBacklog *self)
{
  g_autofree Entry *entry = g_queue_pop_head (&self->entries);

  if (entry == NULL)
    return NULL;
  self->bytes -= cost_of (entry->frame);
  return entry->frame;
}

gint64
ismb_backlog_get_since (const IsmbBacklog *self)
{
  return self->entries.head != NULL ? ((Entry *) self->entries.head->data)->since : 0;
}

gboolean
ismb_backlog_is_empty (const IsmbBacklog *self)
{
  return self->entries.head == NULL;
}

static void
move (IsmbBacklog *from, IsmbBacklog *to, GList *link)
{
  gsize cost = cost_of (((Entry *) link->data)->frame);

  g_queue_unlink (&from->entries, link);
  g_queue_push_tail_link (&to->entries, link);
  from->bytes -= cost;
  to->bytes += cost;
}

IsmbBacklog
ismb_backlog_take (IsmbBacklog *self, gboolean (*wanted) (const IsmbFrame *frame))
{
  IsmbBacklog taken = { .bytes = 0 };
  GList *next;

  for (GList *each = self->entries.head; each != NULL; each = next)
    {
      next = each->next;
      if (wanted == NULL || wanted (((Entry *) each->data)->frame))
        move (self, &taken, each);
    }
  return taken;
}

void
ismb_backlog_append (IsmbBacklog *self, IsmbBacklog *other)
{
  while (other->entries.head != NULL)
    move (other, self, other->entries.head);
}

void
ismb_backlog_clear (IsmbBacklog *self)
{
  IsmbFrame *frame;

  while ((frame = ismb_backlog_pop (self)) != NULL)
    ismb_frame_unref (frame);
}
