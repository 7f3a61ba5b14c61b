/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-candidate.h"

#define RETRY_MIN 1000 /* ms */
#define RETRY_MAX 60000
#define NEWS_PAUSE 250 /* ms between two dials, whatever discovery says */

void
ismb_candidate_set (IsmbCandidate *self, const char *const *addresses, guint16 port,
                    const char *device_id)
{
  char **own_addresses = g_strdupv ((char **) addresses);
  char *own_id = g_strdup (device_id);

  ismb_candidate_clear (self);
  self->addresses = own_addresses;
  self->port = port;
  self->device_id = own_id;
  self->dials = 0;
  self->failed = 0;
}

void
ismb_candidate_clear (IsmbCandidate *self)
{
  g_clear_pointer (&self->addresses, g_strfreev);
  g_clear_pointer (&self->device_id, g_free);
}

gboolean
ismb_candidate_is_somewhere (const IsmbCandidate *self)
{
  return self->addresses != NULL && self->addresses[0] != NULL && self->port != 0;
}

void
ismb_candidate_note_dial (IsmbCandidate *self)
{
  self->dials++;
  self->dialled = g_get_monotonic_time ();
}

/* The address that worked is tried first from now on. */
void
ismb_candidate_note_success (IsmbCandidate *self, const char *address)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  GStrv addresses;

  g_strv_builder_add (builder, address);
  for (char **other = self->addresses; other != NULL && *other != NULL; other++)
    if (!g_str_equal (*other, address))
      g_strv_builder_add (builder, *other);
  addresses = g_strv_builder_end (builder);
  g_strfreev (self->addresses);
  self->addresses = addresses;
  self->failed = 0;
}

void
ismb_candidate_note_failure (IsmbCandidate *self)
{
  self->failed = g_get_monotonic_time ();
}

void
ismb_candidate_note_steady (IsmbCandidate *self)
{
  self->dials = 0;
}

gboolean
ismb_candidate_has_just_failed (const IsmbCandidate *self)
{
  return self->failed > 0 &&
         g_get_monotonic_time () - self->failed < RETRY_MIN * G_GINT64_CONSTANT (1000);
}

/* Since the last dial. */
static guint
full_pause (const IsmbCandidate *self)
{
  guint pause;

  if (self->dials == 0)
    return NEWS_PAUSE;
  pause = self->dials > 6 ? RETRY_MAX : RETRY_MIN << (self->dials - 1);
  return MIN (pause + g_random_int_range (0, pause / 2), RETRY_MAX);
}

guint
ismb_candidate_get_pause (const IsmbCandidate *self)
{
  gint64 due = self->dialled + full_pause (self) * G_GINT64_CONSTANT (1000);

  return MAX (1, (due - g_get_monotonic_time ()) / 1000);
}
