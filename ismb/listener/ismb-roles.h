/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-question.h"
#include "ismb/store/ismb-accounts.h"

G_BEGIN_DECLS

#define ISMB_SWITCH_CONTROL "switch" /* the account that runs commands, on every switch */

/* urn:ismb:role:1: what may the account do that sent you this? Policies elsewhere ask. Adds to
 * `reply` or returns the condition of an error. */
const char *ismb_roles_answer (IsmbRoutes *routes, IsmbAccounts *accounts,
                               const IsmbQuestion *question, IsmbTree *reply);

G_END_DECLS
