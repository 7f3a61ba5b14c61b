/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/plugins/ismb-form-field.h>

G_BEGIN_DECLS

#define ISMB_TYPE_FORM (ismb_form_get_type ())
G_DECLARE_FINAL_TYPE (IsmbForm, ismb_form, ISMB, FORM, IsmbPayload)

IsmbForm *ismb_form_new (const char *kind);
const char *ismb_form_get_kind (IsmbForm *self);
void ismb_form_set_kind (IsmbForm *self, const char *kind);
char *ismb_form_get_title (IsmbForm *self);
void ismb_form_set_title (IsmbForm *self, const char *title);
char *ismb_form_get_instructions (IsmbForm *self);
void ismb_form_set_instructions (IsmbForm *self, const char *instructions);
char *ismb_form_get_form_type (IsmbForm *self);
void ismb_form_set_form_type (IsmbForm *self, const char *form_type);
IsmbFormField *ismb_form_add_field (IsmbForm *self, const char *var, const char *field_type,
                                    const char *label, const char *value);
IsmbFormField *ismb_form_get_field (IsmbForm *self, const char *var);
GList *ismb_form_list_fields (IsmbForm *self);
gboolean ismb_form_remove_field (IsmbForm *self, const char *var);
char *ismb_form_get_value (IsmbForm *self, const char *var);
void ismb_form_set_value (IsmbForm *self, const char *var, const char *value);
GVariant *ismb_form_get_values (IsmbForm *self);
void ismb_form_set_values (IsmbForm *self, GVariant *values);
IsmbFormField *ismb_form_add_reported (IsmbForm *self, const char *var, const char *field_type,
                                       const char *label);
GList *ismb_form_list_reported (IsmbForm *self);
void ismb_form_add_item (IsmbForm *self, GVariant *values);
GVariant *ismb_form_list_items (IsmbForm *self);
IsmbForm *ismb_form_submit (IsmbForm *self, GVariant *values, GError **error);
IsmbForm *ismb_form_cancel (IsmbForm *self);
gboolean ismb_form_validate (IsmbForm *self, IsmbForm *answer, GError **error);

G_END_DECLS
