/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-log-level.h"

G_BEGIN_DECLS

#define ISMB_TYPE_TRACE_ENTRY (ismb_trace_entry_get_type ())
G_DECLARE_FINAL_TYPE (IsmbTraceEntry, ismb_trace_entry, ISMB, TRACE_ENTRY, GObject)

IsmbTraceEntry *ismb_trace_entry_new          (guint64 sequence, gint64 time, IsmbLogLevel level,
                                               const char *module, const char *text);
guint64         ismb_trace_entry_get_sequence (IsmbTraceEntry *self);
gint64          ismb_trace_entry_get_time     (IsmbTraceEntry *self);
IsmbLogLevel    ismb_trace_entry_get_level    (IsmbTraceEntry *self);
const char     *ismb_trace_entry_get_module   (IsmbTraceEntry *self);
const char     *ismb_trace_entry_get_text     (IsmbTraceEntry *self);

G_END_DECLS
