/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/local/ismb-control-generated.h"
#include "switchctl/daemon/vr.h"

G_BEGIN_DECLS

/* How many sessions and peers a virtual router has: exact for who asks, and told on the control bus
 * when it changes, at once and then every half second at most; nobody who listens, no word. */
typedef struct _SwitchVrGauge SwitchVrGauge;

/* `skeleton` outlives it. */
SwitchVrGauge *switch_vr_gauge_new          (SwitchVr *vr, IsmbDBusVirtualRouter1 *skeleton);
void           switch_vr_gauge_free         (SwitchVrGauge *self);
guint          switch_vr_gauge_get_sessions (SwitchVrGauge *self);
guint          switch_vr_gauge_get_peers    (SwitchVrGauge *self);

G_END_DECLS
