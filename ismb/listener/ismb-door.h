/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/socket.h>

#include "ismb/net/ismb-poller.h"

G_BEGIN_DECLS

/* A listening socket and its accept loop: bounded per turn, and refusing at once what it has no
 * descriptor for instead of leaving it to spin in the queue. */
typedef struct _IsmbDoor IsmbDoor;

/* Gets `fd`, non-blocking and close-on-exec, to keep. Must not free the door. */
typedef void (*IsmbDoorEnter) (int fd, const struct sockaddr *address, gpointer user_data);

/* Takes `fd`, a listening socket, in any case. */
IsmbDoor *ismb_door_new       (IsmbPoller *poller, int fd, IsmbDoorEnter enter, gpointer user_data,
                               GError **error);
void      ismb_door_free      (IsmbDoor *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbDoor, ismb_door_free)

G_END_DECLS
