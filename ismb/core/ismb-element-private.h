/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-element.h"
#include "ismb/core/ismb-tree.h"

G_BEGIN_DECLS

IsmbElement *_ismb_element_new_view (IsmbTree *tree, IsmbNode *node);
IsmbTree    *_ismb_element_get_tree (IsmbElement *self);
IsmbNode    *_ismb_element_get_node (IsmbElement *self);
/* From now on it is a view of that one. */
void         _ismb_element_turn_to  (IsmbElement *self, IsmbTree *tree, IsmbNode *node);

G_END_DECLS
