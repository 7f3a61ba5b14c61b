/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/core/ismb-payload.h>

G_BEGIN_DECLS

#define ISMB_TYPE_FORM_FIELD (ismb_form_field_get_type ())
G_DECLARE_FINAL_TYPE (IsmbFormField, ismb_form_field, ISMB, FORM_FIELD, IsmbPayload)

IsmbFormField *ismb_form_field_new (const char *var, const char *field_type, const char *label);
const char *ismb_form_field_get_var (IsmbFormField *self);
const char *ismb_form_field_get_field_type (IsmbFormField *self);
void ismb_form_field_set_field_type (IsmbFormField *self, const char *field_type);
const char *ismb_form_field_get_label (IsmbFormField *self);
void ismb_form_field_set_label (IsmbFormField *self, const char *label);
char *ismb_form_field_get_desc (IsmbFormField *self);
void ismb_form_field_set_desc (IsmbFormField *self, const char *desc);
gboolean ismb_form_field_get_required (IsmbFormField *self);
void ismb_form_field_set_required (IsmbFormField *self, gboolean required);
char *ismb_form_field_get_value (IsmbFormField *self);
void ismb_form_field_set_value (IsmbFormField *self, const char *value);
char **ismb_form_field_get_values (IsmbFormField *self);
void ismb_form_field_set_values (IsmbFormField *self, const char *const *values);
gboolean ismb_form_field_get_boolean (IsmbFormField *self);
void ismb_form_field_set_boolean (IsmbFormField *self, gboolean value);
void ismb_form_field_add_option (IsmbFormField *self, const char *value, const char *label);
char **ismb_form_field_list_options (IsmbFormField *self);
char *ismb_form_field_get_option_label (IsmbFormField *self, const char *value);

G_END_DECLS
