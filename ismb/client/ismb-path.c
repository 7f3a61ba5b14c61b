/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/client/ismb-path.h"

#include <string.h>

#include "ismb/client/ismb-expression.h"
#include "ismb/core/ismb-payload-private.h"
#include "ismb/core/ismb-stanza-private.h"

#define STEPS_MAX 32

typedef struct
{
  char *key;
  char *value;
} Condition;

/* Of a class, so that they live for ever. */
typedef struct
{
  const char *name, *ns;
} Element;

typedef struct
{
  char *name, *ns;       /* NULL: any */
  Element registered;    /* what the name stands for among payloads; its name may be NULL */
  gboolean is_bare;      /* the name alone, with no namespace from before: only what it stands for */
  GPtrArray *conditions; /* of Condition */
} Step;

struct _IsmbPath
{
  GPtrArray *steps; /* of Step, the stanza's first */
};

static void
condition_free (gpointer data)
{
  Condition *condition = data;

  g_free (condition->key);
  g_free (condition->value);
  g_free (condition);
}

static void
step_free (gpointer data)
{
  Step *step = data;

  g_free (step->name);
  g_free (step->ns);
  g_ptr_array_unref (step->conditions);
  g_free (step);
}

/* Reading */

/* Up to the next condition or step, unless it is quoted: `@from='ada@sw1.001122/here'`. */
static gboolean
read_value (IsmbExpression *text, char **value, GError **error)
{
  gsize length;

  if (*text->at == '\'' || *text->at == '"')
    return ismb_expression_read_quoted (text, value, error);
  length = strcspn (text->at, "@/");
  *value = g_strndup (text->at, length);
  text->at += length;
  return TRUE;
}

static gboolean
read_condition (IsmbExpression *text, Step *step, GError **error)
{
  Condition *condition = g_new0 (Condition, 1);

  g_ptr_array_add (step->conditions, condition);
  if (!ismb_expression_read_name (text, &condition->key, error))
    return FALSE;
  if (condition->key == NULL || !ismb_expression_skip (text, '='))
    return ismb_expression_fail (text, "\"=\" and a value", error);
  return read_value (text, &condition->value, error);
}

/* SleekXMPP's names of what plugins make of an element: `roster` is {jabber:iq:roster}query. */
static void
look_up (Step *step, const Step *before)
{
  step->ns = g_strdup (before->ns);
  step->is_bare = step->name != NULL
                  && _ismb_payload_find (step->name, &step->registered.name, &step->registered.ns)
                  && step->ns == NULL;
}

static gboolean
read_step (IsmbExpression *text, IsmbPath *self, GError **error)
{
  const Step *before = self->steps->len > 0 ? self->steps->pdata[self->steps->len - 1] : NULL;
  Step *step = g_new0 (Step, 1);

  step->conditions = g_ptr_array_new_with_free_func (condition_free);
  g_ptr_array_add (self->steps, step);
  if (!ismb_expression_read_ns (text, &step->ns, error)
      || !ismb_expression_read_name (text, &step->name, error))
    return FALSE;
  if (step->ns == NULL && before != NULL)
    look_up (step, before);
  while (ismb_expression_skip (text, '@'))
    if (!read_condition (text, step, error))
      return FALSE;
  return TRUE;
}

static gboolean
check_start (IsmbExpression *text, const Step *first, GError **error)
{
  static const char *const kinds[] = { "message", "presence", "iq", NULL };

  if (first->name == NULL || g_strv_contains (kinds, first->name))
    return TRUE;
  text->at = text->text;
  return ismb_expression_fail (text, "message, presence, iq or *", error);
}

static gboolean
read_steps (IsmbExpression *text, IsmbPath *self, GError **error)
{
  do
    {
      if (self->steps->len == STEPS_MAX)
        return ismb_expression_fail (text, "the end", error);
      if (!read_step (text, self, error))
        return FALSE;
    }
  while (ismb_expression_skip (text, '/'));
  if (*text->at != '\0')
    return ismb_expression_fail (text, "\"/\" or \"@\"", error);
  return check_start (text, self->steps->pdata[0], error);
}

IsmbPath *
ismb_path_new (const char *text, GError **error)
{
  g_autoptr (IsmbPath) self = g_new0 (IsmbPath, 1);
  IsmbExpression expression = { text, text };

  self->steps = g_ptr_array_new_with_free_func (step_free);
  if (!read_steps (&expression, self, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
ismb_path_free (IsmbPath *self)
{
  g_ptr_array_unref (self->steps);
  g_free (self);
}

/* Matching */

static const char *
get_jid (IsmbJid *jid)
{
  return jid != NULL ? ismb_jid_get_full (jid) : NULL;
}

/* What SleekXMPP calls an interface: an attribute, or the text of a child. */
static const char *
get_value (IsmbTree *tree, IsmbNode *node, const char *key)
{
  const char *value = ismb_node_get (node, g_str_equal (key, "lang") ? "xml:lang" : key);
  IsmbNode *child = value == NULL ? ismb_node_find (node, key, ismb_node_ns (node)) : NULL;

  return child != NULL ? ismb_tree_peek_text (tree, child) : value;
}

static const char *
get_value_of_stanza (IsmbStanza *stanza, IsmbTree *tree, const char *key)
{
  if (g_str_equal (key, "type"))
    return ismb_stanza_get_stanza_type (stanza);
  if (g_str_equal (key, "from"))
    return get_jid (ismb_stanza_get_from_jid (stanza));
  if (g_str_equal (key, "to"))
    return get_jid (ismb_stanza_get_to_jid (stanza));
  return get_value (tree, ismb_tree_root (tree), key);
}

/* `stanza` is NULL for what lies in it. What is not there is an empty text. */
static gboolean
meets_conditions (const Step *step, IsmbStanza *stanza, IsmbTree *tree, IsmbNode *node)
{
  for (guint i = 0; i < step->conditions->len; i++)
    {
      const Condition *condition = step->conditions->pdata[i];
      const char *value = stanza != NULL ? get_value_of_stanza (stanza, tree, condition->key)
                                         : get_value (tree, node, condition->key);

      if (!g_str_equal (value != NULL ? value : "", condition->value))
        return FALSE;
    }
  return TRUE;
}

static gboolean
is_named (const Step *step, const IsmbNode *node)
{
  return (!step->is_bare && ismb_node_is (node, step->name, step->ns))
         || (step->registered.name != NULL
             && ismb_node_is (node, step->registered.name, step->registered.ns));
}

static gboolean
match_below (const IsmbPath *self, guint index, IsmbTree *tree, IsmbNode *parent)
{
  const Step *step;

  if (index == self->steps->len)
    return TRUE;
  step = self->steps->pdata[index];
  for (IsmbNode *node = ismb_node_find (parent, NULL, NULL); node != NULL;
       node = ismb_node_find_next (node, NULL, NULL))
    if (is_named (step, node) && meets_conditions (step, NULL, tree, node)
        && match_below (self, index + 1, tree, node))
      return TRUE;
  return FALSE;
}

gboolean
ismb_path_match (const IsmbPath *self, IsmbStanza *stanza)
{
  IsmbTree *tree = _ismb_stanza_get_tree (stanza);
  IsmbNode *root = ismb_tree_root (tree);
  const Step *first = self->steps->pdata[0];

  return ismb_node_is (root, first->name, first->ns)
         && meets_conditions (first, stanza, tree, root) && match_below (self, 1, tree, root);
}

guint
ismb_path_get_keys (const IsmbPath *self, IsmbMatcherKey keys[ISMB_MATCHER_KEYS_MAX])
{
  const Step *first = self->steps->pdata[0];
  const Step *second = self->steps->len > 1 ? self->steps->pdata[1] : NULL;
  IsmbMatcherKey key = { .kind = first->name };
  guint count = 0;

  if (first->name == NULL || second == NULL || second->name == NULL)
    keys[count++] = key;
  else
    {
      if (!second->is_bare)
        keys[count++] = (IsmbMatcherKey) { NULL, first->name, second->name, second->ns };
      if (second->registered.name != NULL)
        keys[count++] = (IsmbMatcherKey) { NULL, first->name, second->registered.name,
                                           second->registered.ns };
    }
  return count;
}
