/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-candidate.h"

#include <string.h>

#define RETRY_MIN 1000 /* ms */
#define RETRY_MAX 60000
#define NEWS_PAUSE 250 /* ms between two dials, whatever discovery says */
#define NEWS_EVERY (10 * G_USEC_PER_SEC)

/* What the candidate is made of anew: each way once. */
typedef struct
{
  GStrvBuilder *addresses;
  guint16 ports[ISMB_CANDIDATE_WAYS_MAX];
  guint n;
} Ways;

static void
add_way (Ways *ways, const char *address, guint16 port)
{
  if (ways->n == ISMB_CANDIDATE_WAYS_MAX || port == 0)
    return;
  g_strv_builder_add (ways->addresses, address);
  ways->ports[ways->n++] = port;
}

static void
take_ways (IsmbCandidate *self, Ways *ways)
{
  g_strfreev (self->addresses);
  self->addresses = g_strv_builder_end (ways->addresses);
  memcpy (self->ports, ways->ports, sizeof self->ports);
}

static gboolean
is_first (const IsmbCandidate *self, const char *address, guint16 port)
{
  return self->worked && self->ports[0] == port && g_str_equal (self->addresses[0], address);
}

static void
refresh (IsmbCandidate *self)
{
  gint64 now = g_get_monotonic_time ();

  if (self->refreshed > 0 && now - self->refreshed < NEWS_EVERY)
    return;
  self->refreshed = now;
  self->dials = 0;
  self->failed = 0;
}

void
ismb_candidate_set (IsmbCandidate *self, const char *const *addresses, guint16 port,
                    const char *device_id)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  Ways ways = { .addresses = builder };

  if (self->worked)
    add_way (&ways, self->addresses[0], self->ports[0]);
  for (; addresses != NULL && *addresses != NULL; addresses++)
    if (!is_first (self, *addresses, port))
      add_way (&ways, *addresses, port);
  take_ways (self, &ways);
  g_free (self->device_id);
  self->device_id = g_strdup (device_id);
  refresh (self);
}

void
ismb_candidate_clear (IsmbCandidate *self)
{
  g_clear_pointer (&self->addresses, g_strfreev);
  g_clear_pointer (&self->device_id, g_free);
}

const char *const *
ismb_candidate_get_addresses (const IsmbCandidate *self)
{
  static const char *const none[] = { NULL };

  return self->addresses != NULL ? (const char *const *) self->addresses : none;
}

gboolean
ismb_candidate_is_somewhere (const IsmbCandidate *self)
{
  return self->addresses != NULL && self->addresses[0] != NULL;
}

void
ismb_candidate_note_dial (IsmbCandidate *self)
{
  self->dials++;
  self->dialled = g_get_monotonic_time ();
}

/* It is tried first from now on. */
void
ismb_candidate_note_success (IsmbCandidate *self, const char *address, guint16 port)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  Ways ways = { .addresses = builder };

  add_way (&ways, address, port);
  for (guint i = 0; self->addresses != NULL && self->addresses[i] != NULL; i++)
    if (self->ports[i] != port || !g_str_equal (self->addresses[i], address))
      add_way (&ways, self->addresses[i], self->ports[i]);
  take_ways (self, &ways);
  self->worked = TRUE;
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
