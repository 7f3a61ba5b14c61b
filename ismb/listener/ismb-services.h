/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-registration.h"
#include "ismb/listener/ismb-roster-service.h"
#include "ismb/listener/ismb-routes.h"
#include "ismb/store/ismb-accounts.h"
#include "ismb/store/ismb-blocklists.h"
#include "ismb/store/ismb-profiles.h"

G_BEGIN_DECLS

/* What the listener itself answers: requests to its domain, and those to a bare address, on the
 * account's behalf (RFC 6120, 8.2.3 and 10.5). */
#define ISMB_TYPE_SERVICES (ismb_services_get_type ())
G_DECLARE_FINAL_TYPE (IsmbServices, ismb_services, ISMB, SERVICES, GObject)

/* What they stand on. */
typedef struct
{
  IsmbStore *store;
  IsmbRoutes *routes;
  IsmbAccounts *accounts;
  IsmbRosters *rosters;
  IsmbProfiles *profiles;
  IsmbBlocklists *blocklists;
  IsmbPresenceService *presence;
  IsmbRosterService *roster;
  IsmbRegistration *registration;
  gboolean keeps_messages; /* for accounts of which nobody is there */
} IsmbServicesParts;

IsmbServices *ismb_services_new    (const IsmbServicesParts *parts);
/* `iq`: of type get or set, with a payload, `from` known, `to` our domain or a bare address in it.
 * Exactly one answer goes back through the routes; of what is kept, when it is. */
void          ismb_services_answer (IsmbServices *self, IsmbFrame *iq);
/* What the domain offers, hashed as XEP-0115 has it. */
const char   *ismb_services_get_capabilities (IsmbServices *self);

G_END_DECLS
