/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/trust/ismb-fabric.h"
#include "switchctl/daemon/switch-config.h"

G_BEGIN_DECLS

/* Keeps this switch in its fabric: renews the certificate in time, through whatever virtual router
 * leads to a registrar, and keeps what time it is for the next start. */
#define SWITCH_TYPE_KEEPER (switch_keeper_get_type ())
G_DECLARE_FINAL_TYPE (SwitchKeeper, switch_keeper, SWITCH, KEEPER, GObject)

/* `config` and `vrs` (of SwitchVr) are borrowed and outlive it. */
SwitchKeeper *switch_keeper_new   (const SwitchConfig *config, IsmbFabric *fabric, GPtrArray *vrs);
void          switch_keeper_start (SwitchKeeper *self);
/* Keeps the time once more. */
void          switch_keeper_stop  (SwitchKeeper *self);

G_END_DECLS
