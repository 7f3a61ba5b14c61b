/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a form is answered, and whether an answer will do. */
#include "config.h"
#include "ismb/plugins/ismb-form.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-payload-private.h"
#include "ismb/core/ismb-stanza-error.h"
#include "ismb/plugins/ismb-form-data.h"

static IsmbTree *
get_tree (IsmbForm *self)
{
  return _ismb_payload_get_tree (ISMB_PAYLOAD (self));
}

static IsmbNode *
get_node (IsmbForm *self)
{
  return _ismb_payload_get_node (ISMB_PAYLOAD (self));
}

static const char *
type_of (IsmbNode *field)
{
  return ismb_node_get (field, "type") != NULL ? ismb_form_data_get_type (field) : NULL;
}

static GHashTable *
index_fields (IsmbForm *self)
{
  GHashTable *fields = g_hash_table_new (g_str_hash, g_str_equal);

  for (IsmbNode *at = ismb_node_find (get_node (self), "field", ISMB_NS_DATA); at != NULL;
       at = ismb_node_find_next (at, "field", ISMB_NS_DATA))
    if (ismb_node_get (at, "var") != NULL)
      g_hash_table_insert (fields, (gpointer) ismb_node_get (at, "var"), at);
  return fields;
}

static gboolean
answer_field (IsmbForm *answer, IsmbNode *field, GVariant *given)
{
  const char *var = ismb_node_get (field, "var");
  const char *type = ismb_form_data_get_type (field);
  g_auto (GStrv) values = given != NULL ? ismb_form_data_from_variant (given, type)
                                        : ismb_form_data_dup_values (field);
  IsmbNode *node;

  if (values == NULL)
    return FALSE;
  if (values[0] == NULL && given == NULL)
    return TRUE;
  node = ismb_tree_add (get_tree (answer), get_node (answer), "field", ISMB_NS_DATA);
  ismb_tree_set (get_tree (answer), node, "var", var);
  ismb_tree_set (get_tree (answer), node, "type", type_of (field));
  ismb_form_data_set_values (get_tree (answer), node, (const char *const *) values);
  return TRUE;
}

static gboolean
fill_in (IsmbForm *self, IsmbForm *answer, GVariant *values, GError **error)
{
  for (IsmbNode *at = ismb_node_find (get_node (self), "field", ISMB_NS_DATA); at != NULL;
       at = ismb_node_find_next (at, "field", ISMB_NS_DATA))
    {
      const char *var = ismb_node_get (at, "var");
      gboolean asked = var != NULL && g_strcmp0 (type_of (at), "fixed") != 0;
      g_autoptr (GVariant) given =
          asked && values != NULL ? g_variant_lookup_value (values, var, NULL) : NULL;

      if (asked && !answer_field (answer, at, given))
        {
          g_set_error (error, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_NOT_ACCEPTABLE,
                       "a value of type %s is none for the field %s",
                       g_variant_get_type_string (given), var);
          return FALSE;
        }
    }
  return TRUE;
}

static gboolean
knows_all (IsmbForm *self, GVariant *values, GError **error)
{
  g_autoptr (GHashTable) fields = index_fields (self);
  GVariantIter iter;
  const char *var;

  if (values == NULL)
    return TRUE;
  g_variant_iter_init (&iter, values);
  while (g_variant_iter_loop (&iter, "{&sv}", &var, NULL))
    if (!g_hash_table_contains (fields, var))
      {
        g_set_error (error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND, "the form has no field %s", var);
        return FALSE;
      }
  return TRUE;
}

/**
 * ismb_form_submit:
 * @self: a form of the kind `form`
 * @values: (nullable): values by name (a{sv}), as of [method@Ismb.Form.set_values]
 * @error: return location for a #GError
 *
 * Answers a form. What is not in @values is answered as the form proposes, hidden fields among it.
 * A floating @values is consumed.
 *
 * Fails with [error@Ismb.Error.NOT_FOUND] where the form does not ask for one of @values, and with
 * [error@Ismb.StanzaError.NOT_ACCEPTABLE] where the answer would not do
 * ([method@Ismb.Form.validate]).
 *
 * Returns: (transfer full): the answer, of the kind `submit`
 */
IsmbForm *
ismb_form_submit (IsmbForm *self, GVariant *values, GError **error)
{
  g_autoptr (IsmbForm) answer = NULL;
  g_autoptr (GVariant) held = NULL;

  g_return_val_if_fail (ISMB_IS_FORM (self), NULL);
  g_return_val_if_fail (values == NULL || g_variant_is_of_type (values, G_VARIANT_TYPE_VARDICT),
                        NULL);
  held = values != NULL ? g_variant_ref_sink (values) : NULL;
  answer = ismb_form_new ("submit");
  if (!knows_all (self, held, error) || !fill_in (self, answer, held, error)
      || !ismb_form_validate (self, answer, error))
    return NULL;
  return g_steal_pointer (&answer);
}

/**
 * ismb_form_cancel:
 * @self: a form of the kind `form`
 *
 * Answers that there will be no answer.
 *
 * Returns: (transfer full): the answer, of the kind `cancel`
 */
IsmbForm *
ismb_form_cancel (IsmbForm *self)
{
  g_return_val_if_fail (ISMB_IS_FORM (self), NULL);
  return ismb_form_new ("cancel");
}

/**
 * ismb_form_validate:
 * @self: a form of the kind `form`
 * @answer: an answer that came
 * @error: return location for a #GError
 *
 * Whether an answer is what the form asks for: what is required is there, and values are of the
 * field's type, one where only one may be, and among its options. Fields of the answer that the form
 * does not have are not looked at (XEP-0004, 3.1).
 *
 * Fails with [error@Ismb.StanzaError.NOT_ACCEPTABLE], which says which field is wrong.
 *
 * Returns: whether it is
 */
gboolean
ismb_form_validate (IsmbForm *self, IsmbForm *answer, GError **error)
{
  g_autoptr (GHashTable) given = NULL;

  g_return_val_if_fail (ISMB_IS_FORM (self) && ISMB_IS_FORM (answer), FALSE);
  given = index_fields (answer);
  for (IsmbNode *at = ismb_node_find (get_node (self), "field", ISMB_NS_DATA); at != NULL;
       at = ismb_node_find_next (at, "field", ISMB_NS_DATA))
    {
      const char *var = ismb_node_get (at, "var");
      IsmbNode *field = var != NULL ? g_hash_table_lookup (given, var) : NULL;
      g_auto (GStrv) values = field != NULL ? ismb_form_data_dup_values (field) : NULL;

      if (var != NULL && g_strcmp0 (type_of (at), "fixed") != 0
          && !ismb_form_data_check (at, (const char *const *) values, error))
        return FALSE;
    }
  return TRUE;
}
