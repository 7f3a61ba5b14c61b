/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/local/ismb-control-generated.h"
#include "switchctl/daemon/vr.h"

G_BEGIN_DECLS

/* Has the virtual router's object answer for its audit table. `vr` outlives the object. */
void switch_audit_bus_serve (IsmbDBusVirtualRouter1 *object, SwitchVr *vr);

G_END_DECLS
