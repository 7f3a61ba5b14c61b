/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-peers.h"
#include "ismb/listener/ismb-sessions.h"
#include "ismb/net/ismb-virtual-router.h"

G_BEGIN_DECLS

/* What a listener has on the network of its place: the ports for clients and for other listeners.
 * It goes with the place, with all streams over it, and comes back with it; who is on the unix
 * socket hears nothing of that. */
typedef struct _IsmbOutside IsmbOutside;

typedef struct
{
  IsmbPoller *poller;
  IsmbVirtualRouter *place;
  IsmbRoutes *routes; /* who is told why others are not reached */
  IsmbSessions *sessions;
  IsmbPeers *peers;
  char **listen;
  guint16 c2s_port;
  int s2s_port;       /* -1: none */
  gboolean patient;   /* waits for what is missing at first, too */
  void (*changed) (gpointer user_data); /* it went, came, or has other ports or addresses */
  gpointer user_data;
} IsmbOutsidePlan;

IsmbOutside *ismb_outside_new          (const IsmbOutsidePlan *plan, GError **error);
void         ismb_outside_free         (IsmbOutside *self);
/* What it waits for, and how to cure that, as ismb_virtual_router_get_lack () has it. NULL: it is
 * there. */
const char  *ismb_outside_get_lack     (IsmbOutside *self);
guint16      ismb_outside_get_c2s_port (IsmbOutside *self);
guint16      ismb_outside_get_s2s_port (IsmbOutside *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbOutside, ismb_outside_free)

G_END_DECLS
