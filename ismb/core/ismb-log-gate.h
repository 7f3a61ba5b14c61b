/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* For what strangers can bring about as often as they like: of each `subject` and `reason` one line
 * in ten seconds is logged, and how many like it were left out since the one before. Subjects that
 * strangers make up in numbers share one gate. `reason` is ours: a word. From any thread. */
void ismb_log_gate_say (const char *log_domain, GLogLevelFlags level, const char *subject,
                        const char *reason, const char *format, ...) G_GNUC_PRINTF (5, 6);

G_END_DECLS
