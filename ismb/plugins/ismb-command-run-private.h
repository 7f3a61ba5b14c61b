/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/plugins/ismb-command-run.h"

G_BEGIN_DECLS

IsmbCommandRun *_ismb_command_run_new (IsmbPlugin *plugin, IsmbJid *jid, const char *node);

G_END_DECLS
