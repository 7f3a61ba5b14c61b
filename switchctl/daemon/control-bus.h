/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "switchctl/daemon/manager.h"

G_BEGIN_DECLS

/* The daemon's end of the control bus, <runtime-dir>/control: for root, the daemon's own user and
 * the members of the group `ismb`, by the kernel's word for who they are. */
#define SWITCH_TYPE_CONTROL_BUS (switch_control_bus_get_type ())
G_DECLARE_FINAL_TYPE (SwitchControlBus, switch_control_bus, SWITCH, CONTROL_BUS, GObject)

/* Calls are answered once the main loop runs. The manager holds the runtime folder, so that a
 * socket found there is nobody's. */
SwitchControlBus *switch_control_bus_new  (SwitchManager *manager, GError **error);
void              switch_control_bus_stop (SwitchControlBus *self);

G_END_DECLS
