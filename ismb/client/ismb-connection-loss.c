/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.client.connection"

/* What ends a stream that nobody wanted to end, or an attempt, and whether another follows. */
#include "config.h"
#include "ismb/client/ismb-connection-parts.h"
#include "ismb/core/ismb-error.h"

#define DAEMON_STARTS 10 /* milliseconds */

/* An account of this switch, made in an earlier attempt, may be gone with the daemon that made it;
 * and a virtual router that is disabled may be enabled again, but not one that is not
 * configured. */
static gboolean
passes_at_home (IsmbConnection *self, IsmbEnding *why)
{
  if (ismb_ending_matches (why, ISMB_ERROR_AUTH_FAILED) && self->home_was_known)
    {
      ismb_home_leave (self->home);
      return TRUE;
    }
  return ismb_ending_passes (why)
         && (!ismb_ending_matches (why, ISMB_ERROR_NO_VIRTUAL_ROUTER)
             || ismb_home_knows_router (self->home));
}

/* Who has not proved who he is sends us nowhere. */
static gboolean
is_redirected (IsmbConnection *self, IsmbEnding *why)
{
  gboolean believed = self->secret && self->config->server_jid != NULL
                      && ismb_ending_has_condition (why, "see-other-host");

  return ismb_retries_follow (&self->retries,
                              believed ? ismb_channel_get_redirect (self->channel) : NULL);
}

static gboolean
may_try_again (IsmbConnection *self, IsmbEnding *why)
{
  gboolean passes = self->config->server_jid != NULL ? ismb_ending_passes (why)
                                                     : passes_at_home (self, why);

  return passes && ismb_retries_may (&self->retries, self->config, self->state == OPEN);
}

/* It has come just now, and may not have opened its socket to all yet. */
static void
on_daemon_came (gpointer user_data)
{
  IsmbConnection *self = user_data;

  ismb_backoff_reset (&self->retries.backoff);
  if (self->state == WAITING)
    _ismb_connection_set_state (self, WAITING, DAEMON_STARTS);
}

/* What waits for us at home fills its disk meanwhile. */
static void
watch_for_daemon (IsmbConnection *self)
{
  if (self->config->server_jid != NULL || self->watch != NULL)
    return;
  g_main_context_push_thread_default (self->context);
  self->watch = ismb_daemon_watch_new (self->config->runtime_dir, on_daemon_came, self);
  g_main_context_pop_thread_default (self->context);
}

static void
wait_for_next (IsmbConnection *self, IsmbEnding *why)
{
  guint delay = ismb_retries_next (&self->retries, self->config, self->state == OPEN);

  g_info ("%s: %s; next attempt in %u ms", _ismb_connection_get_name (self),
          ismb_ending_get_message (why), delay);
  _ismb_connection_set_state (self, WAITING, delay);
  watch_for_daemon (self);
}

static void
on_tell (const char *event, gpointer payload, gpointer user_data)
{
  ismb_herald_tell (((IsmbConnection *) user_data)->herald, event, payload);
}

static void
tell_lost (IsmbConnection *self, IsmbEnding *why, gboolean resumable)
{
  IsmbFailure *reason = ismb_ending_get_failure (why);
  gboolean was_connected = self->herald->connected;

  ismb_ending_tell (why, on_tell, self);
  if (!resumable)
    {
      ismb_herald_tell_session_end (self->herald);
      if (was_connected || self->herald->bound_jid != NULL)
        ismb_herald_forget_session (self->herald);
    }
  ismb_herald_tell_disconnected (self->herald, reason);
}

/* It is tried again. */
static void
lose (IsmbConnection *self, IsmbEnding *why)
{
  IsmbResume resume;
  gboolean resumable
      = self->herald->bound_jid != NULL && ismb_exchange_get_resume (self->exchange, &resume);
  guint turn;

  _ismb_connection_leave_stream (self, resumable);
  wait_for_next (self, why);
  turn = self->herald->turn;
  tell_lost (self, why, resumable);
  if (self->herald->turn == turn)
    ismb_herald_tell (self->herald, "reconnect_delay", ismb_ending_get_failure (why));
}

/* It is not. */
static void
give_up (IsmbConnection *self, IsmbEnding *why)
{
  g_autoptr (GTask) opening = ismb_waiters_steal_opening (self->waiters);
  gboolean failed = self->state != OPEN || self->config->auto_reconnect;
  GQueue dropped = G_QUEUE_INIT;
  guint lost, turn;

  g_message ("%s gave up: %s", _ismb_connection_get_name (self), ismb_ending_get_message (why));
  _ismb_connection_leave_stream (self, FALSE);
  _ismb_connection_set_state (self, CLOSED, 0);
  turn = self->herald->turn;
  ismb_exchange_give_up (self->exchange, &dropped);
  lost = dropped.length;
  tell_lost (self, why, FALSE);
  if (failed && self->herald->turn == turn)
    ismb_herald_tell (self->herald, "connection_failed", ismb_ending_get_failure (why));
  ismb_herald_tell_not_sent (self->herald, &dropped);
  ismb_waiters_finish_closing (self->waiters, lost);
  if (opening != NULL)
    g_task_return_error (opening, ismb_ending_to_error (why));
}

/* Takes it. */
void
_ismb_connection_end_stream (IsmbConnection *self, IsmbEnding *ending)
{
  g_autoptr (IsmbEnding) why = ending;

  if (is_redirected (self, why) || may_try_again (self, why))
    lose (self, why);
  else
    give_up (self, why);
}
