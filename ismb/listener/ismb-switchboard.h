/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-fabric-service.h"
#include "ismb/listener/ismb-listener-settings.h"
#include "ismb/listener/ismb-peers.h"
#include "ismb/listener/ismb-sessions.h"
#include "ismb/net/ismb-virtual-router.h"
#include "ismb/store/ismb-accounts.h"
#include "ismb/store/ismb-neighbours.h"
#include "ismb/store/ismb-offline.h"
#include "ismb/store/ismb-rosters.h"
#include "ismb/trust/ismb-fabric.h"

G_BEGIN_DECLS

/* All that lives from a listener's start to its stop: the parts, each given those it stands on, and
 * the doors in front of them. Closes everything, saying that the system shuts down, when disposed.
 */
#define ISMB_TYPE_SWITCHBOARD (ismb_switchboard_get_type ())
G_DECLARE_FINAL_TYPE (IsmbSwitchboard, ismb_switchboard, ISMB, SWITCHBOARD, GObject)

typedef struct
{
  const char *domain;          /* prepared */
  IsmbVirtualRouter *place;
  IsmbAccounts *accounts;
  IsmbStore *store;
  IsmbRosters *rosters;
  IsmbProfiles *profiles;
  IsmbBlocklists *blocklists;
  IsmbNeighbours *neighbours;
  IsmbOffline *offline;
  IsmbFabric *fabric;          /* or NULL: no TLS, no s2s */
  IsmbForeigners *foreigners;  /* taken; or NULL: none */
  IsmbReporter reporter;       /* or NULL */
  gpointer reporter_data;
  IsmbRequireTls require_tls;
  IsmbRegistrationMode registration;
  const IsmbListenerSettings *settings;
  guint16 c2s_port;            /* 0: any */
  gboolean patient;            /* waits for its place, and for an address there */
} IsmbSwitchboardPlan;

/* Signal: `outside-changed`: the network went or came, or has other ports or
 * addresses.
 * Listening when it returns, or waiting for a place where it is patient; NULL: nothing is left
 * open. */
IsmbSwitchboard *ismb_switchboard_new          (const IsmbSwitchboardPlan *plan, GError **error);
/* Discovery has told of it; see ismb_peers_add (). */
void             ismb_switchboard_add_peer     (IsmbSwitchboard *self, const char *domain,
                                                const char *const *addresses, guint16 port,
                                                const char *device_id);
const char      *ismb_switchboard_get_domain   (IsmbSwitchboard *self);
IsmbRoutes      *ismb_switchboard_get_routes   (IsmbSwitchboard *self);
IsmbSessions    *ismb_switchboard_get_sessions (IsmbSwitchboard *self);
IsmbPeers       *ismb_switchboard_get_peers    (IsmbSwitchboard *self);
/* or NULL: without a fabric */
IsmbFabricService *ismb_switchboard_get_fabric_service (IsmbSwitchboard *self);
/* What it waits for; see ismb_outside_get_lack (). */
const char      *ismb_switchboard_get_lack     (IsmbSwitchboard *self);
guint16          ismb_switchboard_get_c2s_port (IsmbSwitchboard *self);
guint16          ismb_switchboard_get_s2s_port (IsmbSwitchboard *self);

G_END_DECLS
