/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-answered.h"

#include <string.h>

#define KEYS_MAX 1024 /* whoever answers what nobody asked costs no more */

static guint64
mix (guint64 key, const char *text)
{
  for (; text != NULL && *text != '\0'; text++)
    key = (key ^ (guchar) *text) * G_GUINT64_CONSTANT (0x100000001b3);
  return (key ^ (key >> 29)) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
}

static guint64
key_of (const char *asker, const char *asked, const char *id)
{
  return mix (mix (mix (G_GUINT64_CONSTANT (0xcbf29ce484222325), asker), asked), id);
}

static gboolean
is_request (const IsmbFrame *frame)
{
  return frame->kind == ISMB_FRAME_IQ && frame->type != NULL
         && (strcmp (frame->type, "get") == 0 || strcmp (frame->type, "set") == 0);
}

/* The same id may be used again. */
void
ismb_answered_note_sent (IsmbAnswered *self, const IsmbFrame *frame)
{
  guint64 key;

  if (G_LIKELY (frame->kind != ISMB_FRAME_IQ) || !is_request (frame))
    return;
  self->requests++;
  if (self->keys == NULL)
    return;
  key = key_of (frame->from, frame->to, frame->id);
  g_hash_table_remove (self->keys, &key);
}

void
ismb_answered_note_came (IsmbAnswered *self, const IsmbFrame *frame)
{
  guint64 key;

  if (G_LIKELY (self->requests == 0) || frame->kind != ISMB_FRAME_IQ || is_request (frame))
    return;
  if (self->keys == NULL)
    self->keys = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  if (g_hash_table_size (self->keys) >= KEYS_MAX)
    g_hash_table_remove_all (self->keys);
  key = key_of (frame->to, frame->from, frame->id);
  g_hash_table_add (self->keys, g_memdup2 (&key, sizeof key));
}

gboolean
ismb_answered_has (const IsmbAnswered *self, const IsmbFrame *frame)
{
  guint64 key;

  if (self->keys == NULL || !is_request (frame))
    return FALSE;
  key = key_of (frame->from, frame->to, frame->id);
  return g_hash_table_contains (self->keys, &key);
}

void
ismb_answered_clear (IsmbAnswered *self)
{
  self->requests = 0;
  g_clear_pointer (&self->keys, g_hash_table_unref);
}
