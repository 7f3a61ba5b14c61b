/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-log-level.h"

G_BEGIN_DECLS

/* A line as it is kept: the module's name, and the text behind its NUL. */
typedef struct
{
  guint64 sequence;
  gint64 time;        /* microseconds since 1970 */
  IsmbLogLevel level;
  gsize size;
  const char *text;
  char module[];
} IsmbTraceLine;

/* Lines of a trace, within bounds: the oldest falls out for a new one. Lives in its owner's struct,
 * zeroed but for `bytes`. Not locked. */
typedef struct
{
  gsize bytes;   /* at most */
  GQueue lines;  /* of IsmbTraceLine, their sequences without a gap */
  gsize used;    /* bytes */
  guint64 last;  /* sequence */
} IsmbTraceRing;

/* What is no UTF-8, or too long, is made fit. */
void   ismb_trace_ring_append (IsmbTraceRing *self, const char *module, IsmbLogLevel level,
                               const char *text);
/* The first line behind that sequence, or NULL. */
GList *ismb_trace_ring_find   (IsmbTraceRing *self, guint64 after);
/* Sequences go on. */
void   ismb_trace_ring_clear  (IsmbTraceRing *self);

G_END_DECLS
