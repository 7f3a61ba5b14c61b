/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "switchctl/control/witness.h"
#include "switchctl/daemon/vr.h"

G_BEGIN_DECLS

/* Who writes into a virtual router's audit table what happens there: Switch Control's witness, and
 * the one of what is done over the control bus. */
#define SWITCH_TYPE_AUDITOR (switch_auditor_get_type ())
G_DECLARE_FINAL_TYPE (SwitchAuditor, switch_auditor, SWITCH, AUDITOR, GObject)

/* `vr` is up. */
SwitchAuditor *switch_auditor_new  (SwitchVr *vr);
/* A deed of a program of this host (`caller` NULL: of the daemon itself) that is done, or that
 * `error` (nullable) kept from being: `kind` is "fabric" or "account". Nothing where the virtual
 * router is down. */
void           switch_auditor_note (SwitchVr *vr, GDBusConnection *caller, const char *kind,
                                    const char *what, const GError *error);

G_END_DECLS
