/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/client/ismb-plugin.h>
#include <ismb/plugins/ismb-form.h>

G_BEGIN_DECLS

#define ISMB_TYPE_EXTENDED_INFO (ismb_extended_info_get_type ())
G_DECLARE_FINAL_TYPE (IsmbExtendedInfo, ismb_extended_info, ISMB, EXTENDED_INFO, IsmbPlugin)

void ismb_extended_info_set_extended_info (IsmbExtendedInfo *self, const char *node,
                                           IsmbForm *form);
void ismb_extended_info_remove_extended_info (IsmbExtendedInfo *self, const char *node,
                                              const char *form_type);

G_END_DECLS
