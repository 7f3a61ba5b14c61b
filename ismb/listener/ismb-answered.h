/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/stream/ismb-frame.h"

G_BEGIN_DECLS

/* Requests (iq) that went out and were answered, although the other side has not acknowledged them
 * yet: where they are given back, nobody is owed another answer. Zeroed, there is none. */
typedef struct
{
  GHashTable *keys; /* set of guint64, owned; or NULL */
  guint requests;   /* went out since it was cleared */
} IsmbAnswered;

void     ismb_answered_note_sent (IsmbAnswered *self, const IsmbFrame *frame);
void     ismb_answered_note_came (IsmbAnswered *self, const IsmbFrame *frame);
/* Is it a request whose answer came? */
gboolean ismb_answered_has   (const IsmbAnswered *self, const IsmbFrame *frame);
/* All is acknowledged. */
void     ismb_answered_clear (IsmbAnswered *self);

G_END_DECLS
