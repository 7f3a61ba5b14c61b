/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/client/ismb-xpath-predicate.h"

#include <string.h>

#include "ismb/core/ismb-namespaces.h"

typedef enum
{
  OF_ATTRIBUTE,
  OF_CHILD,
  OF_ITSELF,
  NTH,
  NTH_FROM_LAST,
} Subject;

struct _IsmbXPathPredicate
{
  Subject subject;
  char *name, *ns; /* NULL: any */
  char *value;     /* NULL: it need only be there */
  gboolean differs;
  guint64 position; /* 0 is the first, or the last */
};

void
ismb_xpath_predicate_free (IsmbXPathPredicate *self)
{
  g_free (self->name);
  g_free (self->ns);
  g_free (self->value);
  g_free (self);
}

/* Reading */

static void
skip_spaces (IsmbExpression *text)
{
  while (ismb_expression_skip (text, ' '))
    ;
}

/* Elements have no attributes with a namespace here, but for xml:lang. */
static gboolean
read_attribute (IsmbExpression *text, IsmbXPathPredicate *self, GError **error)
{
  g_autofree char *ns = NULL;
  g_autofree char *name = NULL;

  if (!ismb_expression_read_ns (text, &ns, error)
      || !ismb_expression_read_name (text, &name, error))
    return FALSE;
  if (name == NULL)
    return ismb_expression_fail (text, "the name of an attribute", error);
  self->name = g_strcmp0 (ns, ISMB_NS_XML) == 0 ? g_strconcat ("xml:", name, NULL)
                                                : g_steal_pointer (&name);
  return TRUE;
}

static gboolean
read_number (IsmbExpression *text, guint64 *number, GError **error)
{
  char *end;

  if (!g_ascii_isdigit (*text->at))
    return ismb_expression_fail (text, "a number", error);
  *number = g_ascii_strtoull (text->at, &end, 10);
  text->at = end;
  return TRUE;
}

static gboolean
read_position (IsmbExpression *text, IsmbXPathPredicate *self, GError **error)
{
  self->subject = NTH;
  if (!read_number (text, &self->position, error))
    return FALSE;
  if (self->position-- == 0)
    return ismb_expression_fail (text, "a position of 1 or more", error);
  return TRUE;
}

static gboolean
read_last (IsmbExpression *text, IsmbXPathPredicate *self, GError **error)
{
  self->subject = NTH_FROM_LAST;
  text->at += strlen ("last()");
  skip_spaces (text);
  if (!ismb_expression_skip (text, '-'))
    return TRUE;
  skip_spaces (text);
  return read_number (text, &self->position, error);
}

static gboolean
read_child (IsmbExpression *text, IsmbXPathPredicate *self, const char *ns, GError **error)
{
  self->subject = OF_CHILD;
  if (!ismb_expression_read_ns (text, &self->ns, error)
      || !ismb_expression_read_name (text, &self->name, error))
    return FALSE;
  if (self->ns == NULL)
    self->ns = g_strdup (ns);
  return TRUE;
}

static gboolean
read_subject (IsmbExpression *text, IsmbXPathPredicate *self, const char *ns, GError **error)
{
  if (g_ascii_isdigit (*text->at))
    return read_position (text, self, error);
  if (g_str_has_prefix (text->at, "last()"))
    return read_last (text, self, error);
  if (ismb_expression_skip (text, '@'))
    return read_attribute (text, self, error);
  if (!ismb_expression_skip (text, '.'))
    return read_child (text, self, ns, error);
  self->subject = OF_ITSELF;
  return TRUE;
}

static gboolean
read_value (IsmbExpression *text, IsmbXPathPredicate *self, GError **error)
{
  skip_spaces (text);
  self->differs = ismb_expression_skip (text, '!');
  if (ismb_expression_skip (text, '='))
    {
      skip_spaces (text);
      return ismb_expression_read_quoted (text, &self->value, error);
    }
  if (self->differs || self->subject == OF_ITSELF)
    return ismb_expression_fail (text, "\"=\"", error);
  return TRUE;
}

IsmbXPathPredicate *
ismb_xpath_predicate_read (IsmbExpression *text, const char *ns, GError **error)
{
  g_autoptr (IsmbXPathPredicate) self = g_new0 (IsmbXPathPredicate, 1);

  skip_spaces (text);
  if (!read_subject (text, self, ns, error))
    return NULL;
  if (self->subject < NTH && !read_value (text, self, error))
    return NULL;
  skip_spaces (text);
  if (ismb_expression_skip (text, ']'))
    return g_steal_pointer (&self);
  ismb_expression_fail (text, "\"]\"", error);
  return NULL;
}

/* Looking */

static gboolean
burn (guint *fuel)
{
  return *fuel > 0 && --*fuel > 0;
}

/* Steps `*rest` over the text of the element and of all within it; FALSE where they differ. */
static gboolean
skip_text (IsmbTree *tree, IsmbNode *node, const char **rest, guint *fuel)
{
  const char *text;
  gsize length;

  if (ismb_node_name (node) == NULL)
    {
      text = ismb_tree_peek_text (tree, node);
      length = strlen (text);
      if (strncmp (*rest, text, length) != 0)
        return FALSE;
      *rest += length;
      return TRUE;
    }
  for (IsmbNode *child = ismb_node_first_child (node); child != NULL;
       child = ismb_node_next (child))
    if (!burn (fuel) || !skip_text (tree, child, rest, fuel))
      return FALSE;
  return TRUE;
}

static gboolean
has_text (IsmbTree *tree, IsmbNode *node, const char *text, guint *fuel)
{
  return skip_text (tree, node, &text, fuel) && *text == '\0';
}

static gboolean
holds_for_attribute (const IsmbXPathPredicate *self, IsmbNode *node)
{
  const char *value = ismb_node_get (node, self->name);

  return value != NULL
         && (self->value == NULL || g_str_equal (value, self->value) != self->differs);
}

static gboolean
holds_for_child (const IsmbXPathPredicate *self, IsmbTree *tree, IsmbNode *node, guint *fuel)
{
  for (IsmbNode *child = ismb_node_find (node, self->name, self->ns);
       child != NULL && burn (fuel); child = ismb_node_find_next (child, self->name, self->ns))
    if (self->value == NULL || has_text (tree, child, self->value, fuel) != self->differs)
      return *fuel > 0;
  return FALSE;
}

/* Positions count among those of the same name and namespace. The stanza is alone. */
static gboolean
is_nth (guint64 position, IsmbNode *first, const IsmbNode *node, guint *fuel)
{
  const char *name = ismb_node_name (node);
  const char *ns = ismb_node_ns (node);
  IsmbNode *at = first;

  while (at != NULL && at != node && position > 0 && burn (fuel))
    {
      at = ismb_node_find_next (at, name, ns);
      position--;
    }
  return at == node && position == 0;
}

static gboolean
is_nth_from_last (guint64 position, IsmbNode *node, guint *fuel)
{
  const char *name = ismb_node_name (node);
  const char *ns = ismb_node_ns (node);
  IsmbNode *at = ismb_node_find_next (node, name, ns);

  while (at != NULL && position > 0 && burn (fuel))
    {
      at = ismb_node_find_next (at, name, ns);
      position--;
    }
  return at == NULL && position == 0;
}

static gboolean
has_position (const IsmbXPathPredicate *self, const IsmbNode *parent, IsmbNode *node, guint *fuel)
{
  if (parent == NULL)
    return self->position == 0;
  if (self->subject == NTH_FROM_LAST)
    return is_nth_from_last (self->position, node, fuel);
  return is_nth (self->position,
                 ismb_node_find (parent, ismb_node_name (node), ismb_node_ns (node)), node, fuel);
}

gboolean
ismb_xpath_predicate_holds (const IsmbXPathPredicate *self, IsmbTree *tree, IsmbNode *parent,
                            IsmbNode *node, guint *fuel)
{
  switch (self->subject)
    {
    case OF_ATTRIBUTE: return holds_for_attribute (self, node);
    case OF_CHILD: return holds_for_child (self, tree, node, fuel);
    case OF_ITSELF: return has_text (tree, node, self->value, fuel) != self->differs && *fuel > 0;
    default: return has_position (self, parent, node, fuel);
    }
}
