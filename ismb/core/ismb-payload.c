/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.core.payload"
#include "config.h"
#include "ismb/core/ismb-payload.h"

#include "ismb/core/ismb-element-private.h"
#include "ismb/core/ismb-payload-private.h"

/**
 * IsmbPayload:
 *
 * What makes an element of a stanza an object with getters and setters of its own: the class to
 * derive from for a protocol of one's own, or for one that is not here yet.
 *
 * The class says which element it is for, with [method@Ismb.PayloadClass.set_element], in C in its
 * class initialiser. What an object knows, it reads from its element
 * ([method@Ismb.Payload.get_element]) and writes there: a new object is made each time the stanza
 * is asked for it ([method@Ismb.Stanza.get_payload]). One that was made by itself has an empty
 * element, which [method@Ismb.Stanza.add_payload] puts into a stanza.
 *
 * With [func@Ismb.Payload.register] it gets a name for paths, as `roster` in `iq/roster`.
 */
typedef struct
{
  IsmbElement *element; /* NULL until it is wanted */
} IsmbPayloadPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (IsmbPayload, ismb_payload, G_TYPE_OBJECT)

enum
{
  PROP_ELEMENT = 1,
  N_PROPERTIES
};

static GParamSpec *properties[N_PROPERTIES];

static void
ismb_payload_dispose (GObject *object)
{
  IsmbPayloadPrivate *priv = ismb_payload_get_instance_private (ISMB_PAYLOAD (object));

  g_clear_object (&priv->element);
  G_OBJECT_CLASS (ismb_payload_parent_class)->dispose (object);
}

static void
ismb_payload_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  switch (id)
    {
    case PROP_ELEMENT:
      g_value_set_object (value, ismb_payload_get_element (ISMB_PAYLOAD (object)));
      break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
take_element (IsmbPayload *self, IsmbElement *element)
{
  IsmbPayloadPrivate *priv = ismb_payload_get_instance_private (self);

  priv->element = element;
  if (element != NULL && _ismb_element_get_node (element) == NULL) /* a script's, of nothing */
    g_clear_object (&priv->element);
}

static void
ismb_payload_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  switch (id)
    {
    case PROP_ELEMENT: take_element (ISMB_PAYLOAD (object), g_value_dup_object (value)); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ismb_payload_class_init (IsmbPayloadClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = ismb_payload_dispose;
  object_class->get_property = ismb_payload_get_property;
  object_class->set_property = ismb_payload_set_property;

  /**
   * IsmbPayload:element: (getter get_element)
   *
   * The element itself; by default an empty one.
   */
  properties[PROP_ELEMENT] = g_param_spec_object (
      "element", NULL, NULL, ISMB_TYPE_ELEMENT,
      G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

static void
ismb_payload_init (IsmbPayload *self)
{
}

/* The classes that have a name for paths. They live as long as the process. */

G_LOCK_DEFINE_STATIC (registry);
static GHashTable *types;    /* attrib: GType */
static GHashTable *elements; /* "name namespace": GType */

static char *
key_of (const char *name, const char *ns)
{
  return g_strconcat (name, " ", ns, NULL);
}

static void
note (GHashTable **table, char *key, GType type)
{
  if (*table == NULL)
    *table = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_hash_table_replace (*table, key, GSIZE_TO_POINTER (type));
}

static GType
recall (GHashTable *table, const char *key)
{
  return table != NULL ? GPOINTER_TO_SIZE (g_hash_table_lookup (table, key)) : G_TYPE_INVALID;
}

gboolean
_ismb_payload_get_names (GType type, const char **name, const char **ns)
{
  IsmbPayloadClass *klass = g_type_class_ref (type);

  *name = klass->name;
  *ns = klass->ns;
  g_type_class_unref (klass);
  return *name != NULL;
}

gboolean
_ismb_payload_find (const char *attrib, const char **name, const char **ns)
{
  GType type = ismb_payload_lookup (attrib);

  return type != G_TYPE_INVALID && _ismb_payload_get_names (type, name, ns);
}

GType
_ismb_payload_type_of (const IsmbNode *node)
{
  g_autofree char *key = key_of (ismb_node_name (node), ismb_node_ns (node));
  GType type;

  G_LOCK (registry);
  type = recall (elements, key);
  G_UNLOCK (registry);
  return type;
}

IsmbPayload *
_ismb_payload_new_view (GType type, IsmbTree *tree, IsmbNode *node)
{
  g_autoptr (IsmbElement) element = _ismb_element_new_view (tree, node);

  return g_object_new (type, "element", element, NULL);
}

IsmbTree *
_ismb_payload_get_tree (IsmbPayload *self)
{
  return _ismb_element_get_tree (ismb_payload_get_element (self));
}

IsmbNode *
_ismb_payload_get_node (IsmbPayload *self)
{
  return _ismb_element_get_node (ismb_payload_get_element (self));
}

/**
 * ismb_payload_class_set_element:
 * @klass: a class
 * @name: the name of the element: ASCII letters, digits and `-_.`
 * @ns: its namespace
 *
 * Says which element the objects of a class are for: in C in the class initialiser. In Python it is
 * a method of the class, called below it:
 *
 * ```python
 * class Weather(Ismb.Payload):
 *     def get_city(self):
 *         return self.get_element().get_attribute("city")
 *
 * Weather.set_element("weather", "urn:example:weather")
 * Ismb.Payload.register(Weather, "weather")
 * ```
 *
 * and in Lua it is called in the class initialiser that lgi has:
 *
 * ```lua
 * local Weather = Ismb.Payload:derive('Weather')
 * function Weather:_class_init(class) class:set_element('weather', 'urn:example:weather') end
 * Ismb.Payload.register(Weather._gtype, 'weather')
 * ```
 *
 * A script's object is a new one each time, too: what it stores beside its element is not kept.
 */
void
ismb_payload_class_set_element (IsmbPayloadClass *klass, const char *name, const char *ns)
{
  g_return_if_fail (ISMB_IS_PAYLOAD_CLASS (klass));
  g_return_if_fail (name != NULL && ismb_xml_is_name (name));
  g_return_if_fail (ns != NULL && ismb_xml_is_namespace (ns));
  klass->name = g_intern_string (name);
  klass->ns = g_intern_string (ns);
}

/**
 * ismb_payload_register:
 * @type: a class that derives from [class@Ismb.Payload], and has said which element it is for
 * @attrib: what paths call it, e.g. `roster`
 *
 * Gives a class a name, for paths in this process; SleekXMPP's `plugin_attrib`. A class that is
 * registered later takes the name over.
 */
void
ismb_payload_register (GType type, const char *attrib)
{
  const char *name, *ns;

  g_return_if_fail (g_type_is_a (type, ISMB_TYPE_PAYLOAD));
  g_return_if_fail (attrib != NULL && attrib[0] != '\0');
  g_return_if_fail (_ismb_payload_get_names (type, &name, &ns));
  G_LOCK (registry);
  note (&types, g_strdup (attrib), type);
  note (&elements, key_of (name, ns), type);
  G_UNLOCK (registry);
}

/**
 * ismb_payload_lookup:
 * @attrib: a name for paths, e.g. `roster`
 *
 * The class that was registered under a name.
 *
 * Returns: its type; %G_TYPE_INVALID where there is none
 */
GType
ismb_payload_lookup (const char *attrib)
{
  GType type;

  g_return_val_if_fail (attrib != NULL, G_TYPE_INVALID);
  G_LOCK (registry);
  type = recall (types, attrib);
  G_UNLOCK (registry);
  return type;
}

/**
 * ismb_payload_get_element: (get-property element)
 * @self: a payload
 *
 * The element it is about.
 *
 * Returns: (transfer none): the element
 */
IsmbElement *
ismb_payload_get_element (IsmbPayload *self)
{
  IsmbPayloadPrivate *priv;
  IsmbPayloadClass *klass;

  g_return_val_if_fail (ISMB_IS_PAYLOAD (self), NULL);
  priv = ismb_payload_get_instance_private (self);
  klass = ISMB_PAYLOAD_GET_CLASS (self);
  if (priv->element == NULL)
    priv->element = ismb_element_new (klass->name, klass->ns);
  return priv->element;
}
