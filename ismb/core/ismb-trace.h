/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-trace-entry.h"

G_BEGIN_DECLS

/**
 * IsmbTraceFlags:
 * @ISMB_TRACE_DEFAULT: of stanzas the text inside is masked
 * @ISMB_TRACE_BODIES: stanzas are shown with the text of messages and payloads; secrets never are
 *
 * What an [class@Ismb.Trace] shows.
 */
typedef enum
{
  ISMB_TRACE_DEFAULT = 0,
  ISMB_TRACE_BODIES = 1 << 0,
} IsmbTraceFlags;

#define ISMB_TYPE_TRACE_FLAGS (ismb_trace_flags_get_type ())
GType ismb_trace_flags_get_type (void);

#define ISMB_TYPE_TRACE (ismb_trace_get_type ())
G_DECLARE_FINAL_TYPE (IsmbTrace, ismb_trace, ISMB, TRACE, GObject)

IsmbTrace      *ismb_trace_create    (const char *name, IsmbTraceFlags flags, gsize bytes,
                                      GError **error);
IsmbTrace      *ismb_trace_find      (const char *name);
GListModel     *ismb_trace_list      (void);
gboolean        ismb_trace_remove    (const char *name);
const char     *ismb_trace_get_name  (IsmbTrace *self);
IsmbTraceFlags  ismb_trace_get_flags (IsmbTrace *self);
gsize           ismb_trace_get_bytes (IsmbTrace *self);
gsize           ismb_trace_get_used  (IsmbTrace *self);
guint           ismb_trace_count     (IsmbTrace *self);
guint64         ismb_trace_get_last  (IsmbTrace *self);
GListModel     *ismb_trace_read      (IsmbTrace *self, guint64 after, guint most);
void            ismb_trace_clear     (IsmbTrace *self);

G_END_DECLS
