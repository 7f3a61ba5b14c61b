/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What is to go out on a bytestream, block by block, and whose it is. Zeroed at first. */
typedef struct
{
  GQueue queue;    /* in order; those in front are sent whole, and wait for answers */
  guint under_way; /* blocks that are not acknowledged */
} IsmbWritings;

void     ismb_writings_add      (IsmbWritings *self, GTask *task, GBytes *bytes); /* takes task */
/* Of `max` bytes at most, which is under way from now on; FALSE where all is. */
gboolean ismb_writings_next     (IsmbWritings *self, gsize max, const guchar **block,
                                 gsize *length);
/* Blocks are acknowledged in the order in which they were sent, or nearly: only their number
 * matters. May end a writing, whose owner may do anything. */
void     ismb_writings_answered (IsmbWritings *self);
gboolean ismb_writings_is_empty (IsmbWritings *self);
void     ismb_writings_fail     (IsmbWritings *self, const GError *error);
void     ismb_writings_clear    (IsmbWritings *self);

G_END_DECLS
