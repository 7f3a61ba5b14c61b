/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/client/ismb-retries.h"

#define HELD (10 * G_USEC_PER_SEC) /* a session that lasted so long is worth a new one soon */
/* Milliseconds: of the daemon of this switch nobody else asks much, what waits for us fills its
 * disk, and it comes back within a second. */
#define HOME_DELAY 100
#define HOME_DELAY_MAX 1000
#define REDIRECTS_MAX 5

void
ismb_retries_clear (IsmbRetries *self)
{
  g_free (self->via);
  *self = (IsmbRetries){ { 0 } };
}

void
ismb_retries_note_session (IsmbRetries *self)
{
  self->failures = 0;
  self->started_at = g_get_monotonic_time ();
}

gboolean
ismb_retries_follow (IsmbRetries *self, const char *host)
{
  g_clear_pointer (&self->via, g_free);
  if (host == NULL || self->redirects >= REDIRECTS_MAX)
    return FALSE;
  self->redirects++;
  self->via = g_strdup (host);
  return TRUE;
}

gboolean
ismb_retries_may (const IsmbRetries *self, const IsmbConnectionConfig *config, gboolean had_session)
{
  guint max = config->reconnect_max_attempts;

  return config->auto_reconnect && (had_session || max == 0 || self->failures + 1 < max);
}

static gboolean
has_held (const IsmbRetries *self)
{
  return g_get_monotonic_time () - self->started_at >= HELD;
}

static guint
choose_delay (IsmbRetries *self, const IsmbConnectionConfig *config, gboolean had_session)
{
  gboolean at_home = config->server_jid == NULL;
  guint delay = at_home ? MIN (config->reconnect_delay, HOME_DELAY) : config->reconnect_delay;
  guint max = at_home ? MIN (config->reconnect_max_delay, HOME_DELAY_MAX)
                      : config->reconnect_max_delay;

  if (self->via != NULL)
    return 0;
  if (had_session && has_held (self))
    return ismb_backoff_soon (&self->backoff, MIN (delay, max));
  return ismb_backoff_next (&self->backoff, delay, max);
}

guint
ismb_retries_next (IsmbRetries *self, const IsmbConnectionConfig *config, gboolean had_session)
{
  guint delay = choose_delay (self, config, had_session);

  self->failures = had_session ? 0 : self->failures + 1;
  if (had_session && has_held (self)) /* else it may go round in a circle with each session */
    self->redirects = 0;
  return MAX (1, delay);
}
