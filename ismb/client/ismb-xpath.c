/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/client/ismb-xpath.h"

#include "ismb/client/ismb-xpath-predicate.h"
#include "ismb/core/ismb-namespaces.h"

#define STEPS_MAX 32
#define FUEL 100000 /* elements looked at for one stanza */

typedef enum
{
  AXIS_CHILD,
  AXIS_BELOW, /* children, their children and so on */
  AXIS_PARENT,
} Axis;

typedef struct
{
  Axis axis;
  char *name, *ns;       /* NULL: any */
  GPtrArray *predicates; /* of IsmbXPathPredicate */
} Step;

struct _IsmbXPath
{
  GPtrArray *steps; /* of Step */
};

/* Where the walk is; the one above the stanza has no node. */
typedef struct _Place Place;
struct _Place
{
  const Place *parent;
  IsmbNode *node;
};

typedef struct
{
  const IsmbXPath *path;
  IsmbTree *tree;
  guint fuel;
} Walk;

static void
step_free (gpointer data)
{
  Step *step = data;

  g_free (step->name);
  g_free (step->ns);
  g_ptr_array_unref (step->predicates);
  g_free (step);
}

/* Reading */

static Step *
add_step (IsmbXPath *self, Axis axis)
{
  Step *step = g_new0 (Step, 1);

  step->axis = axis;
  step->predicates = g_ptr_array_new_with_free_func ((GDestroyNotify) ismb_xpath_predicate_free);
  g_ptr_array_add (self->steps, step);
  return step;
}

static gboolean
read_predicates (IsmbExpression *text, Step *step, const char *ns, GError **error)
{
  while (ismb_expression_skip (text, '['))
    {
      IsmbXPathPredicate *predicate = ismb_xpath_predicate_read (text, ns, error);

      if (predicate == NULL)
        return FALSE;
      g_ptr_array_add (step->predicates, predicate);
    }
  return TRUE;
}

/* `{*}name` is of any namespace, as is `*` alone; neither changes what holds for those behind. */
static gboolean
read_element (IsmbExpression *text, IsmbXPath *self, Axis axis, char **ns, GError **error)
{
  Step *step = add_step (self, axis);
  g_autofree char *stated = NULL;

  if (!ismb_expression_read_ns (text, &stated, error)
      || !ismb_expression_read_name (text, &step->name, error))
    return FALSE;
  if (stated != NULL && !g_str_equal (stated, "*"))
    {
      g_free (*ns);
      *ns = g_strdup (stated);
    }
  if (stated != NULL ? !g_str_equal (stated, "*") : step->name != NULL)
    step->ns = g_strdup (*ns);
  return read_predicates (text, step, *ns, error);
}

static gboolean
read_step (IsmbExpression *text, IsmbXPath *self, char **ns, GError **error)
{
  Axis axis = ismb_expression_skip (text, '/') ? AXIS_BELOW : AXIS_CHILD;

  if (self->steps->len == STEPS_MAX)
    return ismb_expression_fail (text, "the end", error);
  if (!ismb_expression_skip (text, '.'))
    return read_element (text, self, axis, ns, error);
  if (axis == AXIS_BELOW)
    return ismb_expression_fail (text, "a name or \"*\"", error);
  if (ismb_expression_skip (text, '.'))
    add_step (self, AXIS_PARENT);
  return TRUE;
}

static gboolean
read_steps (IsmbExpression *text, IsmbXPath *self, GError **error)
{
  g_autofree char *ns = g_strdup (ISMB_NS_CLIENT);

  if (*text->at == '/')
    return ismb_expression_fail (text, "a name, \"*\" or \".\"", error);
  do
    if (!read_step (text, self, &ns, error))
      return FALSE;
  while (ismb_expression_skip (text, '/'));
  if (*text->at != '\0')
    return ismb_expression_fail (text, "\"/\" or \"[\"", error);
  return TRUE;
}

IsmbXPath *
ismb_xpath_new (const char *text, GError **error)
{
  g_autoptr (IsmbXPath) self = g_new0 (IsmbXPath, 1);
  IsmbExpression expression = { text, text };

  self->steps = g_ptr_array_new_with_free_func (step_free);
  if (!read_steps (&expression, self, error))
    return NULL;
  if (self->steps->len > 0)
    return g_steal_pointer (&self);
  ismb_expression_fail (&expression, "the name of an element", error);
  return NULL;
}

void
ismb_xpath_free (IsmbXPath *self)
{
  g_ptr_array_unref (self->steps);
  g_free (self);
}

/* Matching */

static gboolean
is_wanted (Walk *walk, const Step *step, const Place *place)
{
  if (!ismb_node_is (place->node, step->name, step->ns))
    return FALSE;
  for (guint i = 0; i < step->predicates->len; i++)
    if (!ismb_xpath_predicate_holds (step->predicates->pdata[i], walk->tree, place->parent->node,
                                     place->node, &walk->fuel))
      return FALSE;
  return TRUE;
}

static IsmbNode *
first_child (Walk *walk, const Place *place)
{
  return place->node != NULL ? ismb_node_find (place->node, NULL, NULL)
                             : ismb_tree_root (walk->tree);
}

static gboolean
walk_from (Walk *walk, guint index, const Place *place)
{
  const GPtrArray *steps = walk->path->steps;
  const Step *step;

  if (index == steps->len)
    return place->node != NULL;
  step = steps->pdata[index];
  if (step->axis == AXIS_PARENT)
    return place->parent != NULL && walk_from (walk, index + 1, place->parent);
  for (IsmbNode *node = first_child (walk, place); node != NULL;
       node = ismb_node_find_next (node, NULL, NULL))
    {
      Place below = { place, node };

      if (walk->fuel == 0 || --walk->fuel == 0)
        return FALSE;
      if (is_wanted (walk, step, &below) && walk_from (walk, index + 1, &below))
        return TRUE;
      if (step->axis == AXIS_BELOW && walk_from (walk, index, &below))
        return TRUE;
    }
  return FALSE;
}

gboolean
ismb_xpath_match (const IsmbXPath *self, IsmbTree *tree)
{
  Walk walk = { self, tree, FUEL };
  Place above = { NULL, NULL };

  return walk_from (&walk, 0, &above);
}

static gboolean
is_plain (const Step *step)
{
  return step->axis == AXIS_CHILD && step->name != NULL;
}

guint
ismb_xpath_get_keys (const IsmbXPath *self, IsmbMatcherKey keys[ISMB_MATCHER_KEYS_MAX])
{
  const Step *first = self->steps->pdata[0];
  const Step *second = self->steps->len > 1 ? self->steps->pdata[1] : NULL;

  keys[0] = (IsmbMatcherKey) { NULL };
  if (!is_plain (first))
    return 1;
  keys[0].kind = first->name;
  if (second != NULL && is_plain (second))
    {
      keys[0].child = second->name;
      keys[0].ns = second->ns;
    }
  return 1;
}
