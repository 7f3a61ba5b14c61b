/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/client/ismb-handlers.h"

#include "ismb/client/ismb-matcher-private.h"
#include "ismb/core/ismb-stanza-private.h"

#define KINDS 3

static const char *const kinds[KINDS] = { "message", "presence", "iq" };

struct _IsmbHandler
{
  guint id;
  char *name;
  IsmbMatcher *matcher;
  IsmbHandlerWay way;
  gboolean removed;
  guint asked; /* the round in which it was asked last */
  IsmbHandlerFunc func;
  gpointer user_data;
  GDestroyNotify destroy;
};

/* An element in a stanza; a NULL `ns` is any. */
typedef struct
{
  const char *name, *ns;
} Child;

/* A list is a GPtrArray of IsmbHandler, and NULL where it would be empty. */
struct _IsmbHandlers
{
  GHashTable *all; /* id to IsmbHandler, which it owns */
  guint last_id;
  guint round; /* each stanza is one */
  GHashTable *of_stanza_id; /* id of a stanza to list */
  GPtrArray *of_anything;
  GPtrArray *of_kind[KINDS];
  GHashTable *of_child[KINDS]; /* Child to list; NULL until the first */
};

static void
handler_clear (gpointer data)
{
  IsmbHandler *handler = data;

  if (handler->destroy != NULL)
    handler->destroy (handler->user_data);
  g_object_unref (handler->matcher);
  g_free (handler->name);
}

static void
handler_unref (gpointer data)
{
  g_rc_box_release_full (data, handler_clear);
}

static guint
child_hash (gconstpointer data)
{
  const Child *child = data;

  return g_str_hash (child->name) * 31 + (child->ns != NULL ? g_str_hash (child->ns) : 0);
}

static gboolean
child_equal (gconstpointer a, gconstpointer b)
{
  const Child *one = a;
  const Child *other = b;

  return g_str_equal (one->name, other->name) && g_strcmp0 (one->ns, other->ns) == 0;
}

static Child *
child_copy (const Child *child)
{
  Child *copy = g_new (Child, 1);

  copy->name = g_strdup (child->name);
  copy->ns = g_strdup (child->ns);
  return copy;
}

static void
child_free (gpointer data)
{
  Child *child = data;

  g_free ((char *) child->name);
  g_free ((char *) child->ns);
  g_free (child);
}

/* The lists */

static void
clear_list (gpointer list)
{
  if (list != NULL)
    g_ptr_array_unref (list);
}

static void
enlist (GPtrArray **list, IsmbHandler *handler)
{
  if (*list == NULL)
    *list = g_ptr_array_new ();
  g_ptr_array_add (*list, handler);
}

static void
strike (GPtrArray **list, IsmbHandler *handler)
{
  if (*list != NULL && g_ptr_array_remove (*list, handler) && (*list)->len == 0)
    g_clear_pointer (list, g_ptr_array_unref);
}

static void
enlist_in (GHashTable *table, gconstpointer key, GBoxedCopyFunc copy, IsmbHandler *handler)
{
  GPtrArray *list = g_hash_table_lookup (table, key);

  if (list == NULL)
    {
      list = g_ptr_array_new ();
      g_hash_table_insert (table, copy ((gpointer) key), list);
    }
  g_ptr_array_add (list, handler);
}

static void
strike_from (GHashTable *table, gconstpointer key, IsmbHandler *handler)
{
  GPtrArray *list = table != NULL ? g_hash_table_lookup (table, key) : NULL;

  if (list != NULL && g_ptr_array_remove (list, handler) && list->len == 0)
    g_hash_table_remove (table, key);
}

static guint
index_of_kind (const char *kind)
{
  guint index = 0;

  while (index < KINDS && !g_str_equal (kinds[index], kind))
    index++;
  return index;
}

static void
file (IsmbHandlers *self, const IsmbMatcherKey *key, IsmbHandler *handler)
{
  Child child = { key->child, key->ns };
  guint kind = key->kind != NULL ? index_of_kind (key->kind) : 0;

  if (key->id != NULL)
    enlist_in (self->of_stanza_id, key->id, (GBoxedCopyFunc) g_strdup, handler);
  else if (key->kind == NULL)
    enlist (&self->of_anything, handler);
  else if (kind == KINDS)
    return; /* there are no such stanzas */
  else if (key->child == NULL)
    enlist (&self->of_kind[kind], handler);
  else
    {
      if (self->of_child[kind] == NULL)
        self->of_child[kind] = g_hash_table_new_full (child_hash, child_equal, child_free,
                                                      clear_list);
      enlist_in (self->of_child[kind], &child, (GBoxedCopyFunc) child_copy, handler);
    }
}

static void
unfile (IsmbHandlers *self, const IsmbMatcherKey *key, IsmbHandler *handler)
{
  Child child = { key->child, key->ns };
  guint kind = key->kind != NULL ? index_of_kind (key->kind) : 0;

  if (key->id != NULL)
    strike_from (self->of_stanza_id, key->id, handler);
  else if (key->kind == NULL)
    strike (&self->of_anything, handler);
  else if (kind == KINDS)
    return;
  else if (key->child == NULL)
    strike (&self->of_kind[kind], handler);
  else
    strike_from (self->of_child[kind], &child, handler);
}

IsmbHandlers *
ismb_handlers_new (void)
{
  IsmbHandlers *self = g_new0 (IsmbHandlers, 1);

  self->all = g_hash_table_new_full (NULL, NULL, NULL, handler_unref);
  self->of_stanza_id = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, clear_list);
  return self;
}

void
ismb_handlers_free (IsmbHandlers *self)
{
  for (guint i = 0; i < KINDS; i++)
    {
      g_clear_pointer (&self->of_kind[i], g_ptr_array_unref);
      g_clear_pointer (&self->of_child[i], g_hash_table_unref);
    }
  g_clear_pointer (&self->of_anything, g_ptr_array_unref);
  g_hash_table_unref (self->of_stanza_id);
  g_hash_table_unref (self->all);
  g_free (self);
}

guint
ismb_handlers_add (IsmbHandlers *self, const char *name, IsmbMatcher *matcher, IsmbHandlerWay way,
                   IsmbHandlerFunc func, gpointer user_data, GDestroyNotify destroy)
{
  IsmbHandler *handler = g_rc_box_new0 (IsmbHandler);
  guint count;
  const IsmbMatcherKey *keys = _ismb_matcher_get_keys (matcher, &count);

  handler->id = ++self->last_id;
  handler->name = g_strdup (name);
  handler->matcher = g_object_ref (matcher);
  handler->way = way;
  handler->func = func;
  handler->user_data = user_data;
  handler->destroy = destroy;
  g_hash_table_insert (self->all, GUINT_TO_POINTER (handler->id), handler);
  for (guint i = 0; i < count; i++)
    file (self, &keys[i], handler);
  return handler->id;
}

gboolean
ismb_handlers_remove (IsmbHandlers *self, guint id)
{
  IsmbHandler *handler = g_hash_table_lookup (self->all, GUINT_TO_POINTER (id));
  const IsmbMatcherKey *keys;
  guint count;

  if (handler == NULL)
    return FALSE;
  keys = _ismb_matcher_get_keys (handler->matcher, &count);
  for (guint i = 0; i < count; i++)
    unfile (self, &keys[i], handler);
  handler->removed = TRUE;
  return g_hash_table_remove (self->all, GUINT_TO_POINTER (id));
}

gboolean
ismb_handlers_remove_named (IsmbHandlers *self, const char *name)
{
  GHashTableIter iter;
  IsmbHandler *handler;
  guint first = 0;

  g_hash_table_iter_init (&iter, self->all);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &handler))
    if (g_strcmp0 (handler->name, name) == 0 && (first == 0 || handler->id < first))
      first = handler->id;
  return first != 0 && ismb_handlers_remove (self, first);
}

/* Finding */

/* Asks nobody twice, however many children there are that he may want. */
static void
collect (IsmbHandlers *self, const GPtrArray *list, IsmbStanza *stanza, GPtrArray **found)
{
  for (guint i = 0; list != NULL && i < list->len; i++)
    {
      IsmbHandler *handler = list->pdata[i];

      if (handler->asked == self->round)
        continue;
      handler->asked = self->round;
      if (!ismb_matcher_match (handler->matcher, stanza))
        continue;
      if (*found == NULL)
        *found = g_ptr_array_new_with_free_func (handler_unref);
      g_ptr_array_add (*found, g_rc_box_acquire (handler));
    }
}

static void
collect_by_children (IsmbHandlers *self, GHashTable *table, IsmbStanza *stanza, GPtrArray **found)
{
  IsmbNode *root = ismb_tree_root (_ismb_stanza_get_tree (stanza));

  for (IsmbNode *node = ismb_node_find (root, NULL, NULL); node != NULL;
       node = ismb_node_find_next (node, NULL, NULL))
    {
      Child child = { ismb_node_name (node), ismb_node_ns (node) };

      collect (self, g_hash_table_lookup (table, &child), stanza, found);
      child.ns = NULL;
      collect (self, g_hash_table_lookup (table, &child), stanza, found);
    }
}

static int
compare_turns (gconstpointer a, gconstpointer b)
{
  const IsmbHandler *one = *(const IsmbHandler *const *) a;
  const IsmbHandler *other = *(const IsmbHandler *const *) b;

  if (ismb_handler_waits (one) != ismb_handler_waits (other))
    return ismb_handler_waits (one) ? -1 : 1;
  return one->id < other->id ? -1 : one->id > other->id;
}

static guint
kind_of (IsmbStanza *stanza)
{
  return index_of_kind (ismb_node_name (ismb_tree_root (_ismb_stanza_get_tree (stanza))));
}

GPtrArray *
ismb_handlers_find (IsmbHandlers *self, IsmbStanza *stanza)
{
  GPtrArray *found = NULL;
  const char *id;
  guint kind;

  if (g_hash_table_size (self->all) == 0)
    return NULL;
  self->round++;
  kind = kind_of (stanza);
  id = g_hash_table_size (self->of_stanza_id) > 0 ? ismb_stanza_get_id (stanza) : NULL;
  if (id != NULL)
    collect (self, g_hash_table_lookup (self->of_stanza_id, id), stanza, &found);
  collect (self, self->of_anything, stanza, &found);
  collect (self, self->of_kind[kind], stanza, &found);
  if (self->of_child[kind] != NULL && g_hash_table_size (self->of_child[kind]) > 0)
    collect_by_children (self, self->of_child[kind], stanza, &found);
  if (found != NULL && found->len > 1)
    g_ptr_array_sort (found, compare_turns);
  return found;
}

gboolean
ismb_handlers_call (IsmbHandlers *self, IsmbHandler *handler, gpointer client, IsmbStanza *stanza,
                    GError **error)
{
  if (handler->removed)
    return FALSE;
  if (handler->way != ISMB_HANDLER_WAY_STAYS)
    ismb_handlers_remove (self, handler->id);
  return handler->func (client, stanza, handler->user_data, error);
}

const char *
ismb_handler_get_name (const IsmbHandler *handler)
{
  return handler->name != NULL ? handler->name : "unnamed";
}

gboolean
ismb_handler_waits (const IsmbHandler *handler)
{
  return handler->way == ISMB_HANDLER_WAY_WAITS;
}
