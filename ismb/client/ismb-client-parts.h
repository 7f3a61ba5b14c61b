/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-connection.h"
#include "ismb/client/ismb-events.h"
#include "ismb/client/ismb-inbox.h"
#include "ismb/client/ismb-requests.h"

G_BEGIN_DECLS

typedef struct _IsmbClient IsmbClient;

/* What an IsmbClient is made of, for the files that its functions stand in. All but the
 * configuration are NULL once it is disposed of. */
typedef struct
{
  IsmbConnectionConfig config;
  IsmbConnection *connection;
  IsmbRoster *roster;
  IsmbRequests *requests;
  IsmbEvents *events;
  IsmbInbox *inbox;
} IsmbClientParts;

IsmbClientParts *_ismb_client_get_parts (IsmbClient *self);

G_END_DECLS
