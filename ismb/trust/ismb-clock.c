/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.trust.clock"

#include "config.h"
#include "ismb/trust/ismb-clock.h"

#include "build-time.h"
#include "ismb/trust/ismb-state-file.h"

#define KEEP_SECONDS 60 /* not worth a write to flash before */

struct _IsmbClock
{
  char *path;
  gint64 kept;    /* what the file says; 0 for none */
  gint64 learned; /* while the host is known to be wrong */
  gint64 (*host) (void);
};

static gint64
ask_host (void)
{
  return g_get_real_time () / G_USEC_PER_SEC;
}

static gboolean
take_line (char **words, gpointer user_data)
{
  IsmbClock *self = user_data;

  return g_ascii_string_to_signed (words[0], 10, 0, G_MAXINT64, &self->kept, NULL);
}

IsmbClock *
ismb_clock_load (const char *path, GError **error)
{
  g_autoptr (IsmbClock) self = g_new0 (IsmbClock, 1);

  self->path = g_strdup (path);
  self->host = ask_host;
  return ismb_state_file_read_lines (path, 1,
                                     "a time in unix seconds; once the host's clock is right, "
                                     "remove the file",
                                     take_line, self, error)
             ? g_steal_pointer (&self)
             : NULL;
}

void
ismb_clock_free (IsmbClock *self)
{
  g_free (self->path);
  g_free (self);
}

/* What we know without being told: a host before it is wrong. */
static gint64
get_base (IsmbClock *self)
{
  return MAX (ISMB_BUILD_TIME, self->kept);
}

gint64
ismb_clock_now (IsmbClock *self)
{
  return MAX (self->host (), ismb_clock_get_floor (self));
}

gint64
ismb_clock_get_floor (IsmbClock *self)
{
  gint64 base = get_base (self);

  return self->host () < base ? MAX (base, self->learned) : base;
}

gint64
ismb_clock_get_host (IsmbClock *self)
{
  return self->host ();
}

gboolean
ismb_clock_is_behind (IsmbClock *self)
{
  return self->host () < ismb_clock_get_floor (self);
}

void
ismb_clock_learn (IsmbClock *self, gint64 time)
{
  if (self->host () < get_base (self))
    self->learned = MAX (self->learned, time);
}

gboolean
ismb_clock_keep (IsmbClock *self, GError **error)
{
  gint64 now = ismb_clock_now (self);
  g_autofree char *line = NULL;

  if (now - self->kept < KEEP_SECONDS)
    return TRUE;
  line = g_strdup_printf ("%" G_GINT64_FORMAT "\n", now);
  if (!ismb_state_file_write (self->path, line, error))
    return FALSE;
  self->kept = now;
  return TRUE;
}

void
ismb_clock_set_host (IsmbClock *self, gint64 (*host) (void))
{
  self->host = host;
}
