/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/plugins/ismb-disco-info.h"
#include "ismb/plugins/ismb-disco-items.h"

G_BEGIN_DECLS

/* What a client tells of itself that stays the same until it is told otherwise, by node; a node of
 * NULL is the client as a whole. */
typedef struct _IsmbDiscoNodes IsmbDiscoNodes;

IsmbDiscoNodes *ismb_disco_nodes_new (void);
void ismb_disco_nodes_free (IsmbDiscoNodes *self);
gboolean ismb_disco_nodes_has (IsmbDiscoNodes *self, const char *node);
void ismb_disco_nodes_fill_info (IsmbDiscoNodes *self, const char *node, IsmbDiscoInfo *info);
void ismb_disco_nodes_fill_items (IsmbDiscoNodes *self, const char *node, IsmbDiscoItems *items);

/* What is there already is replaced: an identity of that category, type and language, a feature, a
 * form of that FORM_TYPE, an item of that address and node. What is removed may not be there; a node
 * that has nothing more is no node any more. They return whether anything changed. */
void ismb_disco_nodes_add_identity (IsmbDiscoNodes *self, const char *node, const char *category,
                                    const char *type, const char *name, const char *lang);
gboolean ismb_disco_nodes_remove_identity (IsmbDiscoNodes *self, const char *node,
                                           const char *category, const char *type);
void ismb_disco_nodes_add_feature (IsmbDiscoNodes *self, const char *node, const char *feature);
gboolean ismb_disco_nodes_remove_feature (IsmbDiscoNodes *self, const char *node,
                                          const char *feature);
void ismb_disco_nodes_add_form (IsmbDiscoNodes *self, const char *node, IsmbForm *form);
gboolean ismb_disco_nodes_remove_form (IsmbDiscoNodes *self, const char *node,
                                       const char *form_type);
void ismb_disco_nodes_add_item (IsmbDiscoNodes *self, const char *node, IsmbJid *jid,
                                const char *item_node, const char *name);
gboolean ismb_disco_nodes_remove_item (IsmbDiscoNodes *self, const char *node, IsmbJid *jid,
                                       const char *item_node);

G_END_DECLS
