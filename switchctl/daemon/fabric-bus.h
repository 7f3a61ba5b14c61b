/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/local/ismb-control-generated.h"
#include "switchctl/daemon/manager.h"

G_BEGIN_DECLS

/* net.ismb.Fabric1: who belongs to the fabric, and how this switch came into it. Every deed is
 * in the audit table. */
IsmbDBusFabric1 *switch_fabric_bus_new (SwitchManager *manager);

G_END_DECLS
