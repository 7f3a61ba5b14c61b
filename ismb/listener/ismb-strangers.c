/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-strangers.h"

#define MOST 10000
#define OLDEST 64 /* among which one is chosen */

GList *
ismb_strangers_add (IsmbStrangers *self, IsmbLink *link)
{
  g_queue_push_tail (&self->links, link);
  return self->links.tail;
}

void
ismb_strangers_remove (IsmbStrangers *self, GList **place)
{
  if (*place != NULL)
    g_queue_delete_link (&self->links, g_steal_pointer (place));
}

gboolean
ismb_strangers_is_full (const IsmbStrangers *self)
{
  return self->links.length >= MOST;
}

IsmbLink *
ismb_strangers_choose (IsmbStrangers *self)
{
  IsmbLink *oldest = NULL;
  guint looked = 0;

  for (GList *each = self->links.head; each != NULL && looked < OLDEST; each = each->next, looked++)
    {
      if (ismb_link_is_wanted (each->data))
        continue;
      if (ismb_link_get_candidate (each->data)->failed > 0)
        return each->data;
      if (oldest == NULL)
        oldest = each->data;
    }
  return oldest;
}

void
ismb_strangers_dial (IsmbStrangers *self)
{
  for (GList *each = self->links.head; each != NULL; each = each->next)
    {
      ismb_link_resume (each->data); /* what they said to our former certificate does not count */
      ismb_link_dial (each->data);
    }
}
