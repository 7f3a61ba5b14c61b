/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How long the other end of a link takes to answer, from questions that are asked anyway. Times are
 * monotonic, in microseconds. Zeroed, nothing is known. */
typedef struct
{
  gint64 asked;    /* when; 0: no question is out */
  guint last;      /* microseconds, smoothed; 0: not known */
  guint told;      /* what `last` was when it was told */
  gint64 told_at;
} IsmbRoundTrip;

/* A question goes out that is answered at once, by what comes next of its kind. */
void     ismb_round_trip_ask    (IsmbRoundTrip *self, gint64 now);
/* An answer came. TRUE: what is known now is to be told: for the first time, or much has changed and
 * a while has gone by. */
gboolean ismb_round_trip_answer (IsmbRoundTrip *self, gint64 now);
/* What is out is not answered any more, and what was known is another stream's. */
void     ismb_round_trip_forget (IsmbRoundTrip *self);

G_END_DECLS
