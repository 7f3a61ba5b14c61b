/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/client/ismb-plugin.h>

G_BEGIN_DECLS

#define ISMB_TYPE_ACKNOWLEDGEMENTS (ismb_acknowledgements_get_type ())
G_DECLARE_FINAL_TYPE (IsmbAcknowledgements, ismb_acknowledgements, ISMB, ACKNOWLEDGEMENTS,
                      IsmbPlugin)

G_END_DECLS
