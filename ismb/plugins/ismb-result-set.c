/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/plugins/ismb-result-set.h"

#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-payload-private.h"
#include "ismb/core/ismb-stanza-private.h"

/**
 * IsmbResultSet:
 *
 * Which part of many results is asked for, or was answered (XEP-0059). It stands in the payload of
 * an iq: [func@Ismb.ResultSet.find].
 */
struct _IsmbResultSet
{
  IsmbPayload parent_instance;
};

G_DEFINE_FINAL_TYPE (IsmbResultSet, ismb_result_set, ISMB_TYPE_PAYLOAD)

static void
ismb_result_set_class_init (IsmbResultSetClass *klass)
{
  ismb_payload_class_set_element (ISMB_PAYLOAD_CLASS (klass), "set", ISMB_NS_RSM);
}

static void
ismb_result_set_init (IsmbResultSet *self)
{
}

static IsmbNode *
get_node (IsmbResultSet *self)
{
  return _ismb_payload_get_node (ISMB_PAYLOAD (self));
}

static char *
get_text (IsmbResultSet *self, const char *name)
{
  return ismb_node_dup_child_text (get_node (self), name, ISMB_NS_RSM);
}

static void
set_text (IsmbResultSet *self, const char *name, const char *text)
{
  ismb_tree_set_leaf (_ismb_payload_get_tree (ISMB_PAYLOAD (self)), get_node (self), name,
                      ISMB_NS_RSM, text);
}

/* -1: none, or what is no number. */
static int
read_number (const char *text)
{
  guint64 number;

  return text != NULL && g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT, &number, NULL)
             ? (int) number
             : -1;
}

static int
get_number (IsmbResultSet *self, const char *name)
{
  g_autofree char *text = get_text (self, name);

  return read_number (text);
}

static void
set_number (IsmbResultSet *self, const char *name, int number)
{
  g_autofree char *text = number >= 0 ? g_strdup_printf ("%d", number) : NULL;

  set_text (self, name, text);
}

/**
 * ismb_result_set_new:
 *
 * Makes one that says nothing yet.
 *
 * Returns: (transfer full): the part
 */
IsmbResultSet *
ismb_result_set_new (void)
{
  return g_object_new (ISMB_TYPE_RESULT_SET, NULL);
}

/**
 * ismb_result_set_find:
 * @iq: an iq
 *
 * What an iq says of the part: in its payload, where it stands as a rule, or beside it.
 *
 * Returns: (transfer full) (nullable): the part; %NULL where it says nothing
 */
IsmbResultSet *
ismb_result_set_find (IsmbIq *iq)
{
  IsmbTree *tree;
  IsmbNode *set = NULL;

  g_return_val_if_fail (ISMB_IS_IQ (iq), NULL);
  tree = _ismb_stanza_get_tree (ISMB_STANZA (iq));
  for (IsmbNode *at = ismb_node_find (ismb_tree_root (tree), NULL, NULL); at != NULL && set == NULL;
       at = ismb_node_find_next (at, NULL, NULL))
    set = ismb_node_is (at, "set", ISMB_NS_RSM) ? at : ismb_node_find (at, "set", ISMB_NS_RSM);
  return set != NULL ? ISMB_RESULT_SET (_ismb_payload_new_view (ISMB_TYPE_RESULT_SET, tree, set))
                     : NULL;
}

/**
 * ismb_result_set_get_max:
 * @self: a part
 *
 * How many results are asked for at most.
 *
 * Returns: the number; -1 where none is said
 */
int
ismb_result_set_get_max (IsmbResultSet *self)
{
  g_return_val_if_fail (ISMB_IS_RESULT_SET (self), -1);
  return get_number (self, "max");
}

/**
 * ismb_result_set_set_max:
 * @self: a part
 * @max: the number; -1 for none
 *
 * Says how many results are asked for at most; with 0 their count alone is.
 */
void
ismb_result_set_set_max (IsmbResultSet *self, int max)
{
  g_return_if_fail (ISMB_IS_RESULT_SET (self));
  set_number (self, "max", max);
}

/**
 * ismb_result_set_get_before:
 * @self: a part
 *
 * Before which result the part ends; empty: it is the last part.
 *
 * Returns: (transfer full) (nullable): the id of a result
 */
char *
ismb_result_set_get_before (IsmbResultSet *self)
{
  g_return_val_if_fail (ISMB_IS_RESULT_SET (self), NULL);
  return get_text (self, "before");
}

/**
 * ismb_result_set_set_before:
 * @self: a part
 * @before: (nullable): the id of a result; %NULL for none
 *
 * Asks for the results before one; an empty id asks for the last part.
 */
void
ismb_result_set_set_before (IsmbResultSet *self, const char *before)
{
  g_return_if_fail (ISMB_IS_RESULT_SET (self));
  set_text (self, "before", before);
}

/**
 * ismb_result_set_get_after:
 * @self: a part
 *
 * Behind which result the part begins.
 *
 * Returns: (transfer full) (nullable): the id of a result
 */
char *
ismb_result_set_get_after (IsmbResultSet *self)
{
  g_return_val_if_fail (ISMB_IS_RESULT_SET (self), NULL);
  return get_text (self, "after");
}

/**
 * ismb_result_set_set_after:
 * @self: a part
 * @after: (nullable): the id of a result; %NULL for none
 *
 * Asks for the results behind one.
 */
void
ismb_result_set_set_after (IsmbResultSet *self, const char *after)
{
  g_return_if_fail (ISMB_IS_RESULT_SET (self));
  set_text (self, "after", after);
}

/**
 * ismb_result_set_get_index:
 * @self: a part
 *
 * At which place of all the part begins.
 *
 * Returns: the number; -1 where none is said
 */
int
ismb_result_set_get_index (IsmbResultSet *self)
{
  g_return_val_if_fail (ISMB_IS_RESULT_SET (self), -1);
  return get_number (self, "index");
}

/**
 * ismb_result_set_set_index:
 * @self: a part
 * @index: the number; -1 for none
 *
 * Asks for the results from a place on; 0 is the first.
 */
void
ismb_result_set_set_index (IsmbResultSet *self, int index)
{
  g_return_if_fail (ISMB_IS_RESULT_SET (self));
  set_number (self, "index", index);
}

/**
 * ismb_result_set_get_count:
 * @self: a part
 *
 * How many results there are in all, perhaps about.
 *
 * Returns: the number; -1 where none is said
 */
int
ismb_result_set_get_count (IsmbResultSet *self)
{
  g_return_val_if_fail (ISMB_IS_RESULT_SET (self), -1);
  return get_number (self, "count");
}

/**
 * ismb_result_set_set_count:
 * @self: a part
 * @count: the number; -1 for none
 *
 * Says how many results there are in all.
 */
void
ismb_result_set_set_count (IsmbResultSet *self, int count)
{
  g_return_if_fail (ISMB_IS_RESULT_SET (self));
  set_number (self, "count", count);
}

/**
 * ismb_result_set_get_first:
 * @self: a part
 *
 * The first result of the part.
 *
 * Returns: (transfer full) (nullable): the id of a result
 */
char *
ismb_result_set_get_first (IsmbResultSet *self)
{
  g_return_val_if_fail (ISMB_IS_RESULT_SET (self), NULL);
  return get_text (self, "first");
}

/**
 * ismb_result_set_get_first_index:
 * @self: a part
 *
 * At which place of all the first result of the part is, perhaps about.
 *
 * Returns: the place, 0 for the first; -1 where none is said
 */
int
ismb_result_set_get_first_index (IsmbResultSet *self)
{
  IsmbNode *first;

  g_return_val_if_fail (ISMB_IS_RESULT_SET (self), -1);
  first = ismb_node_find (get_node (self), "first", ISMB_NS_RSM);
  return first != NULL ? read_number (ismb_node_get (first, "index")) : -1;
}

/**
 * ismb_result_set_set_first:
 * @self: a part
 * @first: (nullable): the id of a result; %NULL for none
 * @index: its place among all; -1 for none
 *
 * Says which result is the first of the part.
 */
void
ismb_result_set_set_first (IsmbResultSet *self, const char *first, int index)
{
  g_autofree char *text = index >= 0 ? g_strdup_printf ("%d", index) : NULL;

  g_return_if_fail (ISMB_IS_RESULT_SET (self));
  set_text (self, "first", first);
  if (first != NULL)
    ismb_tree_set (_ismb_payload_get_tree (ISMB_PAYLOAD (self)),
                   ismb_node_find (get_node (self), "first", ISMB_NS_RSM), "index", text);
}

/**
 * ismb_result_set_get_last:
 * @self: a part
 *
 * The last result of the part.
 *
 * Returns: (transfer full) (nullable): the id of a result
 */
char *
ismb_result_set_get_last (IsmbResultSet *self)
{
  g_return_val_if_fail (ISMB_IS_RESULT_SET (self), NULL);
  return get_text (self, "last");
}

/**
 * ismb_result_set_set_last:
 * @self: a part
 * @last: (nullable): the id of a result; %NULL for none
 *
 * Says which result is the last of the part.
 */
void
ismb_result_set_set_last (IsmbResultSet *self, const char *last)
{
  g_return_if_fail (ISMB_IS_RESULT_SET (self));
  set_text (self, "last", last);
}
