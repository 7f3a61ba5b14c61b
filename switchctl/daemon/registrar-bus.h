/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/local/ismb-control-generated.h"
#include "switchctl/daemon/manager.h"

G_BEGIN_DECLS

/* Answers what of net.ismb.Fabric1 only a registrar can: whom to let in, and whom to bar. */
void switch_registrar_bus_serve (IsmbDBusFabric1 *object, SwitchManager *manager);

G_END_DECLS
