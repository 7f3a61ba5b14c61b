/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-routes.h"
#include "ismb/store/ismb-rosters.h"

G_BEGIN_DECLS

/* Rosters, asked and changed as subscriptions need it. `account` is a local part, `contact` a bare
 * address. */

/* 0 where the contact is unknown. */
IsmbSubscription ismb_contacts_get_state (IsmbRosters *rosters, const char *account,
                                          const char *contact);
/* FALSE where the roster is full. A request that waited, and was nothing else, leaves without a
 * trace: it never was an item of the roster. What was one stays one. */
gboolean ismb_contacts_set_state (IsmbRosters *rosters, const char *account, const char *contact,
                                  IsmbSubscription state);
/* Those with any of the bits of `mask`, of one domain or (NULL) of all: copies, since what is sent
 * to a local contact may come back and change the roster. (transfer full), of char* */
GPtrArray *ismb_contacts_list (IsmbRosters *rosters, const char *account, guint mask,
                               const char *domain);
/* The requests that wait for the account's answer, to one of its resources. */
void ismb_contacts_show_pending (IsmbRosters *rosters, IsmbResource *resource);

G_END_DECLS
