/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/client/ismb-mask.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-tree-reader.h"

struct _IsmbMask
{
  IsmbTree *tree;
};

/* The comparison of one element. */
typedef struct
{
  const IsmbNode *node;
  gboolean same;
} Comparison;

IsmbMask *
ismb_mask_new (const char *xml, GError **error)
{
  g_autoptr (GError) problem = NULL;
  IsmbTree *tree = ismb_tree_read (xml, -1, ISMB_NS_CLIENT, &problem);
  IsmbMask *self;

  if (tree == NULL)
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_EXPRESSION,
                   "\"%s\" is no sample of a stanza: %s", xml, problem->message);
      return NULL;
    }
  self = g_new0 (IsmbMask, 1);
  self->tree = tree;
  return self;
}

void
ismb_mask_free (IsmbMask *self)
{
  ismb_tree_unref (self->tree);
  g_free (self);
}

static const char *
skip_space (const char *text)
{
  while (g_ascii_isspace (*text))
    text++;
  return text;
}

static gsize
length_without_space (const char *text)
{
  gsize length = strlen (text);

  while (length > 0 && g_ascii_isspace (text[length - 1]))
    length--;
  return length;
}

/* A sample is written with line breaks, so that space around a text does not count. */
static gboolean
has_text (IsmbTree *tree, IsmbNode *node, IsmbTree *sample, IsmbNode *wanted)
{
  const char *expected = skip_space (ismb_tree_peek_text (sample, wanted));
  gsize length = length_without_space (expected);
  const char *text;

  if (length == 0)
    return TRUE;
  text = skip_space (ismb_tree_peek_text (tree, node));
  return length_without_space (text) == length && memcmp (text, expected, length) == 0;
}

static void
compare_attribute (const char *name, const char *value, gpointer data)
{
  Comparison *comparison = data;

  if (g_strcmp0 (ismb_node_get (comparison->node, name), value) != 0)
    comparison->same = FALSE;
}

static gboolean match_node (IsmbTree *tree, IsmbNode *node, IsmbTree *sample, IsmbNode *wanted);

static gboolean
has_child (IsmbTree *tree, IsmbNode *node, IsmbTree *sample, IsmbNode *wanted)
{
  const char *name = ismb_node_name (wanted);
  const char *ns = ismb_node_ns (wanted);

  for (IsmbNode *child = ismb_node_find (node, name, ns); child != NULL;
       child = ismb_node_find_next (child, name, ns))
    if (match_node (tree, child, sample, wanted))
      return TRUE;
  return FALSE;
}

/* Of the same name. */
static gboolean
match_node (IsmbTree *tree, IsmbNode *node, IsmbTree *sample, IsmbNode *wanted)
{
  Comparison comparison = { node, TRUE };

  ismb_node_foreach_attribute (wanted, compare_attribute, &comparison);
  if (!comparison.same || !has_text (tree, node, sample, wanted))
    return FALSE;
  for (IsmbNode *child = ismb_node_find (wanted, NULL, NULL); child != NULL;
       child = ismb_node_find_next (child, NULL, NULL))
    if (!has_child (tree, node, sample, child))
      return FALSE;
  return TRUE;
}

gboolean
ismb_mask_match (const IsmbMask *self, IsmbTree *tree)
{
  IsmbNode *root = ismb_tree_root (tree);
  IsmbNode *wanted = ismb_tree_root (self->tree);

  return ismb_node_is (root, ismb_node_name (wanted), ismb_node_ns (wanted))
         && match_node (tree, root, self->tree, wanted);
}

guint
ismb_mask_get_keys (const IsmbMask *self, IsmbMatcherKey keys[ISMB_MATCHER_KEYS_MAX])
{
  const IsmbNode *root = ismb_tree_root (self->tree);
  const IsmbNode *child = ismb_node_find (root, NULL, NULL);

  keys[0] = (IsmbMatcherKey) { .kind = ismb_node_name (root) };
  if (child != NULL)
    {
      keys[0].child = ismb_node_name (child);
      keys[0].ns = ismb_node_ns (child);
    }
  return 1;
}
