/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/net/ismb-poller.h"
#include "ismb/stream/ismb-framer.h"

G_BEGIN_DECLS

/* What the streams of one poller share: a buffer to read into, and places for a few framers that
 * keep their parser between stanzas. Who was longest without a byte gives its parser back to who
 * reads now, so that an idle stream costs none. */
#define ISMB_READING_ROOM_BUFFER 16384

typedef struct
{
  char buffer[ISMB_READING_ROOM_BUFFER];
  GQueue awake; /* of IsmbFramer, most recently fed first */
} IsmbReadingRoom;

/* Of that poller; it lives as long. */
IsmbReadingRoom *ismb_reading_room_of    (IsmbPoller *poller);
/* The framer of this place was fed. A place lives in its owner's struct, its data the framer. */
void             ismb_reading_room_stay  (IsmbReadingRoom *room, GList *place);
/* It reads no more. */
void             ismb_reading_room_leave (IsmbReadingRoom *room, GList *place);

G_END_DECLS
