/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/stream/ismb-reading-room.h"

#define PLACES 64

IsmbReadingRoom *
ismb_reading_room_of (IsmbPoller *poller)
{
  static GQuark quark;
  IsmbReadingRoom *room;
  if (quark == 0)
    quark = g_quark_from_static_string ("ismb-reading-room");
  room = g_object_get_qdata (G_OBJECT (poller), quark);
  if (room == NULL)
    {
      room = g_new0 (IsmbReadingRoom, 1);
      g_object_set_qdata_full (G_OBJECT (poller), quark, room, g_free);
    }
  return room;
}

static gboolean
is_in (const IsmbReadingRoom *room, const GList *place)
{
  return place->prev != NULL || room->awake.head == place;
}

void
ismb_reading_room_stay (IsmbReadingRoom *room, GList *place)
{
  if (room->awake.head == place)
    return;
  ismb_reading_room_leave (room, place);
  g_queue_push_head_link (&room->awake, place);
  if (room->awake.length > PLACES)
    ismb_framer_sleep (g_queue_pop_tail_link (&room->awake)->data);
}

void
ismb_reading_room_leave (IsmbReadingRoom *room, GList *place)
{
  if (is_in (room, place))
    g_queue_unlink (&room->awake, place);
}
