/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-stanza.h"
#include "ismb/core/ismb-tree.h"

G_BEGIN_DECLS

/* The stanza that the tree's root is: IsmbMessage, IsmbPresence or IsmbIq, or NULL with
 * ISMB_ERROR_BAD_STANZA. Takes the tree in any case. */
IsmbStanza *_ismb_stanza_new_from_tree (IsmbTree *tree, GError **error);

G_END_DECLS
