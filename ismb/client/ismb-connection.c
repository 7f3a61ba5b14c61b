/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.client.connection"

#include "config.h"
#include "ismb/client/ismb-connection.h"

#include "ismb/client/ismb-connection-parts.h"
#include "ismb/core/ismb-element-private.h"
#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-factory.h"

#define CLOSING_MAX 15000 /* milliseconds, for a server that takes nothing any more */

static gboolean
tell (IsmbConnection *self, const char *event, gpointer payload)
{
  return ismb_herald_tell (self->herald, event, payload);
}

const char *
_ismb_connection_get_name (IsmbConnection *self)
{
  const IsmbConnectionConfig *config = self->config;

  if (self->herald->auto_jid != NULL)
    return self->herald->auto_jid;
  return config->name != NULL ? config->name : config->vr;
}

/* States */

static void
drop_timer (IsmbConnection *self)
{
  if (self->timer != NULL)
    g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
}

static gboolean on_timer (gpointer user_data);

/* Milliseconds; 0: it lasts as long as it lasts. */
void
_ismb_connection_set_state (IsmbConnection *self, IsmbConnectionState state, guint timeout)
{
  self->state = state;
  self->herald->turn++;
  drop_timer (self);
  if (state == OPEN || state == CLOSING || state == CLOSED)
    g_clear_pointer (&self->watch, ismb_daemon_watch_free);
  if (timeout == 0)
    return;
  self->timer = g_timeout_source_new (timeout);
  g_source_set_callback (self->timer, on_timer, self, NULL);
  g_source_attach (self->timer, self->context);
}

void
_ismb_connection_leave_stream (IsmbConnection *self, gboolean resumable)
{
  g_clear_pointer (&self->approach, ismb_approach_free);
  ismb_exchange_end (self->exchange, resumable);
  ismb_channel_stop (self->channel);
}

/* At once, whatever there is. `error` is for who waits for the session; takes it. */
void
_ismb_connection_shut (IsmbConnection *self, GError *error)
{
  g_autoptr (GTask) opening = ismb_waiters_steal_opening (self->waiters);
  GQueue dropped = G_QUEUE_INIT;
  guint lost;

  _ismb_connection_leave_stream (self, FALSE);
  _ismb_connection_set_state (self, CLOSED, 0);
  ismb_exchange_give_up (self->exchange, &dropped);
  lost = dropped.length;
  ismb_herald_tell_session_end (self->herald);
  ismb_herald_forget_session (self->herald);
  ismb_herald_tell_disconnected (self->herald, NULL);
  ismb_herald_tell_not_sent (self->herald, &dropped);
  ismb_waiters_finish_closing (self->waiters, lost);
  if (opening != NULL)
    g_task_return_error (opening, error);
  else
    g_clear_error (&error);
}

GError *
_ismb_connection_closed_error (void)
{
  return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "the client was closed");
}

/* The channel, and what is on it */

static void
on_channel_authenticated (gpointer user_data)
{
  IsmbConnection *self = user_data;
  g_autoptr (GObject) owner G_GNUC_UNUSED = g_object_ref (self->owner);

  tell (self, "auth_success", NULL);
}

static void
on_channel_auth_refused (const char *condition, gpointer user_data)
{
  IsmbConnection *self = user_data;
  g_autoptr (GObject) owner G_GNUC_UNUSED = g_object_ref (self->owner);
  g_autoptr (GError) error
      = g_error_new (ISMB_ERROR, ISMB_ERROR_AUTH_FAILED, "the server refused to sign %s in: %s",
                     self->herald->auto_jid, condition);
  g_autoptr (IsmbFailure) failure = ismb_failure_new_with_condition (error, condition);

  g_free (self->refusal);
  self->refusal = g_strdup (condition);
  tell (self, "failed_auth", failure);
}

static void
open_exchange (IsmbConnection *self, const IsmbSession *session)
{
  g_main_context_push_thread_default (self->context);
  ismb_exchange_open (self->exchange, session, self->config->stream_management,
                      self->config->whitespace_keepalive_interval);
  g_main_context_pop_thread_default (self->context);
}

/* XEP-0352: the program may say whether somebody looks on. */
static gboolean
tell_features (IsmbConnection *self)
{
  IsmbNode *root = self->features != NULL ? ismb_tree_root (self->features) : NULL;
  IsmbNode *csi = root != NULL ? ismb_node_find (root, "csi", ISMB_NS_CSI) : NULL;
  g_autoptr (IsmbElement) element
      = csi != NULL ? _ismb_element_new_view (self->features, csi) : NULL;

  return csi == NULL || tell (self, "csi_enabled", element);
}

/* Each step only where the one before has left us open. */
static gboolean
start_session (IsmbConnection *self, IsmbJid *bound_jid, const IsmbSession *session,
               GQueue *dropped)
{
  guint turn = self->herald->turn;

  self->herald->end_due = TRUE;
  g_clear_pointer (&self->features, ismb_tree_unref);
  self->features = session->features != NULL ? ismb_tree_ref (session->features) : NULL;
  ismb_herald_set_bound_jid (self->herald, bound_jid);
  g_info ("%s is signed in", ismb_jid_get_full (bound_jid));
  if (self->herald->turn != turn || !tell (self, "session_bind", bound_jid))
    return FALSE;
  open_exchange (self, session);
  ismb_herald_tell_not_sent (self->herald, dropped);
  return self->herald->turn == turn && tell (self, "session_start", NULL)
         && tell_features (self) && tell (self, "stream_negotiated", NULL);
}

static gboolean
replace_session (IsmbConnection *self, IsmbJid *bound_jid, const IsmbSession *session)
{
  IsmbJid *former = self->herald->bound_jid;
  gboolean same = former != NULL && ismb_jid_equal (former, bound_jid);
  GQueue dropped = G_QUEUE_INIT;
  guint turn = self->herald->turn;
  gboolean started;

  ismb_exchange_renew (self->exchange, session, same, &dropped);
  if (self->herald->turn == turn && self->herald->bound_jid != NULL)
    {
      ismb_herald_tell_session_end (self->herald);
      ismb_herald_forget_session (self->herald);
    }
  started = self->herald->turn == turn && start_session (self, bound_jid, session, &dropped);
  ismb_herald_tell_not_sent (self->herald, &dropped);
  return started;
}

static gboolean
resume_session (IsmbConnection *self, const IsmbSession *session)
{
  guint turn = self->herald->turn;

  g_info ("the session of %s goes on", ismb_herald_get_address (self->herald));
  if (!tell (self, "session_resumed", NULL))
    return FALSE;
  open_exchange (self, session);
  return self->herald->turn == turn;
}

static void
on_channel_ready (IsmbJid *bound_jid, const IsmbSession *session, gpointer user_data)
{
  IsmbConnection *self = user_data;
  g_autoptr (GObject) owner G_GNUC_UNUSED = g_object_ref (self->owner);
  g_autoptr (IsmbJid) jid = g_object_ref (bound_jid);
  g_autoptr (GTask) opening = NULL;
  gboolean started;

  _ismb_connection_set_state (self, OPEN, 0);
  ismb_retries_note_session (&self->retries);
  started = session->resumed ? resume_session (self, session)
                             : replace_session (self, jid, session);
  if (!started)
    return;
  opening = ismb_waiters_steal_opening (self->waiters);
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
    self->herald->callbacks.stanza (self->owner, stanza);
}

/* In order, as it was asked for; what the network took without a word of the server, it has. */
static void
finish_closing (IsmbConnection *self)
{
  /* It was closed before that had returned, if there is one. */
  g_autoptr (GTask) opening = ismb_waiters_steal_opening (self->waiters);
  GQueue dropped = G_QUEUE_INIT;
  guint lost, turn;

  if (!ismb_waiters_has_closing (self->waiters))
    ismb_exchange_forget_sent (self->exchange);
  _ismb_connection_leave_stream (self, FALSE);
  _ismb_connection_set_state (self, CLOSED, 0);
  turn = self->herald->turn;
  if (!self->reopening)
    ismb_exchange_give_up (self->exchange, &dropped);
  lost = dropped.length;
  ismb_herald_forget_session (self->herald);
  ismb_herald_tell_disconnected (self->herald, NULL);
  ismb_herald_tell_not_sent (self->herald, &dropped);
  ismb_waiters_finish_closing (self->waiters, lost);
  if (opening != NULL)
    g_task_return_error (opening, _ismb_connection_closed_error ());
  if (self->reopening && self->herald->turn == turn)
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
    _ismb_connection_end_stream (
        self, ismb_ending_new (error, condition, ismb_herald_get_address (self->herald), NULL));
}

void
_ismb_connection_start_closing (IsmbConnection *self)
{
  guint turn = self->herald->turn;

  ismb_herald_tell_session_end (self->herald);
  if (self->herald->turn != turn)
    return;
  ismb_exchange_say_goodbye (self->exchange);
  _ismb_connection_set_state (self, CLOSING, CLOSING_MAX);
  ismb_channel_close (self->channel);
}

static void
on_exchange_event (const char *event, gpointer payload, gpointer user_data)
{
  IsmbConnection *self = user_data;
  g_autoptr (GObject) owner G_GNUC_UNUSED = g_object_ref (self->owner);

  tell (self, event, payload);
}

static gboolean
on_is_heard (const char *event, gpointer user_data)
{
  IsmbConnection *self = user_data;

  return self->herald->callbacks.is_heard (self->owner, event);
}

static gboolean
on_is_wanted (IsmbStanza *request, gpointer user_data)
{
  IsmbConnection *self = user_data;

  return self->herald->callbacks.is_wanted (self->owner, request);
}

static void
on_settled (gpointer user_data)
{
  IsmbConnection *self = user_data;
  g_autoptr (GObject) owner G_GNUC_UNUSED = g_object_ref (self->owner);

  if (self->state == OPEN)
    _ismb_connection_start_closing (self);
}

static void
on_broken (const GError *error, gpointer user_data)
{
  IsmbConnection *self = user_data;
  g_autoptr (GObject) owner G_GNUC_UNUSED = g_object_ref (self->owner);

  if (self->state == OPEN)
    _ismb_connection_end_stream (self, ismb_ending_new (error, NULL, NULL, NULL));
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
  g_autofree char *jid = g_strconcat (self->herald->auto_jid, "/", config->resource, NULL);
  IsmbResume resume = { NULL };
  gboolean resumable
      = self->herald->bound_jid != NULL && ismb_exchange_get_resume (self->exchange, &resume);

  gboolean started;

  if (resumable)
    resume.bound_jid = ismb_jid_get_full (self->herald->bound_jid);
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
      _ismb_connection_end_stream (self, ismb_ending_new (error, NULL, NULL, outcome));
      return;
    }
  self->secret = outcome->secret;
  self->herald->connected = self->herald->end_due = TRUE;
  _ismb_connection_set_state (self, NEGOTIATING, self->config->session_timeout);
  if (!tell (self, "connected", NULL)
      || (outcome->certificate != NULL && !tell (self, "ssl_cert", outcome->certificate)))
    return;
  if (!start_channel (self, stream, &failure))
    _ismb_connection_end_stream (self, ismb_ending_new (failure, NULL, NULL, NULL));
}

static void
on_account (const char *bare_jid, gpointer user_data)
{
  ismb_herald_set_auto_jid (((IsmbConnection *) user_data)->herald, bare_jid);
}

void
_ismb_connection_attempt (IsmbConnection *self)
{
  static const IsmbApproachCallbacks callbacks = { on_account, on_reached };

  self->reopening = FALSE;
  self->home_was_known = ismb_home_is_here (self->home);
  g_clear_pointer (&self->refusal, g_free);
  _ismb_connection_set_state (self, CONNECTING, 0);
  g_main_context_push_thread_default (self->context);
  self->approach = ismb_approach_new (self->owner, self->home, self->config, self->retries.via,
                                      &callbacks, self);
  g_main_context_pop_thread_default (self->context);
}

static void
time_out (IsmbConnection *self)
{
  g_autoptr (GError) error
      = g_error_new (ISMB_ERROR, ISMB_ERROR_TIMEOUT, "%s: no session within %u ms",
                     _ismb_connection_get_name (self), self->config->session_timeout);

  _ismb_connection_end_stream (self, ismb_ending_new (error, NULL, NULL, NULL));
}

static gboolean
on_timer (gpointer user_data)
{
  IsmbConnection *self = user_data;
  g_autoptr (GObject) owner G_GNUC_UNUSED = g_object_ref (self->owner);

  if (self->state == WAITING)
    _ismb_connection_attempt (self);
  else if (self->state == CLOSING)
    finish_closing (self);
  else
    time_out (self);
  return G_SOURCE_REMOVE;
}

static void
on_opening_cancelled (GError *error, gpointer user_data)
{
  IsmbConnection *self = user_data;
  g_autoptr (GObject) owner G_GNUC_UNUSED = g_object_ref (self->owner);

  _ismb_connection_shut (self, error);
}

static void
on_impatient (gpointer user_data)
{
  ismb_connection_close (user_data);
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
  static const IsmbWaitersCallbacks from_waiters = { on_opening_cancelled, on_impatient };
  static const IsmbHomeCallbacks from_home = { ismb_herald_tell_peer_found,
                                               ismb_herald_tell_peer_changed,
                                               ismb_herald_tell_peer_lost };
  IsmbConnection *self = g_new0 (IsmbConnection, 1);

  self->owner = owner;
  self->config = config;
  self->herald = ismb_herald_new (owner, callbacks, config->server_jid);
  self->waiters = ismb_waiters_new (&from_waiters, self);
  self->home = ismb_home_new (&from_home, self->herald);
  self->channel = ismb_channel_new (&from_channel, self);
  self->exchange = ismb_exchange_new (self->channel, &from_exchange, self);
  return self;
}

void
ismb_connection_free (IsmbConnection *self)
{
  drop_timer (self);
  g_clear_pointer (&self->watch, ismb_daemon_watch_free);
  g_clear_pointer (&self->approach, ismb_approach_free);
  ismb_exchange_free (self->exchange);
  ismb_channel_free (self->channel);
  ismb_home_free (self->home);
  ismb_waiters_free (self->waiters);
  ismb_herald_free (self->herald);
  ismb_retries_clear (&self->retries);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_clear_pointer (&self->features, ismb_tree_unref);
  g_free (self->refusal);
  g_free (self);
}
