/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.core.arena"
#include "config.h"
#include "ismb/core/ismb-arena.h"

#include <string.h>

/* Most stanzas fit into the first block; for a large one, few blocks are asked of malloc. */
#define BLOCK_MIN 512
#define BLOCK_MAX 16384

struct _IsmbArenaBlock
{
  IsmbArenaBlock *older;
  char *cursor;
  char *end;
};

static gsize
room_in (const IsmbArena *arena)
{
  return arena->newest != NULL ? (gsize) (arena->newest->end - arena->newest->cursor) : 0;
}

static void
add_block (IsmbArena *arena, gsize wanted)
{
  gsize last = arena->newest != NULL ? (gsize) (arena->newest->end - (char *) arena->newest) : 0;
  gsize size = MAX (CLAMP (last * 2, BLOCK_MIN, BLOCK_MAX), wanted + sizeof (IsmbArenaBlock));
  IsmbArenaBlock *block = g_malloc (size);

  block->older = arena->newest;
  block->cursor = (char *) (block + 1);
  block->end = (char *) block + size;
  arena->newest = block;
}

static void *
cut (IsmbArena *arena, gsize padding, gsize size)
{
  void *taken;

  if (room_in (arena) < padding + size)
    {
      add_block (arena, size);
      padding = 0; /* a block begins aligned */
    }
  taken = arena->newest->cursor + padding;
  arena->newest->cursor += padding + size;
  return taken;
}

void *
ismb_arena_take (IsmbArena *arena, gsize size)
{
  guintptr cursor = arena->newest != NULL ? (guintptr) arena->newest->cursor : 0;

  return memset (cut (arena, -cursor % G_ALIGNOF (void *), size), 0, size);
}

char *
ismb_arena_take_bytes (IsmbArena *arena, const char *text, gsize length)
{
  char *copy = cut (arena, 0, length + 1);

  memcpy (copy, text, length);
  copy[length] = '\0';
  return copy;
}

gboolean
ismb_arena_extend (IsmbArena *arena, char *text, gsize length, const char *more, gsize more_length)
{
  char *end = text + length;

  if (end + 1 != arena->newest->cursor || room_in (arena) < more_length)
    return FALSE;
  memcpy (end, more, more_length);
  end[more_length] = '\0';
  arena->newest->cursor += more_length;
  return TRUE;
}

void
ismb_arena_clear (IsmbArena *arena)
{
  IsmbArenaBlock *block = arena->newest;

  while (block != NULL)
    {
      IsmbArenaBlock *older = block->older;

      g_free (block);
      block = older;
    }
  arena->newest = NULL;
}
