/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "switchctl/daemon/switch-config.h"

G_BEGIN_DECLS

/* Every key there is: what it takes and where it goes. */
typedef enum
{
  SWITCH_GROUP_DAEMON,
  SWITCH_GROUP_FABRIC,
  SWITCH_GROUP_CONTROL,
  SWITCH_GROUP_VR,
} SwitchGroup;

/* `[vr blue]` -> SWITCH_GROUP_VR and "blue". The error says which groups there are. */
gboolean switch_config_find_group (const char *header, SwitchGroup *group, char **vr,
                                   GError **error);
/* Sets `key` in `target`: the SwitchConfig, or the SwitchVrConfig for SWITCH_GROUP_VR. The error
 * says what was expected; file and line are the caller's. */
gboolean switch_config_set        (SwitchGroup group, gpointer target, const char *key,
                                   const char *value, GError **error);

G_END_DECLS
