/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/client/ismb-plugin.h>
#include <ismb/plugins/ismb-form.h>

G_BEGIN_DECLS

#define ISMB_TYPE_DATA_FORMS (ismb_data_forms_get_type ())
G_DECLARE_FINAL_TYPE (IsmbDataForms, ismb_data_forms, ISMB, DATA_FORMS, IsmbPlugin)

IsmbForm *ismb_data_forms_make_form (IsmbDataForms *self, const char *kind, const char *title,
                                     const char *instructions);

G_END_DECLS
