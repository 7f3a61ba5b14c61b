/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "switchctl/control/policy.h"
#include "switchctl/daemon/joining.h"
#include "switchctl/daemon/keeper.h"
#include "switchctl/daemon/switch-config.h"
#include "switchctl/daemon/vr.h"

G_BEGIN_DECLS

/* What one switch is made of: its identity and fabric, its virtual routers, Switch Control on
 * VR-Mgmt. */
#define SWITCH_TYPE_MANAGER (switch_manager_get_type ())
G_DECLARE_FINAL_TYPE (SwitchManager, switch_manager, SWITCH, MANAGER, GObject)

/* Makes the folders and takes them, loads identity and fabric. `config` is borrowed. */
SwitchManager      *switch_manager_new         (const SwitchConfig *config, GError **error);
/* Brings up what is enabled. Fails where VR-Mgmt cannot come up; of the others it only
 * says so. */
gboolean            switch_manager_start       (SwitchManager *self, GError **error);
void                switch_manager_stop        (SwitchManager *self);
const SwitchConfig *switch_manager_get_config  (SwitchManager *self);
const char         *switch_manager_get_domain  (SwitchManager *self);
IsmbFabric         *switch_manager_get_fabric  (SwitchManager *self);
SwitchJoining      *switch_manager_get_joining (SwitchManager *self);
/* Those that are configured, up or down. (element-type SwitchVr) (transfer none) */
GPtrArray          *switch_manager_get_vrs     (SwitchManager *self);
/* Now, and at the next start too. ISMB_ERROR_NO_VIRTUAL_ROUTER names those there are. */
gboolean            switch_manager_set_enabled (SwitchManager *self, const char *name,
                                                gboolean enabled, GError **error);
/* Reads the policy file again, where there is one; one with an error is complained of, and the
 * rules from before hold. In no fabric it reads the join file again, too. */
void                switch_manager_reload      (SwitchManager *self);
/* NULL: the built-in policy. */
SwitchPolicyFile   *switch_manager_get_policy_file (SwitchManager *self);
/* NULL and ISMB_ERROR_NOT_FOUND while Switch Control does not run. (transfer none) */
SwitchPolicy       *switch_manager_get_policy  (SwitchManager *self, GError **error);
/* The one that is always configured: where what concerns the whole switch is written down. */
SwitchVr           *switch_manager_get_home     (SwitchManager *self);

G_END_DECLS
