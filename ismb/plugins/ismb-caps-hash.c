/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/plugins/ismb-caps-hash.h"

#include <string.h>

static const struct
{
  const char *name;
  GChecksumType type;
} hashes[] = {
  { "sha-1", G_CHECKSUM_SHA1 },
  { "sha-256", G_CHECKSUM_SHA256 },
  { "sha-384", G_CHECKSUM_SHA384 },
  { "sha-512", G_CHECKSUM_SHA512 },
};

static gboolean
find_hash (const char *name, GChecksumType *type)
{
  for (gsize i = 0; i < G_N_ELEMENTS (hashes); i++)
    if (g_strcmp0 (hashes[i].name, name) == 0)
      {
        *type = hashes[i].type;
        return TRUE;
      }
  return FALSE;
}

gboolean
ismb_caps_hash_is_known (const char *hash)
{
  GChecksumType type;

  return find_hash (hash, &type);
}

/* `<` ends each part of the string, so nothing in it may have one. */
static gboolean
is_safe (const char *text)
{
  return strchr (text, '<') == NULL;
}

static int
compare_strings (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static const char *
or_empty (const char *text)
{
  return text != NULL ? text : "";
}

/* Identities */

static int
compare_identities (gconstpointer a, gconstpointer b)
{
  IsmbDiscoIdentity *left = (gpointer) a, *right = (gpointer) b;
  int order = strcmp (ismb_disco_identity_get_category (left),
                      ismb_disco_identity_get_category (right));

  if (order == 0)
    order = strcmp (ismb_disco_identity_get_identity_type (left),
                    ismb_disco_identity_get_identity_type (right));
  if (order == 0)
    order = strcmp (or_empty (ismb_disco_identity_get_lang (left)),
                    or_empty (ismb_disco_identity_get_lang (right)));
  return order != 0 ? order
                    : strcmp (or_empty (ismb_disco_identity_get_name (left)),
                              or_empty (ismb_disco_identity_get_name (right)));
}

/* A feature that begins `http://` reads like an identity without a type. */
static char *
print_identity (IsmbDiscoIdentity *identity)
{
  const char *category = ismb_disco_identity_get_category (identity);
  const char *type = ismb_disco_identity_get_identity_type (identity);
  g_autofree char *text =
      g_strdup_printf ("%s/%s/%s/%s", category, type,
                       or_empty (ismb_disco_identity_get_lang (identity)),
                       or_empty (ismb_disco_identity_get_name (identity)));

  if (category[0] == '\0' || type[0] == '\0' || strpbrk (category, "/:") != NULL || !is_safe (text))
    return NULL;
  return g_steal_pointer (&text);
}

static gboolean
add_identities (GString *out, IsmbDiscoInfo *info)
{
  g_autolist (IsmbDiscoIdentity) identities =
      g_list_sort (ismb_disco_info_list_identities (info), compare_identities);

  for (GList *at = identities; at != NULL; at = at->next)
    {
      g_autofree char *text = print_identity (at->data);

      if (text == NULL || (at->next != NULL && compare_identities (at->data, at->next->data) == 0))
        return FALSE;
      g_string_append_printf (out, "%s<", text);
    }
  return identities != NULL;
}

/* Strings, sorted, each with its end */

static gboolean
add_sorted (GString *out, char **strings, gboolean unique)
{
  guint count = g_strv_length (strings);

  qsort (strings, count, sizeof *strings, compare_strings);
  for (guint i = 0; i < count; i++)
    {
      if (!is_safe (strings[i]) || (unique && i > 0 && g_str_equal (strings[i], strings[i - 1])))
        return FALSE;
      g_string_append_printf (out, "%s<", strings[i]);
    }
  return TRUE;
}

static gboolean
add_features (GString *out, IsmbDiscoInfo *info)
{
  g_auto (GStrv) features = ismb_disco_info_list_features (info);

  return add_sorted (out, features, TRUE);
}

/* Forms */

typedef struct
{
  char *type;
  GList *fields; /* of IsmbFormField */
} Form;

static void
form_free (gpointer data)
{
  Form *form = data;

  g_free (form->type);
  g_list_free_full (form->fields, g_object_unref);
  g_free (form);
}

static int
compare_forms (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(Form *const *) a)->type, (*(Form *const *) b)->type);
}

static int
compare_fields (gconstpointer a, gconstpointer b)
{
  return strcmp (or_empty (ismb_form_field_get_var ((gpointer) a)),
                 or_empty (ismb_form_field_get_var ((gpointer) b)));
}

/* What says of a form which one it is; a form without that does not count (5.4). */
static gboolean
read_type (IsmbForm *form, char **type)
{
  g_autoptr (IsmbFormField) field = ismb_form_get_field (form, "FORM_TYPE");
  g_auto (GStrv) values = field != NULL ? ismb_form_field_get_values (field) : NULL;

  *type = NULL;
  if (values == NULL || values[0] == NULL
      || !g_str_equal (ismb_form_field_get_field_type (field), "hidden"))
    return TRUE;
  for (guint i = 1; values[i] != NULL; i++)
    if (!g_str_equal (values[i], values[0]))
      return FALSE;
  *type = g_strdup (values[0]);
  return TRUE;
}

static gboolean
take_form (GPtrArray *forms, IsmbForm *form)
{
  Form *taken;
  char *type;

  if (!read_type (form, &type))
    return FALSE;
  if (type == NULL)
    return TRUE;
  taken = g_new0 (Form, 1);
  taken->type = type;
  taken->fields = g_list_sort (ismb_form_list_fields (form), compare_fields);
  g_ptr_array_add (forms, taken);
  return is_safe (type);
}

static gboolean
add_form (GString *out, Form *form)
{
  g_string_append_printf (out, "%s<", form->type);
  for (GList *at = form->fields; at != NULL; at = at->next)
    {
      const char *var = ismb_form_field_get_var (at->data);
      g_auto (GStrv) values = ismb_form_field_get_values (at->data);

      if (g_strcmp0 (var, "FORM_TYPE") == 0)
        continue;
      if (var == NULL || !is_safe (var))
        return FALSE;
      g_string_append_printf (out, "%s<", var);
      if (!add_sorted (out, values, FALSE))
        return FALSE;
    }
  return TRUE;
}

static gboolean
add_forms (GString *out, IsmbDiscoInfo *info)
{
  g_autolist (IsmbForm) told = ismb_disco_info_list_forms (info);
  g_autoptr (GPtrArray) forms = g_ptr_array_new_with_free_func (form_free);

  for (GList *at = told; at != NULL; at = at->next)
    if (!take_form (forms, at->data))
      return FALSE;
  g_ptr_array_sort (forms, compare_forms);
  for (guint i = 0; i < forms->len; i++)
    if ((i > 0 && compare_forms (&forms->pdata[i], &forms->pdata[i - 1]) == 0)
        || !add_form (out, forms->pdata[i]))
      return FALSE;
  return TRUE;
}

char *
ismb_caps_hash_compute (IsmbDiscoInfo *info, const char *hash)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GChecksum) checksum = NULL;
  guint8 digest[64];
  gsize length = sizeof digest;
  GChecksumType type;

  if (!find_hash (hash, &type) || !add_identities (text, info) || !add_features (text, info)
      || !add_forms (text, info))
    return NULL;
  checksum = g_checksum_new (type);
  g_checksum_update (checksum, (const guchar *) text->str, text->len);
  g_checksum_get_digest (checksum, digest, &length);
  return g_base64_encode (digest, length);
}
