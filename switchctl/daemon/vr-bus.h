/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/local/ismb-control-generated.h"
#include "switchctl/daemon/vr.h"

G_BEGIN_DECLS

/* net.ismb.VirtualRouter1 of one virtual router, exported on as many connections as there are. */
#define SWITCH_TYPE_VR_BUS (switch_vr_bus_get_type ())
G_DECLARE_FINAL_TYPE (SwitchVrBus, switch_vr_bus, SWITCH, VR_BUS, IsmbDBusVirtualRouter1Skeleton)

SwitchVrBus *switch_vr_bus_new      (SwitchVr *vr);
const char  *switch_vr_bus_get_path (SwitchVrBus *self);
/* The caller is gone, and its transient accounts with it. */
void         switch_vr_bus_forget   (SwitchVrBus *self, GDBusConnection *caller);

G_END_DECLS
