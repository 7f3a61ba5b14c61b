/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/plugins/ismb-disco-info.h"

#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-payload-private.h"

/**
 * IsmbDiscoInfo:
 *
 * What somebody tells of itself (XEP-0030): what it is, what it can do, and, in forms, more of that
 * (XEP-0128). It is what [method@Ismb.Disco.get_info_async] brings, and the payload of the stanza of
 * the event `disco_info`:
 *
 * ```c
 * info = ismb_stanza_get_payload (ISMB_STANZA (iq), ISMB_TYPE_DISCO_INFO);
 * if (ismb_disco_info_has_feature (info, "urn:xmpp:ping"))
 *   …
 * ```
 */
struct _IsmbDiscoInfo
{
  IsmbPayload parent_instance;
};

G_DEFINE_FINAL_TYPE (IsmbDiscoInfo, ismb_disco_info, ISMB_TYPE_PAYLOAD)

static void
ismb_disco_info_class_init (IsmbDiscoInfoClass *klass)
{
  ismb_payload_class_set_element (ISMB_PAYLOAD_CLASS (klass), "query", ISMB_NS_DISCO_INFO);
}

static void
ismb_disco_info_init (IsmbDiscoInfo *self)
{
}

static IsmbTree *
get_tree (IsmbDiscoInfo *self)
{
  return _ismb_payload_get_tree (ISMB_PAYLOAD (self));
}

static IsmbNode *
get_node (IsmbDiscoInfo *self)
{
  return _ismb_payload_get_node (ISMB_PAYLOAD (self));
}

static GList *
list_views (IsmbDiscoInfo *self, GType type, const char *name, const char *ns)
{
  GList *views = NULL;

  for (IsmbNode *at = ismb_node_find (get_node (self), name, ns); at != NULL;
       at = ismb_node_find_next (at, name, ns))
    views = g_list_prepend (views, _ismb_payload_new_view (type, get_tree (self), at));
  return g_list_reverse (views);
}

/**
 * ismb_disco_info_new:
 * @node: (nullable): of which node; %NULL for none
 *
 * Makes one that says nothing yet.
 *
 * Returns: (transfer full): the information
 */
IsmbDiscoInfo *
ismb_disco_info_new (const char *node)
{
  IsmbDiscoInfo *self = g_object_new (ISMB_TYPE_DISCO_INFO, NULL);

  ismb_disco_info_set_node (self, node);
  return self;
}

/**
 * ismb_disco_info_get_node:
 * @self: the information
 *
 * Which node of its address it is about.
 *
 * Returns: (nullable): the node; %NULL where it is about the address as a whole
 */
const char *
ismb_disco_info_get_node (IsmbDiscoInfo *self)
{
  g_return_val_if_fail (ISMB_IS_DISCO_INFO (self), NULL);
  return ismb_node_get (get_node (self), "node");
}

/**
 * ismb_disco_info_set_node:
 * @self: the information
 * @node: (nullable): the node; %NULL for none
 *
 * Says which node it is about.
 */
void
ismb_disco_info_set_node (IsmbDiscoInfo *self, const char *node)
{
  g_return_if_fail (ISMB_IS_DISCO_INFO (self));
  ismb_tree_set (get_tree (self), get_node (self), "node", node);
}

/**
 * ismb_disco_info_add_identity:
 * @self: the information
 * @category: the category, e.g. `client`
 * @identity_type: the type in it, e.g. `bot`
 * @name: (nullable): a name for people
 * @lang: (nullable): the language of the name
 *
 * Says what it is.
 */
void
ismb_disco_info_add_identity (IsmbDiscoInfo *self, const char *category, const char *identity_type,
                              const char *name, const char *lang)
{
  IsmbNode *identity;

  g_return_if_fail (ISMB_IS_DISCO_INFO (self));
  g_return_if_fail (category != NULL && identity_type != NULL);
  identity = ismb_tree_add (get_tree (self), get_node (self), "identity", ISMB_NS_DISCO_INFO);
  ismb_tree_set (get_tree (self), identity, "category", category);
  ismb_tree_set (get_tree (self), identity, "type", identity_type);
  ismb_tree_set (get_tree (self), identity, "name", name);
  ismb_tree_set (get_tree (self), identity, "xml:lang", lang);
}

/**
 * ismb_disco_info_list_identities:
 * @self: the information
 *
 * What it is.
 *
 * Returns: (transfer full) (element-type IsmbDiscoIdentity): the identities
 */
GList *
ismb_disco_info_list_identities (IsmbDiscoInfo *self)
{
  g_return_val_if_fail (ISMB_IS_DISCO_INFO (self), NULL);
  return list_views (self, ISMB_TYPE_DISCO_IDENTITY, "identity", ISMB_NS_DISCO_INFO);
}

/**
 * ismb_disco_info_has_identity:
 * @self: the information
 * @category: the category, e.g. `client`
 * @identity_type: (nullable): the type in it; %NULL for any
 *
 * Whether it is that.
 *
 * Returns: whether it is
 */
gboolean
ismb_disco_info_has_identity (IsmbDiscoInfo *self, const char *category, const char *identity_type)
{
  g_return_val_if_fail (ISMB_IS_DISCO_INFO (self) && category != NULL, FALSE);
  for (IsmbNode *at = ismb_node_find (get_node (self), "identity", ISMB_NS_DISCO_INFO); at != NULL;
       at = ismb_node_find_next (at, "identity", ISMB_NS_DISCO_INFO))
    if (g_strcmp0 (ismb_node_get (at, "category"), category) == 0
        && (identity_type == NULL || g_strcmp0 (ismb_node_get (at, "type"), identity_type) == 0))
      return TRUE;
  return FALSE;
}

/**
 * ismb_disco_info_add_feature:
 * @self: the information
 * @feature: a feature, a namespace as a rule
 *
 * Says what it can do.
 */
void
ismb_disco_info_add_feature (IsmbDiscoInfo *self, const char *feature)
{
  IsmbNode *node;

  g_return_if_fail (ISMB_IS_DISCO_INFO (self) && feature != NULL);
  node = ismb_tree_add (get_tree (self), get_node (self), "feature", ISMB_NS_DISCO_INFO);
  ismb_tree_set (get_tree (self), node, "var", feature);
}

/**
 * ismb_disco_info_list_features:
 * @self: the information
 *
 * What it can do.
 *
 * Returns: (transfer full): the features, in the order in which they were told
 */
char **
ismb_disco_info_list_features (IsmbDiscoInfo *self)
{
  g_autoptr (GStrvBuilder) features = g_strv_builder_new ();

  g_return_val_if_fail (ISMB_IS_DISCO_INFO (self), NULL);
  for (IsmbNode *at = ismb_node_find (get_node (self), "feature", ISMB_NS_DISCO_INFO); at != NULL;
       at = ismb_node_find_next (at, "feature", ISMB_NS_DISCO_INFO))
    if (ismb_node_get (at, "var") != NULL)
      g_strv_builder_add (features, ismb_node_get (at, "var"));
  return g_strv_builder_end (features);
}

/**
 * ismb_disco_info_has_feature:
 * @self: the information
 * @feature: a feature, a namespace as a rule
 *
 * Whether it can do that.
 *
 * Returns: whether it can
 */
gboolean
ismb_disco_info_has_feature (IsmbDiscoInfo *self, const char *feature)
{
  g_return_val_if_fail (ISMB_IS_DISCO_INFO (self) && feature != NULL, FALSE);
  for (IsmbNode *at = ismb_node_find (get_node (self), "feature", ISMB_NS_DISCO_INFO); at != NULL;
       at = ismb_node_find_next (at, "feature", ISMB_NS_DISCO_INFO))
    if (g_strcmp0 (ismb_node_get (at, "var"), feature) == 0)
      return TRUE;
  return FALSE;
}

/**
 * ismb_disco_info_add_form:
 * @self: the information
 * @form: a form of the kind `result` with a `FORM_TYPE` ([method@Ismb.Form.set_form_type])
 *
 * Tells more of it (XEP-0128). The form is copied.
 */
void
ismb_disco_info_add_form (IsmbDiscoInfo *self, IsmbForm *form)
{
  g_return_if_fail (ISMB_IS_DISCO_INFO (self) && ISMB_IS_FORM (form));
  ismb_element_append (ismb_payload_get_element (ISMB_PAYLOAD (self)),
                       ismb_payload_get_element (ISMB_PAYLOAD (form)));
}

/**
 * ismb_disco_info_list_forms:
 * @self: the information
 *
 * What it tells more (XEP-0128).
 *
 * Returns: (transfer full) (element-type IsmbForm): the forms
 */
GList *
ismb_disco_info_list_forms (IsmbDiscoInfo *self)
{
  g_return_val_if_fail (ISMB_IS_DISCO_INFO (self), NULL);
  return list_views (self, ISMB_TYPE_FORM, "x", ISMB_NS_DATA);
}

/**
 * ismb_disco_info_get_form:
 * @self: the information
 * @form_type: a `FORM_TYPE`, e.g. `urn:xmpp:dataforms:softwareinfo`
 *
 * One of the forms.
 *
 * Returns: (transfer full) (nullable): the first form of that type; %NULL where there is none
 */
IsmbForm *
ismb_disco_info_get_form (IsmbDiscoInfo *self, const char *form_type)
{
  g_return_val_if_fail (ISMB_IS_DISCO_INFO (self) && form_type != NULL, NULL);
  for (IsmbNode *at = ismb_node_find (get_node (self), "x", ISMB_NS_DATA); at != NULL;
       at = ismb_node_find_next (at, "x", ISMB_NS_DATA))
    {
      g_autoptr (IsmbForm) form =
          ISMB_FORM (_ismb_payload_new_view (ISMB_TYPE_FORM, get_tree (self), at));
      g_autofree char *own = ismb_form_get_form_type (form);

      if (g_strcmp0 (own, form_type) == 0)
        return g_steal_pointer (&form);
    }
  return NULL;
}
