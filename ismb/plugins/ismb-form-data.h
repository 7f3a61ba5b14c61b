/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-tree.h"

G_BEGIN_DECLS

/* What stands in the elements of a data form (XEP-0004): values, and whether they are allowed. */

/* `text-single` where none is said, or one that nobody knows. */
const char *ismb_form_data_get_type (const IsmbNode *field);
gboolean ismb_form_data_is_type (const char *type);
gboolean ismb_form_data_is_multi (const char *type);
/* `1` or `true`. */
gboolean ismb_form_data_is_true (const char *value);
/* (transfer full) */
GStrv ismb_form_data_dup_values (const IsmbNode *field);
/* In the place of what values there are; NULL: none. */
void ismb_form_data_set_values (IsmbTree *tree, IsmbNode *field, const char *const *values);
/* As the type has it: b, as, or s; with a `type` of NULL s or, where there are several, as. NULL
 * where the field has no value. Floating. */
GVariant *ismb_form_data_read (const IsmbNode *field, const char *type);
/* What a number, a boolean, a string or an array of strings is as values; NULL: it is none of
 * them. (transfer full) */
GStrv ismb_form_data_from_variant (GVariant *value, const char *type);
/* Whether values are what a field of a form asks for; else ISMB_STANZA_ERROR_NOT_ACCEPTABLE. */
gboolean ismb_form_data_check (const IsmbNode *field, const char *const *values, GError **error);

G_END_DECLS
