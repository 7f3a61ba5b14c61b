/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.core.tree"
#include "config.h"
#include "ismb/core/ismb-tree.h"

#include <string.h>

#include "ismb/core/ismb-arena.h"
#include "ismb/core/ismb-namespaces.h"

typedef struct _Attribute Attribute;
struct _Attribute
{
  Attribute *next;
  const char *name;
  const char *value;
};

/* An element, or, where `name` is NULL, a text. */
struct _IsmbNode
{
  IsmbNode *parent, *next;
  IsmbNode *first, *last;
  Attribute *attributes;
  const char *name;
  union
  {
    const char *ns;
    char *text;
  };
  union
  {
    Attribute *late_attribute; /* near the end of the list, or NULL */
    gsize length;              /* bytes of the text */
  };
};

struct _IsmbTree
{
  IsmbArena arena; /* the tree itself lies in it too */
  IsmbNode *root;
  gatomicrefcount references; /* a script's collector may let go of one in a thread of its own */
};

/* Building */

static const char *
take_string (IsmbTree *tree, const char *text)
{
  return ismb_arena_take_bytes (&tree->arena, text, strlen (text));
}

/* Most children are in their parent's namespace: they share its string. */
static const char *
take_ns (IsmbTree *tree, const IsmbNode *parent, const char *ns)
{
  if (parent != NULL && g_str_equal (parent->ns, ns))
    return parent->ns;
  return take_string (tree, ns);
}

static IsmbNode *
add_node (IsmbTree *tree, IsmbNode *parent)
{
  IsmbNode *node = ismb_arena_take (&tree->arena, sizeof *node);

  node->parent = parent;
  if (parent == NULL)
    return node;
  if (parent->last != NULL)
    parent->last->next = node;
  else
    parent->first = node;
  parent->last = node;
  return node;
}

static IsmbNode *
add_element (IsmbTree *tree, IsmbNode *parent, const char *name, const char *ns)
{
  IsmbNode *node = add_node (tree, parent);

  node->name = take_string (tree, name);
  node->ns = take_ns (tree, parent, ns);
  return node;
}

IsmbTree *
ismb_tree_new (const char *name, const char *ns)
{
  IsmbArena arena = { NULL };
  IsmbTree *tree = ismb_arena_take (&arena, sizeof *tree);

  tree->arena = arena;
  g_atomic_ref_count_init (&tree->references);
  tree->root = add_element (tree, NULL, name, ns);
  return tree;
}

IsmbTree *
ismb_tree_ref (IsmbTree *tree)
{
  g_atomic_ref_count_inc (&tree->references);
  return tree;
}

void
ismb_tree_unref (IsmbTree *tree)
{
  IsmbArena arena = tree->arena;

  if (g_atomic_ref_count_dec (&tree->references))
    ismb_arena_clear (&arena);
}

void
ismb_tree_free (IsmbTree *tree)
{
  ismb_tree_unref (tree);
}

IsmbNode *
ismb_tree_root (IsmbTree *tree)
{
  return tree->root;
}

IsmbNode *
ismb_tree_add (IsmbTree *tree, IsmbNode *parent, const char *name, const char *ns)
{
  g_assert (parent->name != NULL);
  return add_element (tree, parent, name, ns);
}

IsmbNode *
ismb_tree_add_leaf (IsmbTree *tree, IsmbNode *parent, const char *name, const char *ns,
                    const char *text)
{
  IsmbNode *node = ismb_tree_add (tree, parent, name, ns);

  if (text != NULL)
    ismb_tree_add_text (tree, node, text, -1);
  return node;
}

/* A parser hands over text in shreds; while nothing else was allocated they grow into one node. */
static gboolean
extend_text (IsmbTree *tree, IsmbNode *node, const char *text, gsize length)
{
  if (node == NULL || node->name != NULL
      || !ismb_arena_extend (&tree->arena, node->text, node->length, text, length))
    return FALSE;
  node->length += length;
  return TRUE;
}

void
ismb_tree_add_text (IsmbTree *tree, IsmbNode *parent, const char *text, gssize length)
{
  gsize bytes = length < 0 ? strlen (text) : (gsize) length;
  IsmbNode *node;

  g_assert (parent->name != NULL);
  if (bytes == 0 || extend_text (tree, parent->last, text, bytes))
    return;
  node = add_node (tree, parent);
  node->text = ismb_arena_take_bytes (&tree->arena, text, bytes);
  node->length = bytes;
}

static Attribute **
find_attribute (IsmbNode *node, const char *name)
{
  Attribute **at = &node->attributes;

  while (*at != NULL && !g_str_equal ((*at)->name, name))
    at = &(*at)->next;
  return at;
}

void
ismb_tree_set (IsmbTree *tree, IsmbNode *node, const char *attribute, const char *value)
{
  Attribute **at = find_attribute (node, attribute);

  g_assert (node->name != NULL);
  if (value == NULL)
    {
      if (*at != NULL)
        *at = (*at)->next;
      node->late_attribute = NULL; /* it may be that one */
      return;
    }
  value = take_string (tree, value);
  if (*at == NULL)
    {
      *at = ismb_arena_take (&tree->arena, sizeof **at);
      (*at)->name = take_string (tree, attribute);
    }
  (*at)->value = value;
}

void
ismb_tree_add_attribute (IsmbTree *tree, IsmbNode *node, const char *attribute, const char *value)
{
  Attribute **at = node->late_attribute != NULL ? &node->late_attribute->next : &node->attributes;

  g_assert (node->name != NULL);
  while (*at != NULL)
    at = &(*at)->next;
  *at = node->late_attribute = ismb_arena_take (&tree->arena, sizeof **at);
  (*at)->name = take_string (tree, attribute);
  (*at)->value = take_string (tree, value);
}

void
ismb_tree_remove (IsmbTree *tree, IsmbNode *node)
{
  IsmbNode *parent = node->parent;
  IsmbNode *before = NULL;

  g_assert (parent != NULL); /* a tree without root is none */
  for (IsmbNode *at = parent->first; at != node; at = at->next)
    before = at;
  if (before != NULL)
    before->next = node->next;
  else
    parent->first = node->next;
  if (parent->last == node)
    parent->last = before;
  node->parent = NULL;
  node->next = NULL;
}

void
ismb_tree_clear (IsmbTree *tree, IsmbNode *node)
{
  for (IsmbNode *at = node->first; at != NULL; at = at->next)
    at->parent = NULL; /* somebody may still look at it */
  node->first = NULL;
  node->last = NULL;
}

void
ismb_tree_set_leaf (IsmbTree *tree, IsmbNode *parent, const char *name, const char *ns,
                    const char *text)
{
  IsmbNode *child;

  while ((child = ismb_node_find (parent, name, ns)) != NULL)
    ismb_tree_remove (tree, child);
  if (text != NULL)
    ismb_tree_add_leaf (tree, parent, name, ns, text);
}

static void
drop_texts (IsmbNode *node)
{
  IsmbNode *last = NULL;
  IsmbNode **link = &node->first;

  while (*link != NULL)
    {
      if ((*link)->name == NULL)
        {
          *link = (*link)->next;
          continue;
        }
      last = *link;
      link = &last->next;
    }
  node->last = last;
}

void
ismb_tree_set_text (IsmbTree *tree, IsmbNode *node, const char *text)
{
  drop_texts (node);
  if (text != NULL)
    ismb_tree_add_text (tree, node, text, -1);
}

void
ismb_tree_clear_attributes (IsmbTree *tree, IsmbNode *node)
{
  node->attributes = node->late_attribute = NULL;
}

/* Copying: without recursion, so that no depth can end the stack. */

static void
copy_attributes (IsmbTree *tree, IsmbNode *to, const IsmbNode *from)
{
  Attribute **tail = &to->attributes;

  for (const Attribute *at = from->attributes; at != NULL; at = at->next)
    {
      *tail = ismb_arena_take (&tree->arena, sizeof **tail);
      (*tail)->name = take_string (tree, at->name);
      (*tail)->value = take_string (tree, at->value);
      tail = &(*tail)->next;
    }
}

static IsmbNode *
copy_one (IsmbTree *tree, IsmbNode *parent, const IsmbNode *from)
{
  IsmbNode *copy;

  if (from->name == NULL)
    {
      copy = add_node (tree, parent);
      copy->text = ismb_arena_take_bytes (&tree->arena, from->text, from->length);
      copy->length = from->length;
      return copy;
    }
  copy = add_element (tree, parent, from->name, from->ns);
  copy_attributes (tree, copy, from);
  return copy;
}

static void
copy_children (IsmbTree *tree, IsmbNode *to, const IsmbNode *from)
{
  const IsmbNode *at = from->first;

  while (at != NULL)
    {
      IsmbNode *copy = copy_one (tree, to, at);

      if (at->first != NULL)
        {
          at = at->first;
          to = copy;
          continue;
        }
      while (at != from && at->next == NULL)
        {
          at = at->parent;
          to = to->parent;
        }
      at = at != from ? at->next : NULL;
    }
}

IsmbTree *
ismb_tree_copy (const IsmbTree *tree)
{
  IsmbTree *copy = ismb_tree_new (tree->root->name, tree->root->ns);

  copy_attributes (copy, copy->root, tree->root);
  copy_children (copy, copy->root, tree->root);
  return copy;
}

IsmbNode *
ismb_tree_add_copy (IsmbTree *tree, IsmbNode *parent, const IsmbNode *node)
{
  IsmbNode *copy;

  g_assert (parent->name != NULL);
  copy = copy_one (tree, parent, node);
  copy_children (tree, copy, node);
  return copy;
}

/* Reading */

const char *
ismb_node_name (const IsmbNode *node)
{
  return node->name;
}

const char *
ismb_node_ns (const IsmbNode *node)
{
  return node->name != NULL ? node->ns : NULL;
}

gboolean
ismb_node_is (const IsmbNode *node, const char *name, const char *ns)
{
  return node->name != NULL
         && (name == NULL || g_str_equal (node->name, name))
         && (ns == NULL || g_str_equal (node->ns, ns));
}

const char *
ismb_node_get (const IsmbNode *node, const char *attribute)
{
  for (const Attribute *at = node->attributes; at != NULL; at = at->next)
    {
      if (g_str_equal (at->name, attribute))
        return at->value;
    }
  return NULL;
}

void
ismb_node_foreach_attribute (const IsmbNode *node,
                             void (*func) (const char *name, const char *value, gpointer data),
                             gpointer data)
{
  for (const Attribute *at = node->attributes; at != NULL; at = at->next)
    func (at->name, at->value, data);
}

IsmbNode *
ismb_node_parent (const IsmbNode *node)
{
  return node->parent;
}

IsmbNode *
ismb_node_first_child (const IsmbNode *node)
{
  return node->first;
}

IsmbNode *
ismb_node_next (const IsmbNode *node)
{
  return node->next;
}

static IsmbNode *
find_from (IsmbNode *node, const char *name, const char *ns)
{
  while (node != NULL && !ismb_node_is (node, name, ns))
    node = node->next;
  return node;
}

IsmbNode *
ismb_node_find (const IsmbNode *node, const char *name, const char *ns)
{
  return find_from (node->first, name, ns);
}

IsmbNode *
ismb_node_find_next (const IsmbNode *node, const char *name, const char *ns)
{
  return find_from (node->next, name, ns);
}

char *
ismb_node_dup_text (const IsmbNode *node)
{
  GString *text;

  if (node->name == NULL)
    return g_strndup (node->text, node->length);
  text = g_string_new (NULL);
  for (const IsmbNode *at = node->first; at != NULL; at = at->next)
    {
      if (at->name == NULL)
        g_string_append_len (text, at->text, at->length);
    }
  return g_string_free (text, FALSE);
}

const char *
ismb_tree_peek_text (IsmbTree *tree, IsmbNode *node)
{
  g_autofree char *text = NULL;
  const IsmbNode *found = NULL;
  guint texts = 0;

  if (node->name == NULL)
    return node->text;
  for (const IsmbNode *at = node->first; at != NULL; at = at->next)
    {
      if (at->name != NULL)
        continue;
      found = at;
      texts++;
    }
  if (texts > 1)
    {
      text = ismb_node_dup_text (node);
      ismb_tree_set_text (tree, node, text);
      found = node->last;
    }
  return found != NULL ? found->text : "";
}

char *
ismb_node_dup_child_text (const IsmbNode *node, const char *name, const char *ns)
{
  IsmbNode *child = ismb_node_find (node, name, ns);

  return child != NULL ? ismb_node_dup_text (child) : NULL;
}

/* Writing */

static void
write_attribute (GString *out, const char *name, const char *value)
{
  g_string_append_c (out, ' ');
  g_string_append (out, name);
  g_string_append (out, "='");
  ismb_xml_escape (out, value, -1, TRUE);
  g_string_append_c (out, '\'');
}

/* A text, an empty element, or the start tag of an element with children. */
/* XML's own namespace has its prefix, and may not be the default one (Namespaces in XML, 3). */
static void
write_name (const IsmbNode *node, GString *out)
{
  if (g_str_equal (node->ns, ISMB_NS_XML))
    g_string_append (out, "xml:");
  g_string_append (out, node->name);
}

static void
write_opening (const IsmbNode *node, const char *parent_ns, GString *out)
{
  if (node->name == NULL)
    {
      ismb_xml_escape (out, node->text, node->length, FALSE);
      return;
    }
  g_string_append_c (out, '<');
  write_name (node, out);
  if (node->ns != parent_ns && g_strcmp0 (node->ns, parent_ns) != 0
      && !g_str_equal (node->ns, ISMB_NS_XML))
    write_attribute (out, "xmlns", node->ns);
  for (const Attribute *at = node->attributes; at != NULL; at = at->next)
    write_attribute (out, at->name, at->value);
  g_string_append (out, node->first != NULL ? ">" : "/>");
}

static void
write_closing (const IsmbNode *node, GString *out)
{
  g_string_append (out, "</");
  write_name (node, out);
  g_string_append_c (out, '>');
}

void
ismb_node_write (const IsmbNode *node, const char *parent_ns, GString *out)
{
  const IsmbNode *at = node;

  for (;;)
    {
      write_opening (at, at == node ? parent_ns : at->parent->ns, out);
      if (at->first != NULL)
        {
          at = at->first;
          continue;
        }
      while (at != node && at->next == NULL)
        {
          at = at->parent;
          write_closing (at, out);
        }
      if (at == node)
        return;
      at = at->next;
    }
}
