/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-tree.h"

G_BEGIN_DECLS

/* Of one element, as it is read and as it would be written again. */
#define ISMB_TREE_READ_BYTES_MAX (1 << 20)
#define ISMB_TREE_READ_DEPTH_MAX 64 /* levels, its own among them */
#define ISMB_TREE_READ_ELEMENTS_MAX 10000
#define ISMB_TREE_READ_ATTRIBUTES_MAX 64 /* of each element */

/* The one element that a text is; `length` in bytes, or -1. Elements that state no namespace are in
 * `default_ns`. There is nothing in it that is not on a stream either (RFC 6120, 11.1): no document
 * type, so no entities; no processing instructions and no comments. NULL with ISMB_ERROR_BAD_STANZA
 * where that does not hold, or it is over a limit. */
IsmbTree *ismb_tree_read (const char *xml, gssize length, const char *default_ns, GError **error);

G_END_DECLS
