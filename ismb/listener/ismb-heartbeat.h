/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/stream/ismb-frame.h"

G_BEGIN_DECLS

/* Tells silence from death: looked at five times in the span of silence that means `lost`, it asks
 * for an XEP-0199 ping after two looks in which nothing came, and gives up after four: at 4/5 of
 * that span at the earliest, at its end at the latest. Zeroed, it is a new one. */
#define ISMB_HEARTBEAT_LOOKS 5

typedef struct
{
  guint64 heard;  /* bytes, at the last look */
  guint silent;   /* looks since something came */
  char *ping_id;  /* of the ping that is out */
} IsmbHeartbeat;

typedef enum
{
  ISMB_HEARTBEAT_FINE,
  ISMB_HEARTBEAT_PING,
  ISMB_HEARTBEAT_DEAD,
} IsmbHeartbeatVerdict;

IsmbHeartbeatVerdict ismb_heartbeat_look  (IsmbHeartbeat *self, guint64 heard);
IsmbFrame *ismb_heartbeat_make_ping (IsmbHeartbeat *self, const char *from, const char *to);
/* Is it the answer to our ping, of `from`? Then it goes no further. */
gboolean   ismb_heartbeat_takes     (IsmbHeartbeat *self, const IsmbFrame *frame, const char *from);
void       ismb_heartbeat_reset     (IsmbHeartbeat *self);

G_END_DECLS
