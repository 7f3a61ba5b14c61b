/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.core.element"
#include "config.h"
#include "ismb/core/ismb-element.h"

#include <string.h>

#include "ismb/core/ismb-element-private.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-tree-reader.h"

/**
 * IsmbElement:
 *
 * An XML element: one of a stanza, or one that stands by itself. An object is a view of it, made
 * when it is asked for: two views of one element show the same, also what is changed through the
 * other. A view keeps what it shows, and all around that; strings that a getter hands out live as
 * long.
 *
 * An element states its namespace, whatever is around it. Names are ASCII letters, digits and
 * `-_.`, and begin with a letter or `_`. Text and values of attributes may be any UTF-8: they are
 * escaped where the element is written. What XML cannot carry (most control characters) becomes
 * U+FFFD there.
 */
struct _IsmbElement
{
  GObject parent_instance;
  IsmbTree *tree;
  IsmbNode *node;
};

G_DEFINE_FINAL_TYPE (IsmbElement, ismb_element, G_TYPE_OBJECT)

enum
{
  PROP_NAME = 1,
  PROP_NS,
  PROP_TEXT,
  N_PROPERTIES
};

static GParamSpec *properties[N_PROPERTIES];

static void
ismb_element_finalize (GObject *object)
{
  g_clear_pointer (&ISMB_ELEMENT (object)->tree, ismb_tree_unref);
  G_OBJECT_CLASS (ismb_element_parent_class)->finalize (object);
}

static void
ismb_element_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  IsmbElement *self = ISMB_ELEMENT (object);

  switch (id)
    {
    case PROP_NAME: g_value_set_string (value, ismb_element_get_name (self)); break;
    case PROP_NS: g_value_set_string (value, ismb_element_get_ns (self)); break;
    case PROP_TEXT: g_value_take_string (value, ismb_element_get_text (self)); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ismb_element_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  IsmbElement *self = ISMB_ELEMENT (object);

  switch (id)
    {
    case PROP_TEXT: ismb_element_set_text (self, g_value_get_string (value)); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ismb_element_class_init (IsmbElementClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags readable = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->finalize = ismb_element_finalize;
  object_class->get_property = ismb_element_get_property;
  object_class->set_property = ismb_element_set_property;

  /**
   * IsmbElement:name: (getter get_name)
   *
   * Its name, without a prefix.
   */
  properties[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, readable);
  /**
   * IsmbElement:ns: (getter get_ns)
   *
   * Its namespace; empty for none.
   */
  properties[PROP_NS] = g_param_spec_string ("ns", NULL, NULL, NULL, readable);
  /**
   * IsmbElement:text: (getter get_text) (setter set_text)
   *
   * The text directly inside, without that of its children.
   */
  properties[PROP_TEXT] = g_param_spec_string (
      "text", NULL, NULL, NULL,
      G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

static void
ismb_element_init (IsmbElement *self)
{
}

IsmbElement *
_ismb_element_new_view (IsmbTree *tree, IsmbNode *node)
{
  IsmbElement *self = g_object_new (ISMB_TYPE_ELEMENT, NULL);

  self->tree = ismb_tree_ref (tree);
  self->node = node;
  return self;
}

static IsmbElement *
view (IsmbElement *self, IsmbNode *node)
{
  return node != NULL ? _ismb_element_new_view (self->tree, node) : NULL;
}

static IsmbElement *
take_tree (IsmbTree *tree)
{
  g_autoptr (IsmbTree) taken = tree;

  return _ismb_element_new_view (taken, ismb_tree_root (taken));
}

IsmbTree *
_ismb_element_get_tree (IsmbElement *self)
{
  return self->tree;
}

IsmbNode *
_ismb_element_get_node (IsmbElement *self)
{
  return self->node;
}

void
_ismb_element_turn_to (IsmbElement *self, IsmbTree *tree, IsmbNode *node)
{
  IsmbTree *old = self->tree;

  self->tree = ismb_tree_ref (tree);
  self->node = node;
  ismb_tree_unref (old);
}

/* A script can also make an object with neither name nor element, which shows nothing. */
#define IS_VIEW(self) (ISMB_IS_ELEMENT (self) && (self)->node != NULL)

/**
 * ismb_element_new:
 * @name: its name
 * @ns: its namespace; empty for none
 *
 * Makes an empty element that stands by itself.
 *
 * Returns: (transfer full): the element
 */
IsmbElement *
ismb_element_new (const char *name, const char *ns)
{
  g_return_val_if_fail (name != NULL && ismb_xml_is_name (name), NULL);
  g_return_val_if_fail (ns != NULL && ismb_xml_is_namespace (ns), NULL);
  return take_tree (ismb_tree_new (name, ns));
}

/**
 * ismb_element_new_from_string:
 * @xml: one element, UTF-8, e.g. `<query xmlns='jabber:iq:version'/>`; what states no namespace is
 *   in `jabber:client`
 * @error: return location for a #GError
 *
 * Reads an element. It may hold what may be on a stream (RFC 6120, 11.1), so there are no comments,
 * processing instructions, document types and entities; up to 1 MiB, 64 levels and 10,000 elements.
 *
 * Fails with [error@Ismb.Error.BAD_STANZA] where it is not one such element.
 *
 * Returns: (transfer full): the element, which stands by itself
 */
IsmbElement *
ismb_element_new_from_string (const char *xml, GError **error)
{
  IsmbTree *tree;

  g_return_val_if_fail (xml != NULL, NULL);
  tree = ismb_tree_read (xml, -1, ISMB_NS_CLIENT, error);
  return tree != NULL ? take_tree (tree) : NULL;
}

/**
 * ismb_element_get_name: (get-property name)
 * @self: an element
 *
 * Its name, without a prefix.
 *
 * Returns: (transfer none): the name
 */
const char *
ismb_element_get_name (IsmbElement *self)
{
  g_return_val_if_fail (IS_VIEW (self), "");
  return ismb_node_name (self->node);
}

/**
 * ismb_element_get_ns: (get-property ns)
 * @self: an element
 *
 * Its namespace, which says which protocol it is of.
 *
 * Returns: (transfer none): the namespace; empty for none
 */
const char *
ismb_element_get_ns (IsmbElement *self)
{
  g_return_val_if_fail (IS_VIEW (self), "");
  return ismb_node_ns (self->node);
}

/**
 * ismb_element_get_attribute:
 * @self: an element
 * @name: the name of an attribute, e.g. `node` or `xml:lang`
 *
 * The value of an attribute.
 *
 * Returns: (transfer none) (nullable): the value; %NULL where there is no such attribute
 */
const char *
ismb_element_get_attribute (IsmbElement *self, const char *name)
{
  g_return_val_if_fail (IS_VIEW (self) && name != NULL, NULL);
  return ismb_node_get (self->node, name);
}

/* `xmlns` is no attribute: it would put the element into another namespace than it says. */
static gboolean
is_attribute_name (const char *name)
{
  if (g_str_has_prefix (name, "xml:"))
    return ismb_xml_is_name (name + strlen ("xml:"));
  return ismb_xml_is_name (name) && !g_str_equal (name, "xmlns");
}

/**
 * ismb_element_set_attribute:
 * @self: an element
 * @name: the name of an attribute, without a prefix but for that of `xml:lang` and its like
 * @value: (nullable): its value; %NULL to remove it
 *
 * Sets an attribute.
 */
void
ismb_element_set_attribute (IsmbElement *self, const char *name, const char *value)
{
  g_return_if_fail (IS_VIEW (self));
  g_return_if_fail (name != NULL && is_attribute_name (name));
  ismb_tree_set (self->tree, self->node, name, value);
}

static void
add_name (const char *name, const char *value, gpointer data)
{
  if (!g_str_has_prefix (name, "xmlns:"))
    g_strv_builder_add (data, name);
}

/**
 * ismb_element_list_attributes:
 * @self: an element
 *
 * The names of its attributes, in their order. One in a namespace, which is rare, has a prefix.
 *
 * Returns: (transfer full): the names
 */
char **
ismb_element_list_attributes (IsmbElement *self)
{
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();

  g_return_val_if_fail (IS_VIEW (self), g_strv_builder_end (names));
  ismb_node_foreach_attribute (self->node, add_name, names);
  return g_strv_builder_end (names);
}

/**
 * ismb_element_get_text: (get-property text)
 * @self: an element
 *
 * The text directly inside, without that of its children.
 *
 * Returns: (transfer full): the text; empty where there is none
 */
char *
ismb_element_get_text (IsmbElement *self)
{
  g_return_val_if_fail (IS_VIEW (self), g_strdup (""));
  return ismb_node_dup_text (self->node);
}

/**
 * ismb_element_set_text: (set-property text)
 * @self: an element
 * @text: (nullable): the text; %NULL for none
 *
 * Puts a text in the place of all that is directly inside. Children stay.
 */
void
ismb_element_set_text (IsmbElement *self, const char *text)
{
  g_return_if_fail (IS_VIEW (self));
  ismb_tree_set_text (self->tree, self->node, text);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TEXT]);
}

/**
 * ismb_element_get_parent:
 * @self: an element
 *
 * The element it is in.
 *
 * Returns: (transfer full) (nullable): the element around it; %NULL where it is a stanza, stands by
 *   itself or was removed
 */
IsmbElement *
ismb_element_get_parent (IsmbElement *self)
{
  g_return_val_if_fail (IS_VIEW (self), NULL);
  return view (self, ismb_node_parent (self->node));
}

/**
 * ismb_element_add_child:
 * @self: an element
 * @name: the name of the child
 * @ns: (nullable): its namespace, empty for none; %NULL for that of @self
 *
 * Adds an empty child behind the others.
 *
 * Returns: (transfer full): the child
 */
IsmbElement *
ismb_element_add_child (IsmbElement *self, const char *name, const char *ns)
{
  g_return_val_if_fail (IS_VIEW (self), NULL);
  g_return_val_if_fail (name != NULL && ismb_xml_is_name (name), NULL);
  g_return_val_if_fail (ns == NULL || ismb_xml_is_namespace (ns), NULL);
  ns = ns != NULL ? ns : ismb_node_ns (self->node);
  return view (self, ismb_tree_add (self->tree, self->node, name, ns));
}

/**
 * ismb_element_append:
 * @self: an element
 * @element: another one, or the same
 *
 * Adds a copy of @element and all that is in it, behind the other children.
 */
void
ismb_element_append (IsmbElement *self, IsmbElement *element)
{
  g_autoptr (IsmbTree) between = NULL;

  g_return_if_fail (IS_VIEW (self) && IS_VIEW (element));
  if (self->tree != element->tree)
    {
      ismb_tree_add_copy (self->tree, self->node, element->node);
      return;
    }
  between = ismb_tree_new ("x", ""); /* it may be the one it is added to, or around that */
  ismb_tree_add_copy (self->tree, self->node,
                      ismb_tree_add_copy (between, ismb_tree_root (between), element->node));
}

/**
 * ismb_element_remove:
 * @self: an element
 * @child: a child of it
 *
 * Takes a child out. It stands by itself from then on.
 *
 * Returns: %FALSE where it is no child of @self
 */
gboolean
ismb_element_remove (IsmbElement *self, IsmbElement *child)
{
  g_return_val_if_fail (IS_VIEW (self) && IS_VIEW (child), FALSE);
  if (ismb_node_parent (child->node) != self->node)
    return FALSE;
  ismb_tree_remove (self->tree, child->node);
  return TRUE;
}

/**
 * ismb_element_clear:
 * @self: an element
 *
 * Takes all children and text out. Attributes stay.
 */
void
ismb_element_clear (IsmbElement *self)
{
  g_return_if_fail (IS_VIEW (self));
  ismb_tree_clear (self->tree, self->node);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TEXT]);
}

/**
 * ismb_element_list_children:
 * @self: an element
 *
 * Its children, in their order.
 *
 * Returns: (transfer full) (element-type IsmbElement): the children
 */
GList *
ismb_element_list_children (IsmbElement *self)
{
  GList *children = NULL;

  g_return_val_if_fail (IS_VIEW (self), NULL);
  for (IsmbNode *at = ismb_node_find (self->node, NULL, NULL); at != NULL;
       at = ismb_node_find_next (at, NULL, NULL))
    children = g_list_prepend (children, view (self, at));
  return g_list_reverse (children);
}

/**
 * ismb_element_find:
 * @self: an element
 * @name: (nullable): a name; %NULL for any
 * @ns: (nullable): a namespace; %NULL for any
 *
 * Its first child of that name and namespace.
 *
 * Returns: (transfer full) (nullable): the child; %NULL where there is none
 */
IsmbElement *
ismb_element_find (IsmbElement *self, const char *name, const char *ns)
{
  g_return_val_if_fail (IS_VIEW (self), NULL);
  return view (self, ismb_node_find (self->node, name, ns));
}

/* One step of a path: `name` or `{ns}name`, where a `*` stands for any. */
typedef struct
{
  char *name;
  char *ns; /* as the step states it, else as one before it did */
} Step;

static void
step_clear (Step *step)
{
  g_clear_pointer (&step->name, g_free);
  g_clear_pointer (&step->ns, g_free);
}

/* Where the path goes on; NULL: that is no step. */
static const char *
read_step (Step *step, const char *path)
{
  const char *end = path[0] == '{' ? strchr (path, '}') : NULL;
  gsize length;

  if (end != NULL)
    {
      g_free (step->ns);
      step->ns = g_strndup (path + 1, end - path - 1);
      path = end + 1;
    }
  length = strcspn (path, "/");
  g_free (step->name);
  step->name = g_strndup (path, length);
  path += length;
  return length > 0 && path[0] == '/' ? path + 1 : length > 0 ? path : NULL;
}

static const char *
unless_any (const char *word)
{
  return g_strcmp0 (word, "*") != 0 ? word : NULL;
}

/**
 * ismb_element_find_path:
 * @self: an element
 * @path: names divided by `/`, each perhaps with a namespace before it, e.g.
 *   `{jabber:iq:roster}query/item`; a `*` stands for any name or namespace
 *
 * Goes down from child to child, always to the first one that fits. A namespace holds for the
 * steps behind it too; before the first one it is that of @self.
 *
 * Returns: (transfer full) (nullable): the element at the end of the path; %NULL where the path
 *   leads nowhere
 */
IsmbElement *
ismb_element_find_path (IsmbElement *self, const char *path)
{
  Step step = { NULL, NULL };
  IsmbNode *at;

  g_return_val_if_fail (IS_VIEW (self) && path != NULL, NULL);
  at = self->node;
  step.ns = g_strdup (ismb_node_ns (at));
  do
    {
      path = read_step (&step, path);
      at = path != NULL ? ismb_node_find (at, unless_any (step.name), unless_any (step.ns)) : NULL;
    }
  while (at != NULL && path[0] != '\0');
  step_clear (&step);
  return view (self, at);
}

/**
 * ismb_element_get_child_text:
 * @self: an element
 * @name: the name of a child
 * @ns: (nullable): its namespace; %NULL for any
 *
 * The text of its first child of that name and namespace.
 *
 * Returns: (transfer full) (nullable): the text; %NULL where there is no such child
 */
char *
ismb_element_get_child_text (IsmbElement *self, const char *name, const char *ns)
{
  g_return_val_if_fail (IS_VIEW (self) && name != NULL, NULL);
  return ismb_node_dup_child_text (self->node, name, ns);
}

/**
 * ismb_element_set_child_text:
 * @self: an element
 * @name: the name of a child
 * @ns: (nullable): its namespace, empty for none; %NULL for that of @self
 * @text: (nullable): the text; empty for a child without text, %NULL to remove it
 *
 * Puts one child with that text in the place of all of that name and namespace.
 */
void
ismb_element_set_child_text (IsmbElement *self, const char *name, const char *ns, const char *text)
{
  g_return_if_fail (IS_VIEW (self));
  g_return_if_fail (name != NULL && ismb_xml_is_name (name));
  g_return_if_fail (ns == NULL || ismb_xml_is_namespace (ns));
  ns = ns != NULL ? ns : ismb_node_ns (self->node);
  ismb_tree_set_leaf (self->tree, self->node, name, ns, text);
}

/**
 * ismb_element_to_string:
 * @self: an element
 *
 * The element as XML, the way it stands in a stanza: `jabber:client` is taken as the namespace
 * around it. [ctor@Ismb.Element.new_from_string] reads it again.
 *
 * Returns: (transfer full): the XML
 */
char *
ismb_element_to_string (IsmbElement *self)
{
  GString *out;

  g_return_val_if_fail (IS_VIEW (self), NULL);
  out = g_string_new (NULL);
  ismb_node_write (self->node, ISMB_NS_CLIENT, out);
  return g_string_free (out, FALSE);
}
