/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/stream/ismb-frame.h"

G_BEGIN_DECLS

/* Frames that wait for a stream: at most 1,000 of them, and 1 MiB. Zeroed, it is an empty one. */
typedef struct
{
  GQueue frames;
  gsize bytes;
} IsmbBacklog;

gboolean   ismb_backlog_push  (IsmbBacklog *self, IsmbFrame *frame);  /* FALSE: no room */
/* The first, or NULL. (transfer full) */
IsmbFrame *ismb_backlog_pop   (IsmbBacklog *self);
gboolean   ismb_backlog_is_empty (IsmbBacklog *self);
/* All of it in a new place; this one is empty then. */
IsmbBacklog ismb_backlog_take (IsmbBacklog *self);
void       ismb_backlog_clear (IsmbBacklog *self);

G_END_DECLS
