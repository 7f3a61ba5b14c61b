/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/stream/ismb-frame.h"

G_BEGIN_DECLS

/* Frames that wait for a stream, in their order, each since a time of its own. Zeroed, it is an
 * empty one. */
typedef struct
{
  GQueue entries;
  gsize bytes;
} IsmbBacklog;

/* FALSE: no room in `limit` bytes, of which each frame takes some more than its length. */
gboolean   ismb_backlog_push  (IsmbBacklog *self, IsmbFrame *frame, gsize limit);
/* The first, or NULL. (transfer full) */
IsmbFrame *ismb_backlog_pop   (IsmbBacklog *self);
/* When the first came, monotonic; 0: there is none. */
gint64     ismb_backlog_get_since (const IsmbBacklog *self);
gboolean   ismb_backlog_is_empty (const IsmbBacklog *self);
/* Those that are `wanted` (NULL: all) in a new place, in their order. */
IsmbBacklog ismb_backlog_take (IsmbBacklog *self, gboolean (*wanted) (const IsmbFrame *frame));
/* What waits in the other one comes behind; that one is empty then. */
void       ismb_backlog_append (IsmbBacklog *self, IsmbBacklog *other);
void       ismb_backlog_clear (IsmbBacklog *self);

G_END_DECLS
