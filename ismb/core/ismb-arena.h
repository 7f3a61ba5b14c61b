/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Memory for many small things that are freed at once. Zeroed is empty. */
typedef struct _IsmbArenaBlock IsmbArenaBlock;
typedef struct
{
  IsmbArenaBlock *newest;
} IsmbArena;

/* Zeroed, aligned for pointers. */
void    *ismb_arena_take       (IsmbArena *arena, gsize size);
/* A copy of a text of that many bytes, and a NUL behind it. */
char    *ismb_arena_take_bytes (IsmbArena *arena, const char *text, gsize length);
/* Appends to a text from ismb_arena_take_bytes(), if it was the last thing taken and there is
 * room. */
gboolean ismb_arena_extend     (IsmbArena *arena, char *text, gsize length, const char *more,
                                gsize more_length);
void     ismb_arena_clear      (IsmbArena *arena);

G_END_DECLS
