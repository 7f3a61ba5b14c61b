/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/plugins/ismb-disco-identity.h"

#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-payload-private.h"

/**
 * IsmbDiscoIdentity:
 *
 * What somebody is (XEP-0030): a category and a type from the registry of the XMPP Standards
 * Foundation, e.g. `client` and `bot`, and a name for people.
 */
struct _IsmbDiscoIdentity
{
  IsmbPayload parent_instance;
};

G_DEFINE_FINAL_TYPE (IsmbDiscoIdentity, ismb_disco_identity, ISMB_TYPE_PAYLOAD)

static void
ismb_disco_identity_class_init (IsmbDiscoIdentityClass *klass)
{
  ismb_payload_class_set_element (ISMB_PAYLOAD_CLASS (klass), "identity", ISMB_NS_DISCO_INFO);
}

static void
ismb_disco_identity_init (IsmbDiscoIdentity *self)
{
}

static const char *
get (IsmbDiscoIdentity *self, const char *attribute)
{
  return ismb_node_get (_ismb_payload_get_node (ISMB_PAYLOAD (self)), attribute);
}

/**
 * ismb_disco_identity_new:
 * @category: the category, e.g. `client`
 * @identity_type: the type in it, e.g. `bot`
 * @name: (nullable): a name for people
 * @lang: (nullable): the language of the name, e.g. `en`
 *
 * Makes an identity.
 *
 * Returns: (transfer full): the identity
 */
IsmbDiscoIdentity *
ismb_disco_identity_new (const char *category, const char *identity_type, const char *name,
                         const char *lang)
{
  IsmbDiscoIdentity *self;
  IsmbElement *element;

  g_return_val_if_fail (category != NULL && identity_type != NULL, NULL);
  self = g_object_new (ISMB_TYPE_DISCO_IDENTITY, NULL);
  element = ismb_payload_get_element (ISMB_PAYLOAD (self));
  ismb_element_set_attribute (element, "category", category);
  ismb_element_set_attribute (element, "type", identity_type);
  ismb_element_set_attribute (element, "name", name);
  ismb_element_set_attribute (element, "xml:lang", lang);
  return self;
}

/**
 * ismb_disco_identity_get_category:
 * @self: an identity
 *
 * What kind of thing it is, e.g. `client` or `server`.
 *
 * Returns: the category; empty where none is said
 */
const char *
ismb_disco_identity_get_category (IsmbDiscoIdentity *self)
{
  const char *category;

  g_return_val_if_fail (ISMB_IS_DISCO_IDENTITY (self), "");
  category = get (self, "category");
  return category != NULL ? category : "";
}

/**
 * ismb_disco_identity_get_identity_type:
 * @self: an identity
 *
 * Which one of its category it is, e.g. `bot`.
 *
 * Returns: the type; empty where none is said
 */
const char *
ismb_disco_identity_get_identity_type (IsmbDiscoIdentity *self)
{
  const char *type;

  g_return_val_if_fail (ISMB_IS_DISCO_IDENTITY (self), "");
  type = get (self, "type");
  return type != NULL ? type : "";
}

/**
 * ismb_disco_identity_get_name:
 * @self: an identity
 *
 * Its name for people.
 *
 * Returns: (nullable): the name
 */
const char *
ismb_disco_identity_get_name (IsmbDiscoIdentity *self)
{
  g_return_val_if_fail (ISMB_IS_DISCO_IDENTITY (self), NULL);
  return get (self, "name");
}

/**
 * ismb_disco_identity_get_lang:
 * @self: an identity
 *
 * The language of its name.
 *
 * Returns: (nullable): the language, e.g. `en`
 */
const char *
ismb_disco_identity_get_lang (IsmbDiscoIdentity *self)
{
  g_return_val_if_fail (ISMB_IS_DISCO_IDENTITY (self), NULL);
  return get (self, "xml:lang");
}
