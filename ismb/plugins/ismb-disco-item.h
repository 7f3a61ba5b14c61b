/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/core/ismb-jid.h>
#include <ismb/core/ismb-payload.h>

G_BEGIN_DECLS

#define ISMB_TYPE_DISCO_ITEM (ismb_disco_item_get_type ())
G_DECLARE_FINAL_TYPE (IsmbDiscoItem, ismb_disco_item, ISMB, DISCO_ITEM, IsmbPayload)

IsmbDiscoItem *ismb_disco_item_new (IsmbJid *jid, const char *node, const char *name);
IsmbJid *ismb_disco_item_get_jid (IsmbDiscoItem *self);
const char *ismb_disco_item_get_node (IsmbDiscoItem *self);
const char *ismb_disco_item_get_name (IsmbDiscoItem *self);

G_END_DECLS
