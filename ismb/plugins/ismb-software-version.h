/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/client/ismb-plugin.h>

G_BEGIN_DECLS

#define ISMB_TYPE_SOFTWARE_VERSION (ismb_software_version_get_type ())
G_DECLARE_FINAL_TYPE (IsmbSoftwareVersion, ismb_software_version, ISMB, SOFTWARE_VERSION,
                      IsmbPlugin)

G_END_DECLS
