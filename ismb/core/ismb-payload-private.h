/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-payload.h"
#include "ismb/core/ismb-tree.h"

G_BEGIN_DECLS

/* The name and namespace of the element of a class; FALSE where it has said none. They live for
 * ever. */
gboolean     _ismb_payload_get_names (GType type, const char **name, const char **ns);
/* The same for a name that a path has. */
gboolean     _ismb_payload_find      (const char *attrib, const char **name, const char **ns);
/* The class registered for an element; G_TYPE_INVALID: none. */
GType        _ismb_payload_type_of   (const IsmbNode *node);
IsmbPayload *_ismb_payload_new_view  (GType type, IsmbTree *tree, IsmbNode *node);
IsmbTree    *_ismb_payload_get_tree  (IsmbPayload *self);
IsmbNode    *_ismb_payload_get_node  (IsmbPayload *self);

G_END_DECLS
