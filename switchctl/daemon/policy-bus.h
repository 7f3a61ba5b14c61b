/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "switchctl/daemon/manager.h"

G_BEGIN_DECLS

/* Answers Manager1.PolicyCheck: now, or once the address's own switch told its role. */
void switch_policy_bus_check (SwitchManager *manager, GDBusMethodInvocation *invocation,
                              const char *jid, const char *deed, const char *object,
                              GVariant *options);

G_END_DECLS
