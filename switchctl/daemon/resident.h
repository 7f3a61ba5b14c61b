/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "switchctl/control/policy.h"
#include "switchctl/daemon/switch-config.h"
#include "switchctl/daemon/vr.h"

G_BEGIN_DECLS

#define SWITCH_RESIDENT_NAME "switch"

/* Switch Control at home: a client like any other, signed in again whenever its stream is lost. It
 * has the account `switch`, with a new password each time; its contacts stay. */
#define SWITCH_TYPE_RESIDENT (switch_resident_get_type ())
G_DECLARE_FINAL_TYPE (SwitchResident, switch_resident, SWITCH, RESIDENT, GObject)

/* `vr` is up. */
SwitchResident *switch_resident_new  (const SwitchConfig *config, SwitchVr *vr,
                                      SwitchPolicyFile *policy_file, GError **error);
void            switch_resident_stop (SwitchResident *self);
/* What decides what others may do here; NULL once stopped. (transfer none) */
SwitchPolicy   *switch_resident_get_policy (SwitchResident *self);

G_END_DECLS
