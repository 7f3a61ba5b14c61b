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
/* Where its place is missing it waits for that, and is up for those on its unix socket. */
gboolean              switch_vr_start        (SwitchVr *self, GError **error);
void                  switch_vr_stop         (SwitchVr *self);
/* Down, though it is enabled, and that is why. */
void                  switch_vr_fail         (SwitchVr *self, const GError *error);
gboolean              switch_vr_get_enabled  (SwitchVr *self);
/* up, down or waiting (for its place: up for those on this host). */
const char           *switch_vr_get_state    (SwitchVr *self);
/* What it waits for, see ismb_virtual_router_get_lack (), or NULL. */
const char           *switch_vr_get_lack     (SwitchVr *self);
/* Why it is not up, and how to cure that: what follows its name. Empty while it is up. */
char                 *switch_vr_dup_reason   (SwitchVr *self);
/* ISMB_ERROR_NO_VIRTUAL_ROUTER, with the reason. */
void                  switch_vr_set_error    (SwitchVr *self, GError **error);
/* For people: `host`, or `netns NAME`, `device NAME` or both. */
char                 *switch_vr_dup_place    (SwitchVr *self);
/* By which others reach it now; empty while it is not up. (transfer full) */
char                **switch_vr_list_addresses (SwitchVr *self);
const SwitchVrConfig *switch_vr_get_config   (SwitchVr *self);
const char           *switch_vr_get_name     (SwitchVr *self);
const char           *switch_vr_get_domain   (SwitchVr *self);
const char           *switch_vr_get_c2s_path (SwitchVr *self);
IsmbListener         *switch_vr_get_listener (SwitchVr *self);   /* NULL while down */
IsmbAccounts         *switch_vr_get_accounts (SwitchVr *self);   /* NULL while down */
IsmbAudit            *switch_vr_get_audit    (SwitchVr *self);   /* NULL while down */
/* Signals: `state-changed`: it came up or went down, was enabled or disabled, waits for something
 *          else, or has other addresses;
 *          `counted`: it has other numbers of sessions or peers, told gathered;
 *          `heard`: somebody announced himself, or announces other things than before;
 *          `peer-found` (IsmbPeer), `peer-changed` (IsmbPeer), `peer-lost` (utf8 domain). */

G_END_DECLS
