/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "switchctl/daemon/switch-config.h"

G_BEGIN_DECLS

/* Reads `path` and then the files `<path>.d/?*.conf`, sorted. `path` NULL: the default one, which
 * need not exist. ISMB_ERROR_BAD_CONFIG names file and line, and what was meant where that can be
 * guessed. */
SwitchConfig *switch_config_load (const char *path, GError **error);

G_END_DECLS
