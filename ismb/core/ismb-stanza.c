/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.core.stanza"
#include "config.h"
#include "ismb/core/ismb-stanza-private.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"

/**
 * IsmbStanza:
 *
 * One thing that travels on the bus (RFC 6120, 8): a message, a presence or a request and its
 * answer. It has an address it comes from and one it goes to, a type, and an id by which an answer
 * is matched.
 *
 * A stanza may be changed until it is sent. Strings that a getter hands out live as long as the
 * stanza, whatever is set meanwhile.
 */
typedef struct
{
  IsmbJid *jid;
  const char *text; /* the attribute it was made of, as it lies in the tree */
} Address;

typedef struct
{
  IsmbTree *tree; /* NULL until it is wanted */
  Address from;
  Address to;
} IsmbStanzaPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (IsmbStanza, ismb_stanza, G_TYPE_OBJECT)

enum
{
  PROP_FROM_JID = 1,
  PROP_TO_JID,
  PROP_ID,
  PROP_STANZA_TYPE,
  PROP_LANG,
  N_PROPERTIES
};

static GParamSpec *properties[N_PROPERTIES];

static IsmbStanzaPrivate *
get_private (IsmbStanza *self)
{
  return ismb_stanza_get_instance_private (self);
}

static void
ismb_stanza_finalize (GObject *object)
{
  IsmbStanzaPrivate *priv = get_private (ISMB_STANZA (object));

  g_clear_pointer (&priv->tree, ismb_tree_unref);
  g_clear_object (&priv->from.jid);
  g_clear_object (&priv->to.jid);
  G_OBJECT_CLASS (ismb_stanza_parent_class)->finalize (object);
}

static void
ismb_stanza_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  IsmbStanza *self = ISMB_STANZA (object);

  switch (id)
    {
    case PROP_FROM_JID: g_value_set_object (value, ismb_stanza_get_from_jid (self)); break;
    case PROP_TO_JID: g_value_set_object (value, ismb_stanza_get_to_jid (self)); break;
    case PROP_ID: g_value_set_string (value, ismb_stanza_get_id (self)); break;
    case PROP_STANZA_TYPE: g_value_set_string (value, ismb_stanza_get_stanza_type (self)); break;
    case PROP_LANG: g_value_set_string (value, ismb_stanza_get_lang (self)); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ismb_stanza_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  IsmbStanza *self = ISMB_STANZA (object);

  switch (id)
    {
    case PROP_FROM_JID: ismb_stanza_set_from_jid (self, g_value_get_object (value)); break;
    case PROP_TO_JID: ismb_stanza_set_to_jid (self, g_value_get_object (value)); break;
    case PROP_ID: ismb_stanza_set_id (self, g_value_get_string (value)); break;
    case PROP_STANZA_TYPE: ismb_stanza_set_stanza_type (self, g_value_get_string (value)); break;
    case PROP_LANG: ismb_stanza_set_lang (self, g_value_get_string (value)); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ismb_stanza_class_init (IsmbStanzaClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->finalize = ismb_stanza_finalize;
  object_class->get_property = ismb_stanza_get_property;
  object_class->set_property = ismb_stanza_set_property;

  /**
   * IsmbStanza:from-jid: (getter get_from_jid) (setter set_from_jid)
   *
   * The sender. The listener stamps it; what a client sets may name only itself.
   */
  properties[PROP_FROM_JID] = g_param_spec_object ("from-jid", NULL, NULL, ISMB_TYPE_JID, flags);
  /**
   * IsmbStanza:to-jid: (getter get_to_jid) (setter set_to_jid)
   *
   * The receiver; %NULL means one's own account, and for presence everybody who subscribed to it.
   */
  properties[PROP_TO_JID] = g_param_spec_object ("to-jid", NULL, NULL, ISMB_TYPE_JID, flags);
  /**
   * IsmbStanza:id: (getter get_id) (setter set_id)
   *
   * What an answer or an error repeats.
   */
  properties[PROP_ID] = g_param_spec_string ("id", NULL, NULL, NULL, flags);
  /**
   * IsmbStanza:stanza-type: (getter get_stanza_type) (setter set_stanza_type)
   *
   * What kind of message, presence or iq it is.
   */
  properties[PROP_STANZA_TYPE] = g_param_spec_string ("stanza-type", NULL, NULL, NULL, flags);
  /**
   * IsmbStanza:lang: (getter get_lang) (setter set_lang)
   *
   * The language of its texts that state none, e.g. `en` (RFC 5646).
   */
  properties[PROP_LANG] = g_param_spec_string ("lang", NULL, NULL, NULL, flags);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

static void
ismb_stanza_init (IsmbStanza *self)
{
}

IsmbTree *
_ismb_stanza_get_tree (IsmbStanza *self)
{
  IsmbStanzaPrivate *priv = get_private (self);
  IsmbStanzaClass *klass = ISMB_STANZA_GET_CLASS (self);

  if (priv->tree == NULL)
    {
      priv->tree = ismb_tree_new (klass->element, ISMB_NS_CLIENT);
      ismb_tree_set (priv->tree, ismb_tree_root (priv->tree), "type", klass->default_type);
    }
  return priv->tree;
}

static IsmbNode *
get_root (IsmbStanza *self)
{
  return ismb_tree_root (_ismb_stanza_get_tree (self));
}

static gboolean
read_address (const IsmbNode *root, const char *attribute, Address *address, GError **error)
{
  const char *text = ismb_node_get (root, attribute);

  if (text == address->text) /* a value that is set lies in a place of its own */
    return TRUE;
  g_clear_object (&address->jid);
  address->text = text;
  if (text != NULL)
    address->jid = ismb_jid_new (text, error);
  return text == NULL || address->jid != NULL;
}

static gboolean
check_address (const IsmbNode *root, const char *attribute, Address *address, GError **error)
{
  g_autoptr (GError) problem = NULL;

  if (read_address (root, attribute, address, &problem))
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_STANZA, "A stanza with a bad '%s' address: %s",
               attribute, problem->message);
  return FALSE;
}

gboolean
_ismb_stanza_take_tree (IsmbStanza *self, IsmbTree *tree, GError **error)
{
  g_autoptr (IsmbTree) taken = tree;
  IsmbStanzaPrivate *priv = get_private (self);
  const IsmbNode *root = ismb_tree_root (tree);

  g_assert (priv->tree == NULL);
  if (!check_address (root, "from", &priv->from, error)
      || !check_address (root, "to", &priv->to, error))
    return FALSE;
  priv->tree = g_steal_pointer (&taken);
  return TRUE;
}

static void
set_attribute (IsmbStanza *self, const char *name, const char *value)
{
  ismb_tree_set (_ismb_stanza_get_tree (self), get_root (self), name, value);
}

/* Whoever has the element of the stanza may have set the attribute himself. */
static IsmbJid *
get_address (IsmbStanza *self, const char *attribute, Address *address)
{
  read_address (get_root (self), attribute, address, NULL);
  return address->jid;
}

static void
set_address (IsmbStanza *self, const char *attribute, Address *address, IsmbJid *jid,
             guint property)
{
  if (get_address (self, attribute, address) == jid)
    return;
  g_set_object (&address->jid, jid);
  set_attribute (self, attribute, jid != NULL ? ismb_jid_get_full (jid) : NULL);
  address->text = ismb_node_get (get_root (self), attribute);
  g_object_notify_by_pspec (G_OBJECT (self), properties[property]);
}

/**
 * ismb_stanza_get_from_jid: (get-property from-jid)
 * @self: a stanza
 *
 * Who sent it. On what was received the listener has stamped it.
 *
 * Returns: (transfer none) (nullable): the sender, or %NULL where none is stated
 */
IsmbJid *
ismb_stanza_get_from_jid (IsmbStanza *self)
{
  g_return_val_if_fail (ISMB_IS_STANZA (self), NULL);
  return get_address (self, "from", &get_private (self)->from);
}

/**
 * ismb_stanza_set_from_jid: (set-property from-jid)
 * @self: a stanza
 * @jid: (nullable): the sender; %NULL to state none
 *
 * States the sender. A client need not: the listener stamps the address of the session, and refuses
 * any other.
 */
void
ismb_stanza_set_from_jid (IsmbStanza *self, IsmbJid *jid)
{
  g_return_if_fail (ISMB_IS_STANZA (self));
  g_return_if_fail (jid == NULL || ISMB_IS_JID (jid));
  set_address (self, "from", &get_private (self)->from, jid, PROP_FROM_JID);
}

/**
 * ismb_stanza_get_to_jid: (get-property to-jid)
 * @self: a stanza
 *
 * Whom it is for.
 *
 * Returns: (transfer none) (nullable): the receiver, or %NULL where none is stated
 */
IsmbJid *
ismb_stanza_get_to_jid (IsmbStanza *self)
{
  g_return_val_if_fail (ISMB_IS_STANZA (self), NULL);
  return get_address (self, "to", &get_private (self)->to);
}

/**
 * ismb_stanza_set_to_jid: (set-property to-jid)
 * @self: a stanza
 * @jid: (nullable): the receiver; %NULL to state none
 *
 * States the receiver. Without one a message or iq is for one's own account, and a presence for
 * everybody who subscribed to it.
 */
void
ismb_stanza_set_to_jid (IsmbStanza *self, IsmbJid *jid)
{
  g_return_if_fail (ISMB_IS_STANZA (self));
  g_return_if_fail (jid == NULL || ISMB_IS_JID (jid));
  set_address (self, "to", &get_private (self)->to, jid, PROP_TO_JID);
}

/**
 * ismb_stanza_get_id: (get-property id)
 * @self: a stanza
 *
 * The id, which an answer or an error repeats.
 *
 * Returns: (transfer none) (nullable): the id, or %NULL where there is none
 */
const char *
ismb_stanza_get_id (IsmbStanza *self)
{
  g_return_val_if_fail (ISMB_IS_STANZA (self), NULL);
  return ismb_node_get (get_root (self), "id");
}

/**
 * ismb_stanza_set_id: (set-property id)
 * @self: a stanza
 * @id: (nullable): any text; %NULL for none
 *
 * Sets the id. Whoever waits for an answer must make it unique among what is under way.
 */
void
ismb_stanza_set_id (IsmbStanza *self, const char *id)
{
  g_return_if_fail (ISMB_IS_STANZA (self));
  set_attribute (self, "id", id);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ID]);
}

/**
 * ismb_stanza_get_stanza_type: (get-property stanza-type)
 * @self: a stanza
 *
 * The type. Of a message: `chat`, `error`, `groupchat`, `headline`, and `normal` for everything
 * else. Of a presence: the type it states, e.g. `unavailable` or `subscribe`, else what it shows
 * (`away`, `chat`, `dnd`, `xa`), else `available`. Of an iq: `get`, `set`, `result` or `error`.
 *
 * Returns: (transfer none): the type
 */
const char *
ismb_stanza_get_stanza_type (IsmbStanza *self)
{
  g_return_val_if_fail (ISMB_IS_STANZA (self), NULL);
  return ISMB_STANZA_GET_CLASS (self)->get_stanza_type (self);
}

/**
 * ismb_stanza_set_stanza_type: (set-property stanza-type)
 * @self: a stanza
 * @stanza_type: (nullable): one of the words [method@Ismb.Stanza.get_stanza_type] returns; %NULL
 *   for the default
 *
 * Sets the type. A word that this kind of stanza does not know is not taken, and a warning logged.
 * On a presence, `available` clears type and show, and a word for a show sets that.
 */
void
ismb_stanza_set_stanza_type (IsmbStanza *self, const char *stanza_type)
{
  g_return_if_fail (ISMB_IS_STANZA (self));
  ISMB_STANZA_GET_CLASS (self)->set_stanza_type (self, stanza_type);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STANZA_TYPE]);
}

/**
 * ismb_stanza_get_lang: (get-property lang)
 * @self: a stanza
 *
 * The language of its texts that state none: `xml:lang` (RFC 6120, 8.1.5).
 *
 * Returns: (transfer none) (nullable): the language, e.g. `en` (RFC 5646); %NULL where it states
 *   none
 */
const char *
ismb_stanza_get_lang (IsmbStanza *self)
{
  g_return_val_if_fail (ISMB_IS_STANZA (self), NULL);
  return ismb_node_get (get_root (self), "xml:lang");
}

/**
 * ismb_stanza_set_lang: (set-property lang)
 * @self: a stanza
 * @lang: (nullable): a language, e.g. `en` (RFC 5646); %NULL to state none
 *
 * States the language. Texts that state none of their own are in this one from then on.
 */
void
ismb_stanza_set_lang (IsmbStanza *self, const char *lang)
{
  g_return_if_fail (ISMB_IS_STANZA (self));
  set_attribute (self, "xml:lang", lang);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LANG]);
}

/**
 * ismb_stanza_get_child_text:
 * @self: a stanza
 * @name: the name of a child element
 * @ns: (nullable): its namespace; %NULL for any
 *
 * The text of the first child of that name and namespace. `body` and its like are in
 * `jabber:client`.
 *
 * Returns: (transfer full) (nullable): the text; %NULL where there is no such child
 */
char *
ismb_stanza_get_child_text (IsmbStanza *self, const char *name, const char *ns)
{
  g_return_val_if_fail (ISMB_IS_STANZA (self) && name != NULL, NULL);
  return ismb_node_dup_child_text (get_root (self), name, ns);
}

/**
 * ismb_stanza_set_child_text:
 * @self: a stanza
 * @name: the name of a child element: ASCII letters, digits and `-_.`
 * @ns: (nullable): its namespace; %NULL for `jabber:client`
 * @text: (nullable): UTF-8 text; empty for an element without text, %NULL to remove the child
 *
 * Puts one child with that text in the place of all of that name and namespace.
 */
void
ismb_stanza_set_child_text (IsmbStanza *self, const char *name, const char *ns, const char *text)
{
  g_return_if_fail (ISMB_IS_STANZA (self));
  g_return_if_fail (name != NULL && ismb_xml_is_name (name));
  g_return_if_fail (ns == NULL || ismb_xml_is_namespace (ns));
  ismb_tree_set_leaf (_ismb_stanza_get_tree (self), get_root (self), name,
                      ns != NULL ? ns : ISMB_NS_CLIENT, text);
}

/**
 * ismb_stanza_has_child:
 * @self: a stanza
 * @name: the name of a child element
 * @ns: (nullable): its namespace; %NULL for any
 *
 * Whether there is a child of that name and namespace.
 *
 * Returns: %TRUE if there is
 */
gboolean
ismb_stanza_has_child (IsmbStanza *self, const char *name, const char *ns)
{
  g_return_val_if_fail (ISMB_IS_STANZA (self) && name != NULL, FALSE);
  return ismb_node_find (get_root (self), name, ns) != NULL;
}

void
_ismb_stanza_turn_round (IsmbStanza *self, IsmbJid *to, const char *stanza_type, const char *id)
{
  g_autoptr (IsmbJid) receiver = to != NULL ? g_object_ref (to) : NULL;

  ismb_tree_clear (_ismb_stanza_get_tree (self), get_root (self));
  ismb_tree_clear_attributes (_ismb_stanza_get_tree (self), get_root (self));
  /* First, as in a new one. */
  set_attribute (self, "type", ISMB_STANZA_GET_CLASS (self)->default_type);
  ismb_stanza_set_to_jid (self, receiver);
  set_attribute (self, "type", stanza_type);
  set_attribute (self, "id", id);
  for (guint i = PROP_FROM_JID; i < N_PROPERTIES; i++)
    g_object_notify_by_pspec (G_OBJECT (self), properties[i]);
}

static void
copy_address (IsmbStanza *copy, const char *attribute, Address *to, const Address *from)
{
  to->jid = from->jid != NULL ? g_object_ref (from->jid) : NULL;
  to->text = ismb_node_get (get_root (copy), attribute);
}

/**
 * ismb_stanza_copy:
 * @self: a stanza
 *
 * Copies it: what is changed in the one is not changed in the other. Whoever wants to read a stanza
 * after its reply was made, which is done in place, copies it before.
 *
 * Returns: (transfer full): the copy, of the same class
 */
IsmbStanza *
ismb_stanza_copy (IsmbStanza *self)
{
  IsmbStanzaPrivate *from, *to;
  IsmbStanza *copy;

  g_return_val_if_fail (ISMB_IS_STANZA (self), NULL);
  copy = g_object_new (G_OBJECT_TYPE (self), NULL);
  from = get_private (self);
  to = get_private (copy);
  to->tree = ismb_tree_copy (_ismb_stanza_get_tree (self));
  get_address (self, "from", &from->from);
  get_address (self, "to", &from->to);
  copy_address (copy, "from", &to->from, &from->from);
  copy_address (copy, "to", &to->to, &from->to);
  return copy;
}

/**
 * ismb_stanza_to_string:
 * @self: a stanza
 *
 * The stanza as XML, the way it stands in a stream: `jabber:client` is taken as the namespace
 * around it.
 *
 * Returns: (transfer full): the XML
 */
char *
ismb_stanza_to_string (IsmbStanza *self)
{
  GString *out;

  g_return_val_if_fail (ISMB_IS_STANZA (self), NULL);
  out = g_string_new (NULL);
  ismb_node_write (get_root (self), ISMB_NS_CLIENT, out);
  return g_string_free (out, FALSE);
}
