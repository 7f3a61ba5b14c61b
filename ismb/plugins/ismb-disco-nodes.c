/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/plugins/ismb-disco-nodes.h"

typedef struct
{
  GPtrArray *identities; /* of IsmbDiscoIdentity */
  GPtrArray *features;   /* of char * */
  GPtrArray *forms;      /* of IsmbForm */
  GPtrArray *items;      /* of IsmbDiscoItem */
} Node;

struct _IsmbDiscoNodes
{
  GHashTable *nodes; /* by name; the client as a whole has the empty one */
};

static void
node_free (gpointer data)
{
  Node *node = data;

  g_ptr_array_unref (node->identities);
  g_ptr_array_unref (node->features);
  g_ptr_array_unref (node->forms);
  g_ptr_array_unref (node->items);
  g_free (node);
}

IsmbDiscoNodes *
ismb_disco_nodes_new (void)
{
  IsmbDiscoNodes *self = g_new0 (IsmbDiscoNodes, 1);

  self->nodes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, node_free);
  return self;
}

void
ismb_disco_nodes_free (IsmbDiscoNodes *self)
{
  g_hash_table_unref (self->nodes);
  g_free (self);
}

static Node *
find (IsmbDiscoNodes *self, const char *name)
{
  return g_hash_table_lookup (self->nodes, name != NULL ? name : "");
}

static Node *
have (IsmbDiscoNodes *self, const char *name)
{
  Node *node = find (self, name);

  if (node != NULL)
    return node;
  node = g_new0 (Node, 1);
  node->identities = g_ptr_array_new_with_free_func (g_object_unref);
  node->features = g_ptr_array_new_with_free_func (g_free);
  node->forms = g_ptr_array_new_with_free_func (g_object_unref);
  node->items = g_ptr_array_new_with_free_func (g_object_unref);
  g_hash_table_insert (self->nodes, g_strdup (name != NULL ? name : ""), node);
  return node;
}

gboolean
ismb_disco_nodes_has (IsmbDiscoNodes *self, const char *node)
{
  return find (self, node) != NULL;
}

void
ismb_disco_nodes_fill_info (IsmbDiscoNodes *self, const char *node, IsmbDiscoInfo *info)
{
  Node *from = find (self, node);
  IsmbElement *element = ismb_payload_get_element (ISMB_PAYLOAD (info));

  for (guint i = 0; from != NULL && i < from->identities->len; i++)
    ismb_element_append (element, ismb_payload_get_element (from->identities->pdata[i]));
  for (guint i = 0; from != NULL && i < from->features->len; i++)
    ismb_disco_info_add_feature (info, from->features->pdata[i]);
  for (guint i = 0; from != NULL && i < from->forms->len; i++)
    ismb_disco_info_add_form (info, from->forms->pdata[i]);
}

void
ismb_disco_nodes_fill_items (IsmbDiscoNodes *self, const char *node, IsmbDiscoItems *items)
{
  Node *from = find (self, node);
  IsmbElement *element = ismb_payload_get_element (ISMB_PAYLOAD (items));

  for (guint i = 0; from != NULL && i < from->items->len; i++)
    ismb_element_append (element, ismb_payload_get_element (from->items->pdata[i]));
}

static gboolean
removed (IsmbDiscoNodes *self, const char *name, gboolean any)
{
  Node *node = find (self, name);

  if (node != NULL && node->identities->len + node->features->len + node->forms->len
                              + node->items->len == 0)
    g_hash_table_remove (self->nodes, name != NULL ? name : "");
  return any;
}

/* An identity without a language is not the one that has one. */
static gboolean
remove_identity (Node *node, const char *category, const char *type, const char *lang,
                 gboolean of_all_langs)
{
  gboolean any = FALSE;

  for (guint i = node->identities->len; i-- > 0;)
    {
      IsmbDiscoIdentity *identity = node->identities->pdata[i];

      if (g_str_equal (ismb_disco_identity_get_category (identity), category)
          && g_str_equal (ismb_disco_identity_get_identity_type (identity), type)
          && (of_all_langs || g_strcmp0 (ismb_disco_identity_get_lang (identity), lang) == 0))
        {
          g_ptr_array_remove_index (node->identities, i);
          any = TRUE;
        }
    }
  return any;
}

void
ismb_disco_nodes_add_identity (IsmbDiscoNodes *self, const char *node, const char *category,
                               const char *type, const char *name, const char *lang)
{
  Node *to = have (self, node);

  remove_identity (to, category, type, lang, FALSE);
  g_ptr_array_add (to->identities, ismb_disco_identity_new (category, type, name, lang));
}

gboolean
ismb_disco_nodes_remove_identity (IsmbDiscoNodes *self, const char *node, const char *category,
                                  const char *type)
{
  Node *from = find (self, node);

  return removed (self, node,
                  from != NULL && remove_identity (from, category, type, NULL, TRUE));
}

void
ismb_disco_nodes_add_feature (IsmbDiscoNodes *self, const char *node, const char *feature)
{
  Node *to = have (self, node);

  if (!g_ptr_array_find_with_equal_func (to->features, feature, g_str_equal, NULL))
    g_ptr_array_add (to->features, g_strdup (feature));
}

gboolean
ismb_disco_nodes_remove_feature (IsmbDiscoNodes *self, const char *node, const char *feature)
{
  Node *from = find (self, node);
  guint index;

  if (from == NULL
      || !g_ptr_array_find_with_equal_func (from->features, feature, g_str_equal, &index))
    return FALSE;
  g_ptr_array_remove_index (from->features, index);
  return removed (self, node, TRUE);
}

static gboolean
remove_form (Node *node, const char *form_type)
{
  for (guint i = 0; i < node->forms->len; i++)
    {
      g_autofree char *own = ismb_form_get_form_type (node->forms->pdata[i]);

      if (g_strcmp0 (own, form_type) != 0)
        continue;
      g_ptr_array_remove_index (node->forms, i);
      return TRUE;
    }
  return FALSE;
}

/* Elements, so that nobody changes ours through his. */
static IsmbForm *
copy_form (IsmbForm *form)
{
  g_autoptr (IsmbElement) box = ismb_element_new ("box", "");
  g_autoptr (IsmbElement) copy = NULL;

  ismb_element_append (box, ismb_payload_get_element (ISMB_PAYLOAD (form)));
  copy = ismb_element_find (box, NULL, NULL);
  return g_object_new (ISMB_TYPE_FORM, "element", copy, NULL);
}

void
ismb_disco_nodes_add_form (IsmbDiscoNodes *self, const char *node, IsmbForm *form)
{
  g_autofree char *form_type = ismb_form_get_form_type (form);
  Node *to = have (self, node);

  remove_form (to, form_type);
  g_ptr_array_add (to->forms, copy_form (form));
}

gboolean
ismb_disco_nodes_remove_form (IsmbDiscoNodes *self, const char *node, const char *form_type)
{
  Node *from = find (self, node);

  return removed (self, node, from != NULL && remove_form (from, form_type));
}

static gboolean
remove_item (Node *node, IsmbJid *jid, const char *item_node)
{
  for (guint i = 0; i < node->items->len; i++)
    {
      g_autoptr (IsmbJid) own = ismb_disco_item_get_jid (node->items->pdata[i]);

      if (!ismb_jid_equal (own, jid)
          || g_strcmp0 (ismb_disco_item_get_node (node->items->pdata[i]), item_node) != 0)
        continue;
      g_ptr_array_remove_index (node->items, i);
      return TRUE;
    }
  return FALSE;
}

void
ismb_disco_nodes_add_item (IsmbDiscoNodes *self, const char *node, IsmbJid *jid,
                           const char *item_node, const char *name)
{
  Node *to = have (self, node);

  remove_item (to, jid, item_node);
  g_ptr_array_add (to->items, ismb_disco_item_new (jid, item_node, name));
}

gboolean
ismb_disco_nodes_remove_item (IsmbDiscoNodes *self, const char *node, IsmbJid *jid,
                              const char *item_node)
{
  Node *from = find (self, node);

  return removed (self, node, from != NULL && remove_item (from, jid, item_node));
}
