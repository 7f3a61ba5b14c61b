/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-tree.h"

G_BEGIN_DECLS

/* Elements to trees. There is nothing in them that is not on a stream either (RFC 6120, 11.1): no
 * document type, so no entities; no processing instructions and no comments. */
typedef struct _IsmbTreeReader IsmbTreeReader;

/* Of one element. */
typedef struct
{
  gsize bytes;      /* as it is read, and as it would be written again */
  guint depth;      /* levels, its own among them */
  guint elements;
  guint attributes; /* of each element */
} IsmbTreeLimits;

#define ISMB_TREE_READ_BYTES_MAX (1 << 20)
#define ISMB_TREE_READ_DEPTH_MAX 64
#define ISMB_TREE_READ_ELEMENTS_MAX 10000
#define ISMB_TREE_READ_ATTRIBUTES_MAX 64

/* The one element that a text is; `length` in bytes, or -1. Elements that state no namespace are in
 * `default_ns`. NULL with ISMB_ERROR_BAD_STANZA where the text is anything else, or over a limit;
 * the limits are those above. */
IsmbTree *ismb_tree_read (const char *xml, gssize length, const char *default_ns, GError **error);

/* For one element after another: all are read as if they stood behind `opening`, start tags whose
 * namespaces hold for them, as a stream's header. `content_ns` is what they are in for the most
 * part. */
IsmbTreeReader *ismb_tree_reader_new  (const char *opening, const char *content_ns,
                                       const IsmbTreeLimits *limits);
void            ismb_tree_reader_free (IsmbTreeReader *self);
/* As ismb_tree_read (). Of the attributes of an element, those in a sixty-fifth namespace and more
 * are left out. */
IsmbTree       *ismb_tree_reader_read (IsmbTreeReader *self, const char *xml, gsize length,
                                       GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbTreeReader, ismb_tree_reader_free)

G_END_DECLS
