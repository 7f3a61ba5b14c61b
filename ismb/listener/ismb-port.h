/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-door.h"
#include "ismb/net/ismb-virtual-router.h"

G_BEGIN_DECLS

/* One TCP port on several addresses of a place: a door on each that the place has now. A number
 * that the kernel chose is kept as long as nobody else takes it meanwhile. */
typedef struct _IsmbPort IsmbPort;

/* `number` 0: any that is free on all addresses; NULL or no addresses: it has no doors, and that is
 * well. Closed at first. */
IsmbPort *ismb_port_new        (IsmbPoller *poller, IsmbVirtualRouter *place, char **addresses,
                                guint16 number, IsmbDoorEnter enter, gpointer user_data);
void      ismb_port_free       (IsmbPort *self);
/* Opens the doors that are missing, now that the place may have their addresses. An address that it
 * does not have (no IPv6 in its kernel) is passed over as long as another door stands; a port that
 * is taken never is: where none was open before, none is then. FALSE: none is open. */
gboolean  ismb_port_open       (IsmbPort *self, GError **error);
void      ismb_port_close      (IsmbPort *self);
/* 0 while no door is open. */
guint16   ismb_port_get_number (IsmbPort *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbPort, ismb_port_free)

G_END_DECLS
