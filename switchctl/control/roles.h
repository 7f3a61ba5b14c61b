/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-jid.h"

G_BEGIN_DECLS

/* The roles of other switches' accounts as their listeners told them, each believed for a minute:
 * an account may be removed and made anew as something else, and nobody would tell us. */
typedef struct _SwitchRoles SwitchRoles;

#define SWITCH_ROLES_SECONDS 60

SwitchRoles *switch_roles_new    (void);
void         switch_roles_free   (SwitchRoles *self);
/* `now` is monotonic, in microseconds; of `jid` the bare address counts. */
void         switch_roles_keep   (SwitchRoles *self, IsmbJid *jid, const char *role, gint64 now);
/* NULL: it must be asked for. */
const char  *switch_roles_lookup (SwitchRoles *self, IsmbJid *jid, gint64 now);
/* Of all its accounts; NULL: of everybody. */
void         switch_roles_forget (SwitchRoles *self, const char *domain);

G_END_DECLS
