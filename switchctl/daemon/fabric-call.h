/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "switchctl/daemon/manager.h"

G_BEGIN_DECLS

/* What the calls of net.ismb.Fabric1 have in common. */

/* A deed or its failure, for the audit table. */
void           switch_fabric_call_note           (SwitchManager *manager,
                                                  GDBusMethodInvocation *invocation,
                                                  const char *what, const GError *error);
/* Where there is an error, it is the answer. */
gboolean       switch_fabric_call_answer_error   (GDBusMethodInvocation *invocation,
                                                  const GError *error);
guint          switch_fabric_call_get_number     (GVariant *options, const char *name,
                                                  guint otherwise);
gboolean       switch_fabric_call_get_boolean    (GVariant *options, const char *name);
/* NULL: this switch is no registrar, and cannot do the `deed`. */
IsmbAuthority *switch_fabric_call_find_authority (SwitchManager *manager, const char *deed,
                                                  GError **error);

G_END_DECLS
