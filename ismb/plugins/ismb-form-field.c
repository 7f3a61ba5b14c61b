/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/plugins/ismb-form-field.h"

#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-payload-private.h"
#include "ismb/plugins/ismb-form-data.h"

/**
 * IsmbFormField:
 *
 * A field of a data form (XEP-0004): what is asked for, or the answer. [method@Ismb.Form.add_field]
 * makes one in its form, [method@Ismb.Form.get_field] finds it.
 *
 * A field has a type: `text-single` (one line, and what counts where none is said), `text-multi`
 * (lines), `text-private` (a password), `boolean`, `list-single` and `list-multi` (of its options),
 * `jid-single`, `jid-multi`, `hidden` (goes back as it came) or `fixed` (text to be read). Media
 * elements (XEP-0221) are not looked at.
 */
struct _IsmbFormField
{
  IsmbPayload parent_instance;
};

G_DEFINE_FINAL_TYPE (IsmbFormField, ismb_form_field, ISMB_TYPE_PAYLOAD)

static void
ismb_form_field_class_init (IsmbFormFieldClass *klass)
{
  ismb_payload_class_set_element (ISMB_PAYLOAD_CLASS (klass), "field", ISMB_NS_DATA);
}

static void
ismb_form_field_init (IsmbFormField *self)
{
}

static IsmbTree *
get_tree (IsmbFormField *self)
{
  return _ismb_payload_get_tree (ISMB_PAYLOAD (self));
}

static IsmbNode *
get_node (IsmbFormField *self)
{
  return _ismb_payload_get_node (ISMB_PAYLOAD (self));
}

/**
 * ismb_form_field_new:
 * @var: (nullable): its name in the form; %NULL for a `fixed` one
 * @field_type: (nullable): its type, e.g. `list-single`; %NULL to leave it to the reader
 * @label: (nullable): what a person reads beside it
 *
 * Makes a field that stands by itself.
 *
 * Returns: (transfer full): the field
 */
IsmbFormField *
ismb_form_field_new (const char *var, const char *field_type, const char *label)
{
  IsmbFormField *self = g_object_new (ISMB_TYPE_FORM_FIELD, NULL);

  ismb_tree_set (get_tree (self), get_node (self), "var", var);
  ismb_form_field_set_field_type (self, field_type);
  ismb_form_field_set_label (self, label);
  return self;
}

/**
 * ismb_form_field_get_var:
 * @self: a field
 *
 * Its name in the form.
 *
 * Returns: (nullable): the name; %NULL where it has none
 */
const char *
ismb_form_field_get_var (IsmbFormField *self)
{
  g_return_val_if_fail (ISMB_IS_FORM_FIELD (self), NULL);
  return ismb_node_get (get_node (self), "var");
}

/**
 * ismb_form_field_get_field_type:
 * @self: a field
 *
 * Its type. One that nobody knows is a `text-single` (XEP-0004, 3.3).
 *
 * Returns: the type
 */
const char *
ismb_form_field_get_field_type (IsmbFormField *self)
{
  g_return_val_if_fail (ISMB_IS_FORM_FIELD (self), NULL);
  return ismb_form_data_get_type (get_node (self));
}

/**
 * ismb_form_field_set_field_type:
 * @self: a field
 * @field_type: (nullable): one of the types above; %NULL for none
 *
 * Says what kind of value it takes.
 */
void
ismb_form_field_set_field_type (IsmbFormField *self, const char *field_type)
{
  g_return_if_fail (ISMB_IS_FORM_FIELD (self));
  g_return_if_fail (field_type == NULL || ismb_form_data_is_type (field_type));
  ismb_tree_set (get_tree (self), get_node (self), "type", field_type);
}

/**
 * ismb_form_field_get_label:
 * @self: a field
 *
 * What a person reads beside it.
 *
 * Returns: (nullable): the label
 */
const char *
ismb_form_field_get_label (IsmbFormField *self)
{
  g_return_val_if_fail (ISMB_IS_FORM_FIELD (self), NULL);
  return ismb_node_get (get_node (self), "label");
}

/**
 * ismb_form_field_set_label:
 * @self: a field
 * @label: (nullable): the label; %NULL for none
 *
 * Says what a person reads beside it.
 */
void
ismb_form_field_set_label (IsmbFormField *self, const char *label)
{
  g_return_if_fail (ISMB_IS_FORM_FIELD (self));
  ismb_tree_set (get_tree (self), get_node (self), "label", label);
}

/**
 * ismb_form_field_get_desc:
 * @self: a field
 *
 * What it is for, in a sentence.
 *
 * Returns: (transfer full) (nullable): the description
 */
char *
ismb_form_field_get_desc (IsmbFormField *self)
{
  g_return_val_if_fail (ISMB_IS_FORM_FIELD (self), NULL);
  return ismb_node_dup_child_text (get_node (self), "desc", ISMB_NS_DATA);
}

/**
 * ismb_form_field_set_desc:
 * @self: a field
 * @desc: (nullable): the description, one line; %NULL for none
 *
 * Says what it is for.
 */
void
ismb_form_field_set_desc (IsmbFormField *self, const char *desc)
{
  g_return_if_fail (ISMB_IS_FORM_FIELD (self));
  ismb_tree_set_leaf (get_tree (self), get_node (self), "desc", ISMB_NS_DATA, desc);
}

/**
 * ismb_form_field_get_required:
 * @self: a field
 *
 * Whether the form is no good without it.
 *
 * Returns: whether it must have a value
 */
gboolean
ismb_form_field_get_required (IsmbFormField *self)
{
  g_return_val_if_fail (ISMB_IS_FORM_FIELD (self), FALSE);
  return ismb_node_find (get_node (self), "required", ISMB_NS_DATA) != NULL;
}

/**
 * ismb_form_field_set_required:
 * @self: a field
 * @required: whether it must have a value
 *
 * Says whether the form is no good without it.
 */
void
ismb_form_field_set_required (IsmbFormField *self, gboolean required)
{
  g_return_if_fail (ISMB_IS_FORM_FIELD (self));
  ismb_tree_set_leaf (get_tree (self), get_node (self), "required", ISMB_NS_DATA,
                      required ? "" : NULL);
}

/**
 * ismb_form_field_get_value:
 * @self: a field
 *
 * Its value; where it has several, all of them as lines.
 *
 * Returns: (transfer full) (nullable): the value; %NULL where there is none
 */
char *
ismb_form_field_get_value (IsmbFormField *self)
{
  g_auto (GStrv) values = NULL;

  g_return_val_if_fail (ISMB_IS_FORM_FIELD (self), NULL);
  values = ismb_form_data_dup_values (get_node (self));
  return values[0] != NULL ? g_strjoinv ("\n", values) : NULL;
}

/**
 * ismb_form_field_set_value:
 * @self: a field
 * @value: (nullable): its one value; of a `text-multi`, its lines; %NULL for none
 *
 * Puts a value in the place of those it has.
 */
void
ismb_form_field_set_value (IsmbFormField *self, const char *value)
{
  g_auto (GStrv) lines = NULL;
  const char *one[] = { value, NULL };

  g_return_if_fail (ISMB_IS_FORM_FIELD (self));
  if (value != NULL && g_str_equal (ismb_form_field_get_field_type (self), "text-multi"))
    lines = g_strsplit (value, "\n", -1);
  ismb_form_field_set_values (self, lines != NULL ? (const char *const *) lines : one);
}

/**
 * ismb_form_field_get_values:
 * @self: a field
 *
 * Its values: several in a field whose type ends with `-multi`.
 *
 * Returns: (transfer full): the values
 */
char **
ismb_form_field_get_values (IsmbFormField *self)
{
  g_return_val_if_fail (ISMB_IS_FORM_FIELD (self), NULL);
  return ismb_form_data_dup_values (get_node (self));
}

/**
 * ismb_form_field_set_values:
 * @self: a field
 * @values: (nullable) (array zero-terminated=1): the values; %NULL for none
 *
 * Puts values in the place of those it has.
 */
void
ismb_form_field_set_values (IsmbFormField *self, const char *const *values)
{
  g_return_if_fail (ISMB_IS_FORM_FIELD (self));
  ismb_form_data_set_values (get_tree (self), get_node (self), values);
}

/**
 * ismb_form_field_get_boolean:
 * @self: a `boolean` field
 *
 * Its value as a truth; where there is none it is false.
 *
 * Returns: whether it is `1` or `true`
 */
gboolean
ismb_form_field_get_boolean (IsmbFormField *self)
{
  g_autofree char *value = NULL;

  g_return_val_if_fail (ISMB_IS_FORM_FIELD (self), FALSE);
  value = ismb_form_field_get_value (self);
  return ismb_form_data_is_true (value);
}

/**
 * ismb_form_field_set_boolean:
 * @self: a `boolean` field
 * @value: its value
 *
 * Puts `1` or `0` in the place of the value it has.
 */
void
ismb_form_field_set_boolean (IsmbFormField *self, gboolean value)
{
  ismb_form_field_set_value (self, value ? "1" : "0");
}

/**
 * ismb_form_field_add_option:
 * @self: a `list-single` or `list-multi` field
 * @value: a value that may be chosen
 * @label: (nullable): what a person reads in its place
 *
 * Offers one value more. Values and labels must be different from each other (XEP-0004, 3.3).
 */
void
ismb_form_field_add_option (IsmbFormField *self, const char *value, const char *label)
{
  IsmbNode *option;

  g_return_if_fail (ISMB_IS_FORM_FIELD (self) && value != NULL);
  option = ismb_tree_add (get_tree (self), get_node (self), "option", ISMB_NS_DATA);
  ismb_tree_set (get_tree (self), option, "label", label);
  ismb_tree_add_leaf (get_tree (self), option, "value", ISMB_NS_DATA, value);
}

/**
 * ismb_form_field_list_options:
 * @self: a `list-single` or `list-multi` field
 *
 * The values that may be chosen.
 *
 * Returns: (transfer full): the values, in their order
 */
char **
ismb_form_field_list_options (IsmbFormField *self)
{
  g_autoptr (GStrvBuilder) options = g_strv_builder_new ();

  g_return_val_if_fail (ISMB_IS_FORM_FIELD (self), NULL);
  for (IsmbNode *at = ismb_node_find (get_node (self), "option", ISMB_NS_DATA); at != NULL;
       at = ismb_node_find_next (at, "option", ISMB_NS_DATA))
    {
      g_autofree char *value = ismb_node_dup_child_text (at, "value", ISMB_NS_DATA);

      if (value != NULL)
        g_strv_builder_add (options, value);
    }
  return g_strv_builder_end (options);
}

/**
 * ismb_form_field_get_option_label:
 * @self: a `list-single` or `list-multi` field
 * @value: a value that may be chosen
 *
 * What a person reads for one of the values.
 *
 * Returns: (transfer full) (nullable): the label, or the value where it has none; %NULL where it
 *   may not be chosen
 */
char *
ismb_form_field_get_option_label (IsmbFormField *self, const char *value)
{
  g_return_val_if_fail (ISMB_IS_FORM_FIELD (self) && value != NULL, NULL);
  for (IsmbNode *at = ismb_node_find (get_node (self), "option", ISMB_NS_DATA); at != NULL;
       at = ismb_node_find_next (at, "option", ISMB_NS_DATA))
    {
      g_autofree char *own = ismb_node_dup_child_text (at, "value", ISMB_NS_DATA);
      const char *label = ismb_node_get (at, "label");

      if (g_strcmp0 (own, value) == 0)
        return g_strdup (label != NULL ? label : own);
    }
  return NULL;
}
