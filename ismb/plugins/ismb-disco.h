/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/client/ismb-plugin.h>

G_BEGIN_DECLS

#define ISMB_TYPE_DISCO (ismb_disco_get_type ())
G_DECLARE_FINAL_TYPE (IsmbDisco, ismb_disco, ISMB, DISCO, IsmbPlugin)

G_END_DECLS
