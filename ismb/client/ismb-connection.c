/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.client.connection"

#include "config.h"
#include "ismb/client/ismb-connection.h"

#include "ismb/client/ismb-approach.h"
#include "ismb/client/ismb-backoff.h"
#include "ismb/client/ismb-ending.h"
#include "ismb/client/ismb-exchange.h"
#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-stanza-factory.h"

#define HELD (10 * G_USEC_PER_SEC) /* a session that lasted so long is worth a new one soon */
#define HOME_DELAY_MAX 10000       /* milliseconds; nobody else waits for the daemon of this switch */
#define DRAINING_MAX 15000         /* milliseconds */
#define CLOSING_MAX 15000          /* likewise, for a server that takes nothing any more */
#define REDIRECTS_MAX 5

typedef enum { CLOSED, CONNECTING, NEGOTIATING, OPEN, WAITING, CLOSING } State;

struct _IsmbConnection
{
  GObject *owner; /* borrowed: it owns us */
  const IsmbConnectionConfig *config;
  IsmbConnectionCallbacks callbacks;
  State state;
  guint turn;              /* of states: whether a handler has made another of it */
  GMainContext *context;   /* in which it was opened */
  GSource *timer;          /* of the state */
  GTask *opening;          /* who waits for the session */
  GSource *opening_cancel;
  GQueue drains;           /* of GTask: who waits until it is closed */
  GSource *drain_deadline;
  IsmbApproach *approach;  /* while CONNECTING */
  IsmbHome *home;
  IsmbChannel *channel;
  IsmbExchange *exchange;
  char *auto_jid;
  IsmbJid *bound_jid;
  IsmbTree *features;      /* what the server offers in this session */
  IsmbBackoff backoff;
  guint failures;          /* attempts in a row */
  gint64 started_at;       /* the session */
  char *refusal;           /* what the server said to a mechanism */
  char *via;               /* where it has sent us */
  guint redirects;         /* in a row */
  gboolean secret;         /* nobody reads along, and the certificate was verified */
  gboolean home_was_known; /* before this attempt */
  gboolean connected;      /* told, so `disconnected` is due */
  gboolean end_due;        /* likewise `session_end` */
  gboolean reopening;      /* once it is closed */
};

/* What the owner is told. A handler may do anything; whoever has more to tell looks whether the turn
 * is still the same. */

static gboolean
emit (IsmbConnection *self, const char *event, gpointer payload)
{
  guint turn = self->turn;

  self->callbacks.event (self->owner, event, payload);
  return self->turn == turn;
}

static void
on_tell (const char *event, gpointer payload, gpointer user_data)
{
  emit (user_data, event, payload);
}

static void
set_auto_jid (IsmbConnection *self, const char *jid)
{
  if (g_strcmp0 (self->auto_jid, jid) == 0)
    return;
  g_free (self->auto_jid);
  self->auto_jid = g_strdup (jid);
  self->callbacks.changed (self->owner, "auto-jid");
}

static void
set_bound_jid (IsmbConnection *self, IsmbJid *jid)
{
  if (g_set_object (&self->bound_jid, jid))
    self->callbacks.changed (self->owner, "bound-jid");
}

static void
tell_session_end (IsmbConnection *self)
{
  if (!self->end_due)
    return;
  self->end_due = FALSE;
  emit (self, "session_end", NULL);
}

static void
forget_session (IsmbConnection *self)
{
  self->callbacks.ended (self->owner);
  set_bound_jid (self, NULL);
}

static void
tell_disconnected (IsmbConnection *self, IsmbFailure *reason)
{
  if (!self->connected)
    return;
  self->connected = FALSE;
  emit (self, "disconnected", reason);
}

static void
tell_not_sent (IsmbConnection *self, GQueue *stanzas)
{
  IsmbStanza *stanza;

  while ((stanza = g_queue_pop_head (stanzas)) != NULL)
    {
      emit (self, "stanza_not_sent", stanza);
      g_object_unref (stanza);
    }
}

/* States */

static void
drop_source (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static GSource *
start_source (IsmbConnection *self, GSource *source, gpointer callback)
{
  g_source_set_callback (source, callback, self, NULL);
  g_source_attach (source, self->context);
  return source;
}

static gboolean on_timer (gpointer user_data);

/* Milliseconds; 0: it lasts as long as it lasts. */
static void
set_state (IsmbConnection *self, State state, guint timeout)
{
  self->state = state;
  self->turn++;
  drop_source (&self->timer);
  if (timeout > 0)
    self->timer = start_source (self, g_timeout_source_new (timeout), on_timer);
}

static GTask *
steal_opening (IsmbConnection *self)
{
  drop_source (&self->opening_cancel);
  return g_steal_pointer (&self->opening);
}

/* Those who wait for the end hear what could not be sent. */
static void
finish_drains (IsmbConnection *self, guint lost)
{
  GQueue drains = self->drains;
  GTask *task;

  drop_source (&self->drain_deadline);
  g_queue_init (&self->drains);
  while ((task = g_queue_pop_head (&drains)) != NULL)
    {
      if (lost == 0)
        g_task_return_boolean (task, TRUE);
      else
        g_task_return_new_error (task, ISMB_ERROR, ISMB_ERROR_FAILED,
                                 "%u %s not sent, or the server did not say that it has %s", lost,
                                 lost == 1 ? "stanza was" : "stanzas were",
                                 lost == 1 ? "it" : "them");
      g_object_unref (task);
    }
}

static void
leave_stream (IsmbConnection *self, gboolean resumable)
{
  g_clear_pointer (&self->approach, ismb_approach_free);
  ismb_exchange_end (self->exchange, resumable);
  ismb_channel_stop (self->channel);
}

/* At once, whatever there is. `error` is for who waits for the session; takes it. */
static void
shut (IsmbConnection *self, GError *error)
{
  g_autoptr (GTask) opening = steal_opening (self);
  GQueue dropped = G_QUEUE_INIT;
  guint lost;

  leave_stream (self, FALSE);
  set_state (self, CLOSED, 0);
  ismb_exchange_give_up (self->exchange, &dropped);
  lost = dropped.length;
  tell_session_end (self);
  forget_session (self);
  tell_disconnected (self, NULL);
  tell_not_sent (self, &dropped);
  finish_drains (self, lost);
  if (opening != NULL)
    g_task_return_error (opening, error);
  else
    g_clear_error (&error);
}

static GError *
closed_error (void)
{
  return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "the client was closed");
}

/* What ends a stream that nobody wanted to end, and an attempt at one */

static gboolean
has_attempts_left (IsmbConnection *self)
{
  guint max = self->config->reconnect_max_attempts;

  return self->state == OPEN || max == 0 || self->failures + 1 < max;
}

/* An account of this switch, made in an earlier attempt, may be gone with the daemon that made it;
 * and a virtual router that is disabled may be enabled again, but not one that is not configured. */
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

/* RFC 6120, 4.9.3.19. Who has not proved who he is sends us nowhere. */
static gboolean
is_redirected (IsmbConnection *self, IsmbEnding *why)
{
  const char *host = ismb_channel_get_redirect (self->channel);

  g_clear_pointer (&self->via, g_free);
  if (!ismb_ending_has_condition (why, "see-other-host") || host == NULL || !self->secret
      || self->config->server_jid == NULL || self->redirects >= REDIRECTS_MAX)
    return FALSE;
  self->redirects++;
  self->via = g_strdup (host);
  return TRUE;
}

static gboolean
may_try_again (IsmbConnection *self, IsmbEnding *why)
{
  gboolean passes = self->config->server_jid != NULL ? ismb_ending_passes (why)
                                                     : passes_at_home (self, why);

  return passes && self->config->auto_reconnect && has_attempts_left (self);
}

static guint
choose_delay (IsmbConnection *self)
{
  const IsmbConnectionConfig *config = self->config;
  guint max = config->server_jid != NULL ? config->reconnect_max_delay
                                         : MIN (config->reconnect_max_delay, HOME_DELAY_MAX);

  if (self->via != NULL)
    return 1;
  if (self->state == OPEN && g_get_monotonic_time () - self->started_at >= HELD)
    return 1 + ismb_backoff_soon (&self->backoff, MIN (config->reconnect_delay, max));
  return 1 + ismb_backoff_next (&self->backoff, config->reconnect_delay, max);
}

static void
wait_for_next (IsmbConnection *self, IsmbEnding *why)
{
  guint delay = choose_delay (self);

  g_info ("%s: %s; next attempt in %u ms",
          self->auto_jid != NULL ? self->auto_jid : self->config->vr, ismb_ending_get_message (why),
          delay);
  self->failures = self->state == OPEN ? 0 : self->failures + 1;
  set_state (self, WAITING, delay);
}

static void
tell_lost (IsmbConnection *self, IsmbEnding *why, gboolean resumable)
{
  IsmbFailure *reason = ismb_ending_get_failure (why);
  gboolean was_connected = self->connected;

  ismb_ending_tell (why, on_tell, self);
  if (!resumable)
    {
      tell_session_end (self);
      if (was_connected || self->bound_jid != NULL)
        forget_session (self);
    }
  tell_disconnected (self, reason);
}

/* It is tried again. */
static void
lose (IsmbConnection *self, IsmbEnding *why)
{
  IsmbResume resume;
  gboolean resumable
      = self->bound_jid != NULL && ismb_exchange_get_resume (self->exchange, &resume);
  guint turn;

  leave_stream (self, resumable);
  wait_for_next (self, why);
  turn = self->turn;
  tell_lost (self, why, resumable);
  if (self->turn == turn)
    emit (self, "reconnect_delay", ismb_ending_get_failure (why));
}

/* It is not. */
static void
give_up (IsmbConnection *self, IsmbEnding *why)
{
  g_autoptr (GTask) opening = steal_opening (self);
  gboolean failed = self->state != OPEN || self->config->auto_reconnect;
  GQueue dropped = G_QUEUE_INIT;
  guint lost, turn;

  g_info ("%s: %s", self->auto_jid != NULL ? self->auto_jid : self->config->vr,
          ismb_ending_get_message (why));
  leave_stream (self, FALSE);
  set_state (self, CLOSED, 0);
  turn = self->turn;
  ismb_exchange_give_up (self->exchange, &dropped);
  lost = dropped.length;
  tell_lost (self, why, FALSE);
  if (failed && self->turn == turn)
    emit (self, "connection_failed", ismb_ending_get_failure (why));
  tell_not_sent (self, &dropped);
  finish_drains (self, lost);
  if (opening != NULL)
    g_task_return_error (opening, ismb_ending_to_error (why));
}

/* Takes it. */
static void
end_stream (IsmbConnection *self, IsmbEnding *ending)
{
  g_autoptr (IsmbEnding) why = ending;

  if (is_redirected (self, why) || may_try_again (self, why))
    lose (self, why);
  else
    give_up (self, why);
}

static void
time_out (IsmbConnection *self)
{
  g_autoptr (GError) error = g_error_new (
      ISMB_ERROR, ISMB_ERROR_TIMEOUT, "%s: no session within %u ms",
      self->auto_jid != NULL ? self->auto_jid : self->config->vr, self->config->session_timeout);

  end_stream (self, ismb_ending_new (error, NULL, NULL, NULL));
}

/* The channel, and what is on it */

static const char *
get_address (IsmbConnection *self)
{
  return self->bound_jid != NULL ? ismb_jid_get_full (self->bound_jid) : self->auto_jid;
}

static void
on_channel_authenticated (gpointer user_data)
{
  IsmbConnection *self = user_data;
  g_autoptr (GObject) owner G_GNUC_UNUSED = g_object_ref (self->owner);

  emit (self, "auth_success", NULL);
}

static void
on_channel_auth_refused (const char *condition, gpointer user_data)
{
  IsmbConnection *self = user_data;
  g_autoptr (GObject) owner G_GNUC_UNUSED = g_object_ref (self->owner);
  g_autoptr (GError) error
      = g_error_new (ISMB_ERROR, ISMB_ERROR_AUTH_FAILED, "the server refused to sign %s in: %s",
                     self->auto_jid, condition);
  g_autoptr (IsmbFailure) failure = ismb_failure_new_with_condition (error, condition);

  g_free (self->refusal);
  self->refusal = g_strdup (condition);
  emit (self, "failed_auth", failure);
}

static void
open_exchange (IsmbConnection *self, const IsmbSession *session)
{
  g_main_context_push_thread_default (self->context);
  ismb_exchange_open (self->exchange, session, self->config->stream_management,
                      self->config->whitespace_keepalive_interval);
  g_main_context_pop_thread_default (self->context);
}

/* Each step only where the one before has left us open. */
static gboolean
start_session (IsmbConnection *self, IsmbJid *bound_jid, const IsmbSession *session,
               GQueue *dropped)
{
  guint turn = self->turn;

  self->end_due = TRUE;
  g_clear_pointer (&self->features, ismb_tree_unref);
  self->features = session->features != NULL ? ismb_tree_ref (session->features) : NULL;
  set_bound_jid (self, bound_jid);
  g_info ("%s is signed in", ismb_jid_get_full (bound_jid));
  if (self->turn != turn || !emit (self, "session_bind", bound_jid))
    return FALSE;
  open_exchange (self, session);
  tell_not_sent (self, dropped);
  return self->turn == turn && emit (self, "session_start", NULL)
         && emit (self, "stream_negotiated", NULL);
}

static gboolean
replace_session (IsmbConnection *self, IsmbJid *bound_jid, const IsmbSession *session)
{
  gboolean same = self->bound_jid != NULL && ismb_jid_equal (self->bound_jid, bound_jid);
  GQueue dropped = G_QUEUE_INIT;
  guint turn = self->turn;
  gboolean started;

  ismb_exchange_renew (self->exchange, session, same, &dropped);
  if (self->turn == turn && self->bound_jid != NULL)
    {
      tell_session_end (self);
      forget_session (self);
    }
  started = self->turn == turn && start_session (self, bound_jid, session, &dropped);
  tell_not_sent (self, &dropped);
  return started;
}

static gboolean
resume_session (IsmbConnection *self, const IsmbSession *session)
{
  guint turn = self->turn;

  g_info ("the session of %s goes on", get_address (self));
  if (!emit (self, "session_resumed", NULL))
    return FALSE;
  open_exchange (self, session);
  return self->turn == turn;
}

static void
on_channel_ready (IsmbJid *bound_jid, const IsmbSession *session, gpointer user_data)
{
  IsmbConnection *self = user_data;
  g_autoptr (GObject) owner G_GNUC_UNUSED = g_object_ref (self->owner);
  g_autoptr (IsmbJid) jid = g_object_ref (bound_jid);
  g_autoptr (GTask) opening = NULL;
  gboolean started;

  set_state (self, OPEN, 0);
  self->failures = self->redirects = 0;
  self->started_at = g_get_monotonic_time ();
  started = session->resumed ? resume_session (self, session)
                             : replace_session (self, jid, session);
  if (!started)
    return;
  opening = steal_opening (self);
  if (opening != NULL)
    g_task_return_boolean (opening, TRUE);
}

static void
on_channel_stanza (IsmbTree *tree, gpointer user_data)
{
  IsmbConnection *self = user_data;
  g_autoptr (GObject) owner G_GNUC_UNUSED = g_object_ref (self->owner);
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbStanza) stanza = NULL;

  if (!ismb_exchange_take (self->exchange, tree))
    {
      ismb_tree_unref (tree);
      return;
    }
  stanza = _ismb_stanza_new_from_tree (tree, &error);
  if (stanza == NULL)
    g_debug ("left out: %s", error->message);
  else
    self->callbacks.stanza (self->owner, stanza);
}

/* In order, as it was asked for; what the network took without a word of the server, it has. */
static void
finish_closing (IsmbConnection *self)
{
  g_autoptr (GTask) opening = steal_opening (self); /* closed before that had returned */
  GQueue dropped = G_QUEUE_INIT;
  guint lost, turn;

  if (self->drains.length == 0)
    ismb_exchange_forget_sent (self->exchange);
  leave_stream (self, FALSE);
  set_state (self, CLOSED, 0);
  turn = self->turn;
  if (!self->reopening)
    ismb_exchange_give_up (self->exchange, &dropped);
  lost = dropped.length;
  forget_session (self);
  tell_disconnected (self, NULL);
  tell_not_sent (self, &dropped);
  finish_drains (self, lost);
  if (opening != NULL)
    g_task_return_error (opening, closed_error ());
  if (self->reopening && self->turn == turn)
    ismb_connection_reconnect (self);
}

static void
on_channel_closed (const GError *error, gpointer user_data)
{
  IsmbConnection *self = user_data;
  g_autoptr (GObject) owner G_GNUC_UNUSED = g_object_ref (self->owner);
  const char *condition = g_error_matches (error, ISMB_ERROR, ISMB_ERROR_AUTH_FAILED)
                              ? self->refusal
                              : ismb_channel_get_stream_condition (self->channel);

  if (self->state == CLOSING)
    finish_closing (self);
  else
    end_stream (self, ismb_ending_new (error, condition, get_address (self), NULL));
}

static void
start_closing (IsmbConnection *self)
{
  guint turn = self->turn;

  tell_session_end (self);
  if (self->turn != turn)
    return;
  ismb_exchange_say_goodbye (self->exchange);
  set_state (self, CLOSING, CLOSING_MAX);
  ismb_channel_close (self->channel);
}

static void
on_exchange_event (const char *event, gpointer payload, gpointer user_data)
{
  IsmbConnection *self = user_data;
  g_autoptr (GObject) owner G_GNUC_UNUSED = g_object_ref (self->owner);

  emit (self, event, payload);
}

static gboolean
on_is_heard (const char *event, gpointer user_data)
{
  IsmbConnection *self = user_data;

  return self->callbacks.is_heard (self->owner, event);
}

static gboolean
on_is_wanted (IsmbStanza *request, gpointer user_data)
{
  IsmbConnection *self = user_data;

  return self->callbacks.is_wanted (self->owner, request);
}

static void
on_settled (gpointer user_data)
{
  IsmbConnection *self = user_data;
  g_autoptr (GObject) owner G_GNUC_UNUSED = g_object_ref (self->owner);

  if (self->state == OPEN)
    start_closing (self);
}

static void
on_broken (const GError *error, gpointer user_data)
{
  IsmbConnection *self = user_data;
  g_autoptr (GObject) owner G_GNUC_UNUSED = g_object_ref (self->owner);

  if (self->state == OPEN)
    end_stream (self, ismb_ending_new (error, NULL, NULL, NULL));
  else if (self->state == CLOSING)
    finish_closing (self);
}

/* Attempts */

static gboolean
start_channel (IsmbConnection *self, GIOStream *stream, GError **error)
{
  const IsmbConnectionConfig *config = self->config;
  const char *password
      = config->server_jid != NULL ? config->password : ismb_home_get_password (self->home);
  g_autofree char *jid = g_strconcat (self->auto_jid, "/", config->resource, NULL);
  IsmbResume resume = { NULL };
  gboolean resumable
      = self->bound_jid != NULL && ismb_exchange_get_resume (self->exchange, &resume);

  gboolean started;

  if (resumable)
    resume.bound_jid = ismb_jid_get_full (self->bound_jid);
  g_main_context_push_thread_default (self->context);
  started = ismb_channel_start (self->channel, stream, self->secret, jid, password,
                                resumable ? &resume : NULL, error);
  g_main_context_pop_thread_default (self->context);
  return started;
}

static void
on_reached (GIOStream *stream, const IsmbDialOutcome *outcome, const GError *error,
            gpointer user_data)
{
  IsmbConnection *self = user_data;
  g_autoptr (GObject) owner G_GNUC_UNUSED = g_object_ref (self->owner);
  g_autoptr (GError) failure = NULL;

  g_clear_pointer (&self->approach, ismb_approach_free);
  if (stream == NULL)
    {
      end_stream (self, ismb_ending_new (error, NULL, NULL, outcome));
      return;
    }
  self->secret = outcome->secret;
  self->connected = self->end_due = TRUE;
  set_state (self, NEGOTIATING, self->config->session_timeout);
  if (!emit (self, "connected", NULL)
      || (outcome->certificate != NULL && !emit (self, "ssl_cert", outcome->certificate)))
    return;
  if (!start_channel (self, stream, &failure))
    end_stream (self, ismb_ending_new (failure, NULL, NULL, NULL));
}

static void
on_account (const char *bare_jid, gpointer user_data)
{
  set_auto_jid (user_data, bare_jid);
}

static void
attempt (IsmbConnection *self)
{
  static const IsmbApproachCallbacks callbacks = { on_account, on_reached };

  self->reopening = FALSE;
  self->home_was_known = ismb_home_is_here (self->home);
  g_clear_pointer (&self->refusal, g_free);
  set_state (self, CONNECTING, 0);
  g_main_context_push_thread_default (self->context);
  self->approach
      = ismb_approach_new (self->owner, self->home, self->config, self->via, &callbacks, self);
  g_main_context_pop_thread_default (self->context);
}

static gboolean
on_timer (gpointer user_data)
{
  IsmbConnection *self = user_data;
  g_autoptr (GObject) owner G_GNUC_UNUSED = g_object_ref (self->owner);

  if (self->state == WAITING)
    attempt (self);
  else if (self->state == CLOSING)
    finish_closing (self);
  else
    time_out (self);
  return G_SOURCE_REMOVE;
}

/* The home's word of the switch's peers */

static void
on_peer_found (IsmbPeer *peer, gpointer user_data)
{
  emit (user_data, "peer_found", peer);
}

static void
on_peer_changed (IsmbPeer *peer, gpointer user_data)
{
  emit (user_data, "peer_changed", peer);
}

static void
on_peer_lost (IsmbPeer *peer, gpointer user_data)
{
  emit (user_data, "peer_lost", peer);
}

IsmbConnection *
ismb_connection_new (GObject *owner, const IsmbConnectionConfig *config,
                     const IsmbConnectionCallbacks *callbacks)
{
  static const IsmbChannelCallbacks from_channel
      = { on_channel_authenticated, on_channel_auth_refused, on_channel_ready, on_channel_stanza,
          on_channel_closed };
  static const IsmbExchangeCallbacks from_exchange
      = { on_exchange_event, on_is_heard, on_is_wanted, on_settled, on_broken };
  static const IsmbHomeCallbacks from_home = { on_peer_found, on_peer_changed, on_peer_lost };
  IsmbConnection *self = g_new0 (IsmbConnection, 1);

  self->owner = owner;
  self->config = config;
  self->callbacks = *callbacks;
  self->auto_jid = g_strdup (config->server_jid);
  self->home = ismb_home_new (&from_home, self);
  self->channel = ismb_channel_new (&from_channel, self);
  self->exchange = ismb_exchange_new (self->channel, &from_exchange, self);
  return self;
}

void
ismb_connection_free (IsmbConnection *self)
{
  drop_source (&self->timer);
  drop_source (&self->drain_deadline);
  g_clear_pointer (&self->approach, ismb_approach_free);
  ismb_exchange_free (self->exchange);
  ismb_channel_free (self->channel);
  ismb_home_free (self->home);
  g_clear_object (&self->bound_jid);
  g_clear_pointer (&self->features, ismb_tree_unref);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_free (self->refusal);
  g_free (self->via);
  g_free (self->auto_jid);
  g_free (self);
}

static void
on_account_made (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  IsmbConnection *self = g_task_get_task_data (task);
  GError *error = NULL;

  if (!ismb_home_enter_finish (source, result, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  set_auto_jid (self, ismb_home_get_account (self->home));
  g_task_return_boolean (task, TRUE);
}

void
ismb_connection_make_account (IsmbConnection *self, GTask *task)
{
  const IsmbConnectionConfig *config = self->config;

  if (config->server_jid != NULL)
    {
      g_task_return_new_error (task, ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED,
                               "accounts are made on this switch only; %s is another server's",
                               config->server_jid);
      g_object_unref (task);
      return;
    }
  g_task_set_task_data (task, self, NULL); /* the task keeps the owner, and with it us */
  ismb_home_enter_async (self->home, self->owner, config->runtime_dir, config->vr, config->name,
                         config->password, g_task_get_cancellable (task), on_account_made, task);
}

/* Opening */

static gboolean
on_opening_cancelled (GCancellable *cancellable, gpointer user_data)
{
  IsmbConnection *self = user_data;
  g_autoptr (GObject) owner G_GNUC_UNUSED = g_object_ref (self->owner);
  GError *error = NULL;

  g_cancellable_set_error_if_cancelled (cancellable, &error);
  shut (self, error);
  return G_SOURCE_REMOVE;
}

static void
note_opening (IsmbConnection *self, GTask *task)
{
  GCancellable *cancellable = g_task_get_cancellable (task);

  self->opening = task;
  if (cancellable != NULL)
    self->opening_cancel = start_source (self, g_cancellable_source_new (cancellable),
                                         G_SOURCE_FUNC (on_opening_cancelled));
}

static void
begin (IsmbConnection *self)
{
  g_clear_pointer (&self->context, g_main_context_unref);
  self->context = g_main_context_ref_thread_default ();
  self->failures = self->redirects = 0;
  ismb_backoff_reset (&self->backoff);
  g_clear_pointer (&self->via, g_free);
}

void
ismb_connection_open (IsmbConnection *self, GTask *task)
{
  g_autoptr (GTask) own = task;

  if (g_task_return_error_if_cancelled (task))
    return;
  if (self->opening != NULL || self->state == OPEN || self->state == CLOSING)
    {
      g_task_return_new_error (task, ISMB_ERROR, ISMB_ERROR_FAILED,
                               "the client is open already, or still closing");
      return;
    }
  if (self->state == CLOSED)
    begin (self);
  note_opening (self, g_steal_pointer (&own));
  if (self->state == CLOSED || self->state == WAITING)
    attempt (self);
}

void
ismb_connection_reconnect (IsmbConnection *self)
{
  IsmbResume resume;
  g_autoptr (GObject) owner G_GNUC_UNUSED = g_object_ref (self->owner);

  if (self->state == CLOSED)
    begin (self);
  if (self->state == CLOSED || self->state == WAITING)
    attempt (self);
  else if (self->state == OPEN && ismb_exchange_get_resume (self->exchange, &resume))
    {
      leave_stream (self, TRUE);
      set_state (self, WAITING, 1);
      tell_disconnected (self, NULL);
    }
  else if (self->state == OPEN || self->state == CLOSING)
    {
      self->reopening = TRUE;
      ismb_connection_close (self);
    }
}

/* Closing */

void
ismb_connection_close (IsmbConnection *self)
{
  g_autoptr (GObject) owner G_GNUC_UNUSED = g_object_ref (self->owner);

  if (self->state == OPEN)
    start_closing (self);
  else if (self->state != CLOSED && self->state != CLOSING)
    shut (self, closed_error ());
}

void
ismb_connection_abort (IsmbConnection *self)
{
  g_autoptr (GObject) owner G_GNUC_UNUSED = g_object_ref (self->owner);

  if (self->state == CLOSED || !emit (self, "killed", NULL))
    return;
  shut (self, closed_error ());
}

static gboolean
on_drain_deadline (gpointer user_data)
{
  ismb_connection_close (user_data);
  return G_SOURCE_REMOVE;
}

static gboolean
on_drain_cancelled (GCancellable *cancellable, gpointer user_data)
{
  ismb_connection_close (user_data);
  return G_SOURCE_REMOVE;
}

static void
drop_task_source (gpointer source)
{
  g_source_destroy (source);
  g_source_unref (source);
}

static void
note_drain (IsmbConnection *self, GTask *task)
{
  GCancellable *cancellable = g_task_get_cancellable (task);

  g_queue_push_tail (&self->drains, task);
  if (cancellable != NULL)
    g_task_set_task_data (task,
                          start_source (self, g_cancellable_source_new (cancellable),
                                        G_SOURCE_FUNC (on_drain_cancelled)),
                          drop_task_source);
  if (self->drain_deadline == NULL)
    self->drain_deadline
        = start_source (self, g_timeout_source_new (DRAINING_MAX), on_drain_deadline);
}

void
ismb_connection_drain (IsmbConnection *self, GTask *task)
{
  g_autoptr (GObject) owner G_GNUC_UNUSED = g_object_ref (self->owner);

  if (self->state == CLOSED)
    {
      g_queue_push_tail (&self->drains, task);
      shut (self, NULL);
      return;
    }
  note_drain (self, task);
  if (self->state == OPEN)
    ismb_exchange_settle (self->exchange);
  else if (self->state != CLOSING && ismb_exchange_count (self->exchange) == 0)
    shut (self, closed_error ());
  else if (self->state != CLOSING)
    ismb_exchange_settle (self->exchange); /* once it is open */
}

gboolean
ismb_connection_send (IsmbConnection *self, IsmbStanza *stanza, GString *xml, GError **error)
{
  if (self->state == CLOSING)
    {
      g_string_free (xml, TRUE);
      g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_NOT_CONNECTED, "the client is closing");
      return FALSE;
    }
  return ismb_exchange_put (self->exchange, stanza, xml, error);
}

gboolean
ismb_connection_has_request (IsmbConnection *self, const char *id)
{
  return ismb_exchange_has_request (self->exchange, id);
}

const char *
ismb_connection_get_auto_jid (IsmbConnection *self)
{
  return self->auto_jid;
}

IsmbJid *
ismb_connection_get_bound_jid (IsmbConnection *self)
{
  return self->bound_jid;
}

gboolean
ismb_connection_offers (IsmbConnection *self, const char *name, const char *ns)
{
  return self->features != NULL
         && ismb_node_find (ismb_tree_root (self->features), name, ns) != NULL;
}

IsmbHome *
ismb_connection_get_home (IsmbConnection *self)
{
  return self->home;
}

void
ismb_connection_set_pace (IsmbConnection *self, guint window, guint quiet, guint patience)
{
  ismb_exchange_set_pace (self->exchange, window, quiet, patience);
}
