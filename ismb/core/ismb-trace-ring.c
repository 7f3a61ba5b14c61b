/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/core/ismb-trace-ring.h"

#include <string.h>

#define LINES_MAX 100000
#define MODULE_MAX 256
#define TEXT_MAX (16 * 1024)
#define TEXT_SHARE 4 /* of the ring's bytes, at most one such part is one line's */

static void
drop_oldest (IsmbTraceRing *self)
{
  IsmbTraceLine *line = g_queue_pop_head (&self->lines);

  self->used -= line->size;
  g_free (line);
}

/* How many bytes of it are kept: whole characters. */
static gsize
fit (const char *text, gsize most)
{
  gsize length = strlen (text);

  if (length <= most)
    return length;
  while (most > 0 && ((guchar) text[most] & 0xc0) == 0x80)
    most--;
  return most;
}

static char *
shorten (const char *text, gsize most)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  gsize kept = fit (valid, most);

  if (valid[kept] == '\0')
    return g_steal_pointer (&valid);
  return g_strdup_printf ("%.*s… %" G_GSIZE_FORMAT " bytes more", (int) kept, valid,
                          strlen (valid) - kept);
}

static IsmbTraceLine *
line_new (const char *module, IsmbLogLevel level, const char *text, gsize most)
{
  g_autofree char *name = shorten (module, MODULE_MAX);
  g_autofree char *kept = shorten (text, most);
  gsize name_size = strlen (name) + 1;
  gsize text_size = strlen (kept) + 1;
  IsmbTraceLine *line = g_malloc (sizeof (IsmbTraceLine) + name_size + text_size);

  line->time = g_get_real_time ();
  line->level = level;
  line->size = sizeof (IsmbTraceLine) + sizeof (GList) + name_size + text_size;
  line->text = line->module + name_size;
  memcpy (line->module, name, name_size);
  memcpy (line->module + name_size, kept, text_size);
  return line;
}

void
ismb_trace_ring_append (IsmbTraceRing *self, const char *module, IsmbLogLevel level,
                        const char *text)
{
  IsmbTraceLine *line
    = line_new (module, level, text, MIN (TEXT_MAX, self->bytes / TEXT_SHARE));

  line->sequence = ++self->last;
  self->used += line->size;
  g_queue_push_tail (&self->lines, line);
  while (self->used > self->bytes || self->lines.length > LINES_MAX)
    drop_oldest (self);
}

GList *
ismb_trace_ring_find (IsmbTraceRing *self, guint64 after)
{
  guint64 behind = self->last > after ? self->last - after : 0;

  if (behind == 0)
    return NULL;
  return behind >= self->lines.length
           ? self->lines.head
           : g_queue_peek_nth_link (&self->lines, self->lines.length - (guint) behind);
}

void
ismb_trace_ring_clear (IsmbTraceRing *self)
{
  g_queue_clear_full (&self->lines, g_free);
  self->used = 0;
}
