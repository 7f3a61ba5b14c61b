/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/client/ismb-plugin.h>
#include <ismb/plugins/ismb-disco-info.h>

G_BEGIN_DECLS

#define ISMB_TYPE_CAPABILITIES (ismb_capabilities_get_type ())
G_DECLARE_FINAL_TYPE (IsmbCapabilities, ismb_capabilities, ISMB, CAPABILITIES, IsmbPlugin)

IsmbDiscoInfo *ismb_capabilities_get_info (IsmbCapabilities *self, IsmbJid *jid);
const char *ismb_capabilities_get_ver (IsmbCapabilities *self);
void ismb_capabilities_update (IsmbCapabilities *self);

G_END_DECLS
