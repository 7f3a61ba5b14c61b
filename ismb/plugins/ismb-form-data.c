/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/plugins/ismb-form-data.h"

#include <string.h>

#include "ismb/core/ismb-jid.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-error.h"

static const char *const types[] = { "boolean",    "fixed",       "hidden",     "jid-multi",
                                     "jid-single", "list-multi",  "list-single", "text-multi",
                                     "text-private", "text-single", NULL };

gboolean
ismb_form_data_is_type (const char *type)
{
  return type != NULL && g_strv_contains (types, type);
}

const char *
ismb_form_data_get_type (const IsmbNode *field)
{
  const char *type = ismb_node_get (field, "type");

  return ismb_form_data_is_type (type) ? type : "text-single";
}

gboolean
ismb_form_data_is_multi (const char *type)
{
  return g_str_has_suffix (type, "-multi");
}

gboolean
ismb_form_data_is_true (const char *value)
{
  return g_strcmp0 (value, "1") == 0 || g_strcmp0 (value, "true") == 0;
}

GStrv
ismb_form_data_dup_values (const IsmbNode *field)
{
  g_autoptr (GStrvBuilder) values = g_strv_builder_new ();

  for (IsmbNode *at = ismb_node_find (field, "value", ISMB_NS_DATA); at != NULL;
       at = ismb_node_find_next (at, "value", ISMB_NS_DATA))
    {
      g_autofree char *text = ismb_node_dup_text (at);

      g_strv_builder_add (values, text);
    }
  return g_strv_builder_end (values);
}

void
ismb_form_data_set_values (IsmbTree *tree, IsmbNode *field, const char *const *values)
{
  IsmbNode *at;

  while ((at = ismb_node_find (field, "value", ISMB_NS_DATA)) != NULL)
    ismb_tree_remove (tree, at);
  for (; values != NULL && *values != NULL; values++)
    ismb_tree_add_leaf (tree, field, "value", ISMB_NS_DATA, *values);
}

GVariant *
ismb_form_data_read (const IsmbNode *field, const char *type)
{
  g_auto (GStrv) values = ismb_form_data_dup_values (field);

  if (type != NULL && ismb_form_data_is_multi (type))
    return g_variant_new_strv ((const char *const *) values, -1);
  if (type != NULL && g_str_equal (type, "boolean"))
    return g_variant_new_boolean (ismb_form_data_is_true (values[0]));
  if (values[0] == NULL)
    return NULL;
  if (type == NULL && values[1] != NULL)
    return g_variant_new_strv ((const char *const *) values, -1);
  return g_variant_new_string (values[0]);
}

/* What is text and what is a number, as text. */
static char *
print_plain (GVariant *value)
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return g_variant_dup_string (value, NULL);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN))
    return g_strdup (g_variant_get_boolean (value) ? "1" : "0");
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_BASIC))
    return g_variant_print (value, FALSE);
  return NULL;
}

GStrv
ismb_form_data_from_variant (GVariant *value, const char *type)
{
  g_autoptr (GStrvBuilder) values = g_strv_builder_new ();
  g_autofree char *text = NULL;

  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING_ARRAY))
    return g_variant_dup_strv (value, NULL);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_VARIANT))
    {
      g_autoptr (GVariant) inner = g_variant_get_variant (value);

      return ismb_form_data_from_variant (inner, type);
    }
  text = print_plain (value);
  if (text == NULL)
    return NULL;
  if (g_strcmp0 (type, "text-multi") == 0)
    return g_strsplit (text, "\n", -1);
  g_strv_builder_add (values, text);
  return g_strv_builder_end (values);
}

static gboolean
refuse (const IsmbNode *field, const char *what, GError **error)
{
  const char *var = ismb_node_get (field, "var");

  g_set_error (error, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_NOT_ACCEPTABLE, "the field %s %s",
               var != NULL ? var : "without a name", what);
  return FALSE;
}

static gboolean
has_option (const IsmbNode *field, const char *value)
{
  for (IsmbNode *at = ismb_node_find (field, "option", ISMB_NS_DATA); at != NULL;
       at = ismb_node_find_next (at, "option", ISMB_NS_DATA))
    {
      g_autofree char *option = ismb_node_dup_child_text (at, "value", ISMB_NS_DATA);

      if (g_strcmp0 (option, value) == 0)
        return TRUE;
    }
  return FALSE;
}

static gboolean
is_boolean (const char *value)
{
  return ismb_form_data_is_true (value) || g_str_equal (value, "0") || g_str_equal (value, "false");
}

static gboolean
check_value (const IsmbNode *field, const char *type, const char *value, GError **error)
{
  g_autoptr (IsmbJid) jid = NULL;

  if (g_str_equal (type, "boolean") && !is_boolean (value))
    return refuse (field, "takes 1, 0, true or false", error);
  if (g_str_has_prefix (type, "list-") && !has_option (field, value))
    return refuse (field, "has a value that is none of its options", error);
  if (!g_str_has_prefix (type, "jid-"))
    return TRUE;
  jid = ismb_jid_new (value, NULL);
  return jid != NULL || refuse (field, "has a value that is no address", error);
}

gboolean
ismb_form_data_check (const IsmbNode *field, const char *const *values, GError **error)
{
  const char *type = ismb_form_data_get_type (field);
  gboolean none = values == NULL || values[0] == NULL;
  gboolean required = ismb_node_find (field, "required", ISMB_NS_DATA) != NULL;

  if (required && (none || (values[0][0] == '\0' && values[1] == NULL)))
    return refuse (field, "is required, and has no value", error);
  if (none || g_str_equal (type, "hidden"))
    return TRUE;
  if (!ismb_form_data_is_multi (type) && values[1] != NULL)
    return refuse (field, "takes one value, not several", error);
  for (; *values != NULL; values++)
    if (!check_value (field, type, *values, error))
      return FALSE;
  return TRUE;
}
