/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "ismb/core/ismb-xml.h"

G_BEGIN_DECLS

/* Elements of one stanza, all in one arena that is freed at once with the last reference.
 * Namespaces are stated, never inherited: a stanza and its own children are in `jabber:client`
 * here, on whichever stream they travel, and are written without xmlns. Strings given are copied
 * into the arena. */
typedef struct _IsmbTree IsmbTree;
typedef struct _IsmbNode IsmbNode;

IsmbTree   *ismb_tree_new           (const char *name, const char *ns);
IsmbTree   *ismb_tree_ref           (IsmbTree *tree);
void        ismb_tree_unref         (IsmbTree *tree);
void        ismb_tree_free          (IsmbTree *tree); /* the same */
IsmbTree   *ismb_tree_copy          (const IsmbTree *tree);
IsmbNode   *ismb_tree_root          (IsmbTree *tree);
IsmbNode   *ismb_tree_add           (IsmbTree *tree, IsmbNode *parent, const char *name,
                                     const char *ns);
/* An element with text inside; the usual leaf. `text` may be NULL. */
IsmbNode   *ismb_tree_add_leaf      (IsmbTree *tree, IsmbNode *parent, const char *name,
                                     const char *ns, const char *text);
void        ismb_tree_add_text      (IsmbTree *tree, IsmbNode *parent, const char *text,
                                     gssize length);
/* Puts one such leaf in the place of all of its name and namespace; with a `text` of NULL, none. */
void        ismb_tree_set_leaf      (IsmbTree *tree, IsmbNode *parent, const char *name,
                                     const char *ns, const char *text);
/* Puts a text in the place of all that is directly inside; NULL for none. */
void        ismb_tree_set_text      (IsmbTree *tree, IsmbNode *node, const char *text);
/* A deep copy of `node`, which may belong to another tree, and in which `parent` does not lie. */
IsmbNode   *ismb_tree_add_copy      (IsmbTree *tree, IsmbNode *parent, const IsmbNode *node);
/* A `value` of NULL removes the attribute. */
void        ismb_tree_set           (IsmbTree *tree, IsmbNode *node, const char *attribute,
                                     const char *value);
/* Behind the others, of whose names it is none. */
void        ismb_tree_add_attribute (IsmbTree *tree, IsmbNode *node, const char *attribute,
                                     const char *value);
void        ismb_tree_remove        (IsmbTree *tree, IsmbNode *node);
void        ismb_tree_clear         (IsmbTree *tree, IsmbNode *node); /* drops children and text */
void        ismb_tree_clear_attributes (IsmbTree *tree, IsmbNode *node);

const char *ismb_node_name          (const IsmbNode *node);  /* NULL: the node is text */
const char *ismb_node_ns            (const IsmbNode *node);
gboolean    ismb_node_is            (const IsmbNode *node, const char *name, const char *ns);
/* An attribute without namespace, or "xml:lang". NULL where absent. */
const char *ismb_node_get           (const IsmbNode *node, const char *attribute);
/* Calls back for each attribute, in order. */
void        ismb_node_foreach_attribute (const IsmbNode *node,
                                         void (*func) (const char *name, const char *value,
                                                       gpointer data),
                                         gpointer data);
/* NULL for the root, and for what was removed. */
IsmbNode   *ismb_node_parent        (const IsmbNode *node);
IsmbNode   *ismb_node_first_child   (const IsmbNode *node);  /* text nodes included */
IsmbNode   *ismb_node_next          (const IsmbNode *node);
/* First child element with that name and namespace; NULL for either means any. */
IsmbNode   *ismb_node_find          (const IsmbNode *node, const char *name, const char *ns);
/* The same among the later siblings of `node`. */
IsmbNode   *ismb_node_find_next     (const IsmbNode *node, const char *name, const char *ns);
/* The text of a node: of a text node, or all direct text of an element. Never NULL. */
char       *ismb_node_dup_text      (const IsmbNode *node);
/* The same without a copy, for as long as the tree is. Text in several pieces is joined for it. */
const char *ismb_tree_peek_text     (IsmbTree *tree, IsmbNode *node);
/* The text of the first child of that name and namespace; NULL where there is no such child. */
char       *ismb_node_dup_child_text (const IsmbNode *node, const char *name, const char *ns);
/* Writes canonical XML; xmlns is stated where it differs from `parent_ns`. */
void        ismb_node_write         (const IsmbNode *node, const char *parent_ns, GString *out);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbTree, ismb_tree_unref)

G_END_DECLS
