/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/plugins/ismb-disco-item.h>

G_BEGIN_DECLS

#define ISMB_TYPE_DISCO_ITEMS (ismb_disco_items_get_type ())
G_DECLARE_FINAL_TYPE (IsmbDiscoItems, ismb_disco_items, ISMB, DISCO_ITEMS, IsmbPayload)

IsmbDiscoItems *ismb_disco_items_new (const char *node);
const char *ismb_disco_items_get_node (IsmbDiscoItems *self);
void ismb_disco_items_set_node (IsmbDiscoItems *self, const char *node);
void ismb_disco_items_add_item (IsmbDiscoItems *self, IsmbJid *jid, const char *node,
                                const char *name);
GList *ismb_disco_items_list_items (IsmbDiscoItems *self);

G_END_DECLS
