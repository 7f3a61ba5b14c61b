/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/plugins/ismb-form.h"

#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-payload-private.h"
#include "ismb/plugins/ismb-form-data.h"

/**
 * IsmbForm:
 *
 * A data form (XEP-0004): what one side asks for, what the other answers, or what it reports.
 *
 * ```c
 * g_autoptr (IsmbForm) form = ismb_form_new ("form");
 * g_autoptr (IsmbFormField) port = ismb_form_add_field (form, "port", "list-single", "Port", NULL);
 * ismb_form_field_add_option (port, "1", "uplink");
 * ismb_form_field_set_required (port, TRUE);
 * ismb_stanza_add_payload (ISMB_STANZA (message), ISMB_PAYLOAD (form));
 * ```
 *
 * and whoever gets it:
 *
 * ```c
 * form = ismb_stanza_get_payload (ISMB_STANZA (message), ISMB_TYPE_FORM);
 * answer = ismb_form_submit (form, g_variant_new_parsed ("{'port': <'1'>}"), &error);
 * ```
 *
 * In Python `form.submit(GLib.Variant('a{sv}', {'port': GLib.Variant('s', '1')}))`.
 *
 * Values of a whole form are a dictionary (a{sv}): a `boolean` field's is a boolean (b), one of a
 * type that ends with `-multi` an array of strings (as), all others a string (s). Where the type is
 * not said, as in most answers, it is a string, or an array where there are several.
 */
struct _IsmbForm
{
  IsmbPayload parent_instance;
};

G_DEFINE_FINAL_TYPE (IsmbForm, ismb_form, ISMB_TYPE_PAYLOAD)

static void
ismb_form_class_init (IsmbFormClass *klass)
{
  ismb_payload_class_set_element (ISMB_PAYLOAD_CLASS (klass), "x", ISMB_NS_DATA);
}

static void
ismb_form_init (IsmbForm *self)
{
}

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

static IsmbFormField *
view (IsmbForm *self, IsmbNode *field)
{
  return ISMB_FORM_FIELD (_ismb_payload_new_view (ISMB_TYPE_FORM_FIELD, get_tree (self), field));
}

static GList *
list_views (IsmbForm *self, IsmbNode *parent)
{
  GList *fields = NULL;

  for (IsmbNode *at = ismb_node_find (parent, "field", ISMB_NS_DATA); at != NULL;
       at = ismb_node_find_next (at, "field", ISMB_NS_DATA))
    fields = g_list_prepend (fields, view (self, at));
  return g_list_reverse (fields);
}

static IsmbNode *
find_field (IsmbForm *self, const char *var)
{
  for (IsmbNode *at = ismb_node_find (get_node (self), "field", ISMB_NS_DATA); at != NULL;
       at = ismb_node_find_next (at, "field", ISMB_NS_DATA))
    if (g_strcmp0 (ismb_node_get (at, "var"), var) == 0)
      return at;
  return NULL;
}

static IsmbNode *
add_field (IsmbForm *self, IsmbNode *parent, const char *var, const char *field_type,
           const char *label)
{
  IsmbNode *field = ismb_tree_add (get_tree (self), parent, "field", ISMB_NS_DATA);

  ismb_tree_set (get_tree (self), field, "var", var);
  ismb_tree_set (get_tree (self), field, "type", field_type);
  ismb_tree_set (get_tree (self), field, "label", label);
  return field;
}

static gboolean
is_kind (const char *kind)
{
  static const char *const kinds[] = { "form", "submit", "cancel", "result", NULL };

  return kind != NULL && g_strv_contains (kinds, kind);
}

/**
 * ismb_form_new:
 * @kind: `form` (it asks), `submit` (it answers), `cancel` (no answer will come) or `result` (it
 *   reports)
 *
 * Makes an empty form.
 *
 * Returns: (transfer full): the form
 */
IsmbForm *
ismb_form_new (const char *kind)
{
  IsmbForm *self;

  g_return_val_if_fail (is_kind (kind), NULL);
  self = g_object_new (ISMB_TYPE_FORM, NULL);
  ismb_form_set_kind (self, kind);
  return self;
}

/**
 * ismb_form_get_kind:
 * @self: a form
 *
 * What it is for; the element's attribute `type`.
 *
 * Returns: `form`, `submit`, `cancel` or `result`; `form` where it says nothing else
 */
const char *
ismb_form_get_kind (IsmbForm *self)
{
  const char *kind;

  g_return_val_if_fail (ISMB_IS_FORM (self), NULL);
  kind = ismb_node_get (get_node (self), "type");
  return is_kind (kind) ? kind : "form";
}

/**
 * ismb_form_set_kind:
 * @self: a form
 * @kind: `form`, `submit`, `cancel` or `result`
 *
 * Says what it is for.
 */
void
ismb_form_set_kind (IsmbForm *self, const char *kind)
{
  g_return_if_fail (ISMB_IS_FORM (self) && is_kind (kind));
  ismb_tree_set (get_tree (self), get_node (self), "type", kind);
}

/**
 * ismb_form_get_title:
 * @self: a form
 *
 * What stands above it.
 *
 * Returns: (transfer full) (nullable): the title
 */
char *
ismb_form_get_title (IsmbForm *self)
{
  g_return_val_if_fail (ISMB_IS_FORM (self), NULL);
  return ismb_node_dup_child_text (get_node (self), "title", ISMB_NS_DATA);
}

/**
 * ismb_form_set_title:
 * @self: a form
 * @title: (nullable): the title, one line; %NULL for none
 *
 * Says what stands above it.
 */
void
ismb_form_set_title (IsmbForm *self, const char *title)
{
  g_return_if_fail (ISMB_IS_FORM (self));
  ismb_tree_set_leaf (get_tree (self), get_node (self), "title", ISMB_NS_DATA, title);
}

/**
 * ismb_form_get_instructions:
 * @self: a form
 *
 * What to do with it, for a person.
 *
 * Returns: (transfer full) (nullable): the instructions, perhaps several lines
 */
char *
ismb_form_get_instructions (IsmbForm *self)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) lines = NULL;

  g_return_val_if_fail (ISMB_IS_FORM (self), NULL);
  for (IsmbNode *at = ismb_node_find (get_node (self), "instructions", ISMB_NS_DATA); at != NULL;
       at = ismb_node_find_next (at, "instructions", ISMB_NS_DATA))
    {
      g_autofree char *line = ismb_node_dup_text (at);

      g_strv_builder_add (builder, line);
    }
  lines = g_strv_builder_end (builder);
  return lines[0] != NULL ? g_strjoinv ("\n", lines) : NULL;
}

/**
 * ismb_form_set_instructions:
 * @self: a form
 * @instructions: (nullable): what to do with it; each line becomes an element. %NULL for none
 *
 * Says what to do with it, for a person.
 */
void
ismb_form_set_instructions (IsmbForm *self, const char *instructions)
{
  g_auto (GStrv) lines = NULL;

  g_return_if_fail (ISMB_IS_FORM (self));
  ismb_tree_set_leaf (get_tree (self), get_node (self), "instructions", ISMB_NS_DATA, NULL);
  if (instructions == NULL)
    return;
  lines = g_strsplit (instructions, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    ismb_tree_add_leaf (get_tree (self), get_node (self), "instructions", ISMB_NS_DATA, *line);
}

/**
 * ismb_form_get_form_type:
 * @self: a form
 *
 * Which form this is, to programs: the value of its hidden field `FORM_TYPE` (XEP-0068).
 *
 * Returns: (transfer full) (nullable): the type, a namespace as a rule; %NULL where it has none
 */
char *
ismb_form_get_form_type (IsmbForm *self)
{
  return ismb_form_get_value (self, "FORM_TYPE");
}

/**
 * ismb_form_set_form_type:
 * @self: a form
 * @form_type: (nullable): a namespace; %NULL for none
 *
 * Says to programs which form this is (XEP-0068).
 */
void
ismb_form_set_form_type (IsmbForm *self, const char *form_type)
{
  g_return_if_fail (ISMB_IS_FORM (self));
  while (ismb_form_remove_field (self, "FORM_TYPE"))
    ;
  if (form_type != NULL)
    g_object_unref (ismb_form_add_field (self, "FORM_TYPE", "hidden", NULL, form_type));
}

/**
 * ismb_form_add_field:
 * @self: a form
 * @var: (nullable): the name of the field, which no other one has; %NULL for a `fixed` one
 * @field_type: (nullable): its type ([class@Ismb.FormField]); %NULL to leave it to the reader
 * @label: (nullable): what a person reads beside it
 * @value: (nullable): its value, or what is proposed
 *
 * Adds a field behind the others.
 *
 * Returns: (transfer full): the field
 */
IsmbFormField *
ismb_form_add_field (IsmbForm *self, const char *var, const char *field_type, const char *label,
                     const char *value)
{
  IsmbFormField *field;

  g_return_val_if_fail (ISMB_IS_FORM (self), NULL);
  g_return_val_if_fail (field_type == NULL || ismb_form_data_is_type (field_type), NULL);
  field = view (self, add_field (self, get_node (self), var, field_type, label));
  if (value != NULL)
    ismb_form_field_set_value (field, value);
  return field;
}

/**
 * ismb_form_get_field:
 * @self: a form
 * @var: the name of a field
 *
 * Finds a field.
 *
 * Returns: (transfer full) (nullable): the field; %NULL where there is none of that name
 */
IsmbFormField *
ismb_form_get_field (IsmbForm *self, const char *var)
{
  IsmbNode *field;

  g_return_val_if_fail (ISMB_IS_FORM (self) && var != NULL, NULL);
  field = find_field (self, var);
  return field != NULL ? view (self, field) : NULL;
}

/**
 * ismb_form_list_fields:
 * @self: a form
 *
 * Its fields, in the order in which a person sees them.
 *
 * Returns: (transfer full) (element-type IsmbFormField): the fields
 */
GList *
ismb_form_list_fields (IsmbForm *self)
{
  g_return_val_if_fail (ISMB_IS_FORM (self), NULL);
  return list_views (self, get_node (self));
}

/**
 * ismb_form_remove_field:
 * @self: a form
 * @var: the name of a field
 *
 * Takes a field out.
 *
 * Returns: whether there was one of that name
 */
gboolean
ismb_form_remove_field (IsmbForm *self, const char *var)
{
  IsmbNode *field;

  g_return_val_if_fail (ISMB_IS_FORM (self) && var != NULL, FALSE);
  field = find_field (self, var);
  if (field != NULL)
    ismb_tree_remove (get_tree (self), field);
  return field != NULL;
}

/**
 * ismb_form_get_value:
 * @self: a form
 * @var: the name of a field
 *
 * The value of a field; where it has several, all of them as lines.
 *
 * Returns: (transfer full) (nullable): the value; %NULL where there is no such field, or none in it
 */
char *
ismb_form_get_value (IsmbForm *self, const char *var)
{
  g_autoptr (IsmbFormField) field = ismb_form_get_field (self, var);

  return field != NULL ? ismb_form_field_get_value (field) : NULL;
}

/**
 * ismb_form_set_value:
 * @self: a form
 * @var: the name of a field
 * @value: (nullable): its one value; of a `text-multi`, its lines; %NULL for none
 *
 * Puts a value in the place of those of a field; it is added if the form has none of that name.
 */
void
ismb_form_set_value (IsmbForm *self, const char *var, const char *value)
{
  g_autoptr (IsmbFormField) field = ismb_form_get_field (self, var);

  if (field == NULL)
    field = ismb_form_add_field (self, var, NULL, NULL, NULL);
  if (field != NULL)
    ismb_form_field_set_value (field, value);
}

static const char *
type_of (IsmbNode *field)
{
  return ismb_node_get (field, "type") != NULL ? ismb_form_data_get_type (field) : NULL;
}

/* What a field of this name is, by the fields of the form or of <reported/>. */
static const char *
look_up_type (GHashTable *types, IsmbNode *field)
{
  const char *var = ismb_node_get (field, "var");
  const char *type = type_of (field);

  return type != NULL || types == NULL || var == NULL ? type : g_hash_table_lookup (types, var);
}

static GVariant *
read_values (IsmbNode *parent, GHashTable *types)
{
  g_auto (GVariantDict) values = G_VARIANT_DICT_INIT (NULL);

  for (IsmbNode *at = ismb_node_find (parent, "field", ISMB_NS_DATA); at != NULL;
       at = ismb_node_find_next (at, "field", ISMB_NS_DATA))
    {
      const char *var = ismb_node_get (at, "var");
      const char *type = look_up_type (types, at);
      gboolean told = var != NULL && g_strcmp0 (type, "fixed") != 0
                      && !g_variant_dict_contains (&values, var);
      GVariant *value = told ? ismb_form_data_read (at, type) : NULL;

      if (value != NULL)
        g_variant_dict_insert_value (&values, var, value);
    }
  return g_variant_ref_sink (g_variant_dict_end (&values));
}

/**
 * ismb_form_get_values:
 * @self: a form
 *
 * The values of its fields, by name. Fields without a name and `fixed` ones are left out, and those
 * that have no value, unless their type says what that means: false, or an empty array.
 *
 * Returns: (transfer full): the values (a{sv})
 */
GVariant *
ismb_form_get_values (IsmbForm *self)
{
  g_return_val_if_fail (ISMB_IS_FORM (self), NULL);
  return read_values (get_node (self), NULL);
}

static void
set_variant (IsmbForm *self, IsmbNode *field, GVariant *value)
{
  g_auto (GStrv) values = ismb_form_data_from_variant (value, type_of (field));

  if (values != NULL)
    ismb_form_data_set_values (get_tree (self), field, (const char *const *) values);
  else
    g_warning ("a value of type %s is none for a form", g_variant_get_type_string (value));
}

/**
 * ismb_form_set_values:
 * @self: a form
 * @values: values by name (a{sv}): booleans, numbers, strings and arrays of strings; a string for a
 *   `text-multi` is its lines
 *
 * Puts values in the place of those of the fields that are named; a field that is not there is
 * added. A floating @values is consumed.
 */
void
ismb_form_set_values (IsmbForm *self, GVariant *values)
{
  g_autoptr (GVariant) held = NULL;
  GVariantIter iter;
  const char *var;
  GVariant *value;

  g_return_if_fail (ISMB_IS_FORM (self));
  g_return_if_fail (g_variant_is_of_type (values, G_VARIANT_TYPE_VARDICT));
  held = g_variant_ref_sink (values);
  g_variant_iter_init (&iter, held);
  while (g_variant_iter_loop (&iter, "{&sv}", &var, &value))
    {
      IsmbNode *field = find_field (self, var);

      if (field == NULL)
        field = add_field (self, get_node (self), var, NULL, NULL);
      set_variant (self, field, value);
    }
}

/**
 * ismb_form_add_reported:
 * @self: a form of the kind `result`
 * @var: the name of a column
 * @field_type: (nullable): the type of what stands in it
 * @label: (nullable): what a person reads above it
 *
 * Says what a column of a table of results is. Columns come before the items.
 *
 * Returns: (transfer full): the column
 */
IsmbFormField *
ismb_form_add_reported (IsmbForm *self, const char *var, const char *field_type, const char *label)
{
  IsmbNode *reported;

  g_return_val_if_fail (ISMB_IS_FORM (self) && var != NULL, NULL);
  g_return_val_if_fail (field_type == NULL || ismb_form_data_is_type (field_type), NULL);
  reported = ismb_node_find (get_node (self), "reported", ISMB_NS_DATA);
  if (reported == NULL)
    reported = ismb_tree_add (get_tree (self), get_node (self), "reported", ISMB_NS_DATA);
  return view (self, add_field (self, reported, var, field_type, label));
}

/**
 * ismb_form_list_reported:
 * @self: a form
 *
 * The columns of a table of results.
 *
 * Returns: (transfer full) (element-type IsmbFormField): the columns
 */
GList *
ismb_form_list_reported (IsmbForm *self)
{
  IsmbNode *reported;

  g_return_val_if_fail (ISMB_IS_FORM (self), NULL);
  reported = ismb_node_find (get_node (self), "reported", ISMB_NS_DATA);
  return reported != NULL ? list_views (self, reported) : NULL;
}

/**
 * ismb_form_add_item:
 * @self: a form of the kind `result`
 * @values: the values of a row by the names of the columns (a{sv})
 *
 * Adds a row to a table of results. A floating @values is consumed.
 */
void
ismb_form_add_item (IsmbForm *self, GVariant *values)
{
  g_autoptr (GVariant) held = NULL;
  IsmbNode *item;
  GVariantIter iter;
  const char *var;
  GVariant *value;

  g_return_if_fail (ISMB_IS_FORM (self));
  g_return_if_fail (g_variant_is_of_type (values, G_VARIANT_TYPE_VARDICT));
  held = g_variant_ref_sink (values);
  item = ismb_tree_add (get_tree (self), get_node (self), "item", ISMB_NS_DATA);
  g_variant_iter_init (&iter, held);
  while (g_variant_iter_loop (&iter, "{&sv}", &var, &value))
    set_variant (self, add_field (self, item, var, NULL, NULL), value);
}

static GHashTable *
read_types (IsmbNode *parent)
{
  GHashTable *types = g_hash_table_new (g_str_hash, g_str_equal);

  for (IsmbNode *at = parent != NULL ? ismb_node_find (parent, "field", ISMB_NS_DATA) : NULL;
       at != NULL; at = ismb_node_find_next (at, "field", ISMB_NS_DATA))
    if (ismb_node_get (at, "var") != NULL && type_of (at) != NULL)
      g_hash_table_insert (types, (gpointer) ismb_node_get (at, "var"), (gpointer) type_of (at));
  return types;
}

/**
 * ismb_form_list_items:
 * @self: a form
 *
 * The rows of a table of results, each as [method@Ismb.Form.get_values] has it.
 *
 * Returns: (transfer full): the rows (aa{sv})
 */
GVariant *
ismb_form_list_items (IsmbForm *self)
{
  g_auto (GVariantBuilder) items = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));
  g_autoptr (GHashTable) types = NULL;

  g_return_val_if_fail (ISMB_IS_FORM (self), NULL);
  types = read_types (ismb_node_find (get_node (self), "reported", ISMB_NS_DATA));
  for (IsmbNode *at = ismb_node_find (get_node (self), "item", ISMB_NS_DATA); at != NULL;
       at = ismb_node_find_next (at, "item", ISMB_NS_DATA))
    {
      g_autoptr (GVariant) values = read_values (at, types);

      g_variant_builder_add_value (&items, values);
    }
  return g_variant_ref_sink (g_variant_builder_end (&items));
}
