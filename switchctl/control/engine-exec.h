/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "switchctl/control/engine.h"

G_BEGIN_DECLS

/* Programs of the host, argv without a shell: a command line is split by the shell's quoting rules
 * and nothing in it is expanded. Programs are those of an allow-list of absolute paths; a bare name
 * stands for the allowed path that ends in it. A program gets a clean environment, no standard
 * input, a process group of its own, a deadline and an output limit; at the deadline the whole
 * group gets SIGTERM, then SIGKILL. What a program leaves running in its group when it ends is
 * killed too. */
#define SWITCH_TYPE_ENGINE_EXEC (switch_engine_exec_get_type ())
G_DECLARE_FINAL_TYPE (SwitchEngineExec, switch_engine_exec, SWITCH, ENGINE_EXEC, GObject)

#define SWITCH_ENGINE_EXEC_DEADLINE_MS 30000
#define SWITCH_ENGINE_EXEC_OUTPUT_MAX (256 * 1024)

/* Fails with ISMB_ERROR_BAD_CONFIG where a path is not absolute, or the namespace cannot be opened.
 * `netns` is a name in /run/netns, a path, or NULL (or empty) for the daemon's own. */
SwitchEngine *switch_engine_exec_new          (const char *const *allow, const char *netns,
                                               GError **error);
void          switch_engine_exec_set_deadline (SwitchEngineExec *self, guint milliseconds);

G_END_DECLS
