/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-log-level.h"

G_BEGIN_DECLS

void             ismb_log_install      (void);
GLogWriterOutput ismb_log_writer       (GLogLevelFlags level, const GLogField *fields,
                                        gsize n_fields, gpointer user_data);
void             ismb_log_set_level    (const char *module, IsmbLogLevel level);
IsmbLogLevel     ismb_log_get_level    (const char *module);
gboolean         ismb_log_set_levels   (const char *levels, GError **error);
char            *ismb_log_get_levels   (void);
gboolean         ismb_log_check_levels (const char *levels, GError **error);
void             ismb_log_reset        (void);
gboolean         ismb_log_wants        (const char *module, IsmbLogLevel level);

G_END_DECLS
