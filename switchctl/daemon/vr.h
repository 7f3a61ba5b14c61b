/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-listener.h"
#include "ismb/store/ismb-accounts.h"
#include "ismb/store/ismb-audit.h"
#include "ismb/trust/ismb-fabric.h"
#include "switchctl/daemon/switch-config.h"

G_BEGIN_DECLS

/* A virtual router's bus: its place, store, listener and discovery, up or down. */
#define SWITCH_TYPE_VR (switch_vr_get_type ())
G_DECLARE_FINAL_TYPE (SwitchVr, switch_vr, SWITCH, VR, GObject)

/* `config` and the `whole` it is a part of are borrowed and outlive it. */
SwitchVr             *switch_vr_new          (const SwitchVrConfig *config,
                                              const SwitchConfig *whole, const char *domain,
                                              IsmbFabric *fabric);
gboolean              switch_vr_start        (SwitchVr *self, GError **error);
void                  switch_vr_stop         (SwitchVr *self);
const SwitchVrConfig *switch_vr_get_config   (SwitchVr *self);
const char           *switch_vr_get_name     (SwitchVr *self);
const char           *switch_vr_get_domain   (SwitchVr *self);
const char           *switch_vr_get_c2s_path (SwitchVr *self);
IsmbListener         *switch_vr_get_listener (SwitchVr *self);   /* NULL while down */
IsmbAccounts         *switch_vr_get_accounts (SwitchVr *self);   /* NULL while down */
IsmbAudit            *switch_vr_get_audit    (SwitchVr *self);   /* NULL while down */
/* Signals: `state-changed`: it came up or went down;
 *          `heard`: somebody announced himself, or announces other things than before;
 *          `peer-found` (IsmbPeer), `peer-changed` (IsmbPeer), `peer-lost` (utf8 domain). */

G_END_DECLS
