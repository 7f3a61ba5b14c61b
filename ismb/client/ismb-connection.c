/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.client.connection"

#include "config.h"
#include "ismb/client/ismb-connection.h"

#include <string.h>

#include "ismb/client/ismb-channel.h"
#include "ismb/client/ismb-dialer.h"
#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-stanza-factory.h"

#define OUTBOX_MAX 256                /* stanzas sent before the session is there */
#define QUEUED_MAX (16 * 1024 * 1024) /* bytes that the server has not taken */

typedef enum { IDLE, OPENING, OPEN, CLOSING } State;

struct _IsmbConnection
{
  GObject *owner; /* borrowed: it owns us */
  const IsmbConnectionConfig *config;
  IsmbConnectionCallbacks callbacks;
  State state;
  GTask *opening;        /* while OPENING */
  GCancellable *attempt; /* likewise: ends what the steps are waiting for */
  GSource *cancel;       /* likewise: the caller's wish */
  char *auto_jid;
  IsmbJid *bound_jid;
  IsmbHome *home;
  IsmbChannel *channel;
  GQueue outbox;         /* of char *, before the session */
};

static void
emit (IsmbConnection *self, const char *event, gpointer payload)
{
  self->callbacks.event (self->owner, event, payload);
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

/* The end of a session, and of an attempt at one */

static void
forget_attempt (IsmbConnection *self)
{
  g_clear_object (&self->attempt);
  if (self->cancel != NULL)
    g_source_destroy (self->cancel);
  g_clear_pointer (&self->cancel, g_source_unref);
}

static void
forget_session (IsmbConnection *self)
{
  self->state = IDLE;
  ismb_channel_stop (self->channel);
  g_queue_clear_full (&self->outbox, g_free);
  set_bound_jid (self, NULL);
  self->callbacks.ended (self->owner);
}

/* Takes the error. `connected`: the event of that name was told, so its counterpart is due. */
static void
fail_opening (IsmbConnection *self, GError *error, gboolean connected)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->opening); /* keeps the owner */
  gboolean refused = g_error_matches (error, ISMB_ERROR, ISMB_ERROR_AUTH_FAILED)
                     || g_error_matches (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED);

  g_cancellable_cancel (self->attempt);
  forget_attempt (self);
  forget_session (self);
  if (refused && connected)
    emit (self, "failed_auth", NULL);
  if (connected)
    emit (self, "disconnected", NULL);
  g_task_return_error (task, error);
}

static gboolean
on_cancelled (GCancellable *cancellable, gpointer user_data)
{
  GError *error = NULL;

  g_cancellable_set_error_if_cancelled (cancellable, &error);
  fail_opening (user_data, error, FALSE);
  return G_SOURCE_REMOVE;
}

/* The channel */

static void
on_channel_closed (const GError *error, gpointer user_data)
{
  IsmbConnection *self = user_data;
  g_autoptr (GObject) owner G_GNUC_UNUSED = g_object_ref (self->owner);
  gboolean orderly = self->state == CLOSING;

  if (self->state == OPENING)
    {
      fail_opening (self,
                    error != NULL
                        ? g_error_copy (error)
                        : g_error_new_literal (ISMB_ERROR, ISMB_ERROR_STREAM, "the stream ended"),
                    TRUE);
      return;
    }
  if (error != NULL)
    g_info ("the session of %s ended: %s", self->auto_jid, error->message);
  forget_session (self);
  if (!orderly)
    emit (self, "session_end", NULL);
  emit (self, "disconnected", NULL);
}

static void
on_channel_authenticated (gpointer user_data)
{
}

static void
on_channel_auth_refused (const char *condition, gpointer user_data)
{
  IsmbConnection *self = user_data;

  g_info ("a way to sign %s in was refused: %s", self->auto_jid, condition);
}

static void
on_channel_ready (IsmbJid *bound_jid, const IsmbSession *session, gpointer user_data)
{
  IsmbConnection *self = user_data;
  g_autoptr (GTask) task = g_steal_pointer (&self->opening); /* keeps the owner */
  char *xml;

  forget_attempt (self);
  self->state = OPEN;
  set_bound_jid (self, bound_jid);
  g_info ("%s is signed in", ismb_jid_get_full (bound_jid));
  emit (self, "session_bind", bound_jid);
  while ((xml = g_queue_pop_head (&self->outbox)) != NULL)
    {
      ismb_channel_send (self->channel, xml, strlen (xml));
      g_free (xml);
    }
  if (self->state == OPEN)
    emit (self, "session_start", NULL);
  g_task_return_boolean (task, TRUE);
}

static void
on_channel_stanza (IsmbTree *tree, gpointer user_data)
{
  IsmbConnection *self = user_data;
  g_autoptr (GObject) owner G_GNUC_UNUSED = g_object_ref (self->owner);
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbStanza) stanza = _ismb_stanza_new_from_tree (tree, &error);

  if (stanza == NULL)
    g_debug ("left out: %s", error->message);
  else
    self->callbacks.stanza (self->owner, stanza);
}

/* Opening, step by step. Each step's callback looks whether its attempt is still the one: the task
 * keeps the owner, and with it us, alive. */

typedef struct
{
  IsmbConnection *self;
  GTask *task;
} Step;

static Step *
step_new (IsmbConnection *self, GTask *task)
{
  Step *step = g_new (Step, 1);

  step->self = self;
  step->task = g_object_ref (task);
  return step;
}

static void
step_free (Step *step)
{
  g_object_unref (step->task);
  g_free (step);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Step, step_free)

static void
on_dialled (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Step) step = user_data;
  IsmbConnection *self = step->self;
  g_autofree char *jid = NULL;
  IsmbDialOutcome outcome;
  GError *error = NULL;
  g_autoptr (GIOStream) stream = ismb_dial_finish (result, &outcome, &error);
  g_autoptr (GTlsCertificate) certificate G_GNUC_UNUSED = outcome.certificate;

  if (step->task != self->opening)
    {
      g_clear_error (&error);
      return;
    }
  if (stream == NULL)
    {
      fail_opening (self, error, FALSE);
      return;
    }
  emit (self, "connected", NULL);
  if (step->task != self->opening) /* the handler closed it */
    return;
  jid = g_strconcat (self->auto_jid, "/", self->config->resource, NULL);
  if (!ismb_channel_start (self->channel, stream, outcome.secret, jid,
                           self->config->server_jid != NULL ? self->config->password
                                                            : ismb_home_get_password (self->home),
                           NULL, &error))
    fail_opening (self, error, TRUE);
}

/* libstrophe 0.12 writes the name into SCRAM unescaped (RFC 5802, 5.1). */
static IsmbJid *
parse_account (const char *text, GError **error)
{
  g_autoptr (IsmbJid) jid = ismb_jid_new (text, error);
  const char *local = jid != NULL ? ismb_jid_get_local (jid) : NULL;

  if (jid == NULL)
    return NULL;
  if (local == NULL || strpbrk (local, ",=") != NULL)
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_ADDRESS,
                   "cannot sign in as %s: the name is missing, or has a comma or an equals sign",
                   text);
      return NULL;
    }
  return g_steal_pointer (&jid);
}

static void
dial (IsmbConnection *self)
{
  const IsmbConnectionConfig *config = self->config;
  GError *error = NULL;
  g_autoptr (IsmbJid) jid = parse_account (self->auto_jid, &error);
  IsmbDialPlan plan = { NULL };

  if (jid == NULL)
    {
      fail_opening (self, error, FALSE);
      return;
    }
  plan.unix_path = config->server_jid == NULL ? ismb_home_get_c2s_path (self->home) : NULL;
  plan.domain = ismb_jid_get_domain (jid);
  plan.host = config->server_host;
  plan.port = config->server_port;
  plan.ca_file = config->ca_file;
  plan.clear = !config->require_tls;
  plan.direct = config->direct_tls;
  plan.deadline = config->connect_timeout;
  ismb_dial_async (&plan, self->attempt, on_dialled, step_new (self, self->opening));
}

static void
enter_home (IsmbConnection *self, GCancellable *cancellable, GAsyncReadyCallback callback,
            GTask *task)
{
  const IsmbConnectionConfig *config = self->config;

  ismb_home_enter_async (self->home, self->owner, config->runtime_dir, config->vr, config->name,
                         config->password, cancellable, callback, step_new (self, task));
}

static void
on_home (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Step) step = user_data;
  IsmbConnection *self = step->self;
  GError *error = NULL;
  gboolean entered = ismb_home_enter_finish (source, result, &error);

  if (step->task != self->opening)
    {
      g_clear_error (&error);
      return;
    }
  if (!entered)
    {
      fail_opening (self, error, FALSE);
      return;
    }
  set_auto_jid (self, ismb_home_get_account (self->home));
  dial (self);
}

static void
on_account (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Step) step = user_data;
  GError *error = NULL;

  if (!ismb_home_enter_finish (source, result, &error))
    {
      g_task_return_error (step->task, error);
      return;
    }
  set_auto_jid (step->self, ismb_home_get_account (step->self->home));
  g_task_return_boolean (step->task, TRUE);
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
  static const IsmbChannelCallbacks from_channel = { on_channel_authenticated,
                                                     on_channel_auth_refused, on_channel_ready,
                                                     on_channel_stanza, on_channel_closed };
  static const IsmbHomeCallbacks from_home = { on_peer_found, on_peer_changed, on_peer_lost };
  IsmbConnection *self = g_new0 (IsmbConnection, 1);

  self->owner = owner;
  self->config = config;
  self->callbacks = *callbacks;
  self->auto_jid = g_strdup (config->server_jid);
  self->home = ismb_home_new (&from_home, self);
  self->channel = ismb_channel_new (&from_channel, self);
  return self;
}

void
ismb_connection_free (IsmbConnection *self)
{
  ismb_channel_free (self->channel);
  ismb_home_free (self->home);
  g_queue_clear_full (&self->outbox, g_free);
  g_clear_object (&self->bound_jid);
  g_free (self->auto_jid);
  g_free (self);
}

void
ismb_connection_make_account (IsmbConnection *self, GTask *task)
{
  if (self->config->server_jid != NULL)
    g_task_return_new_error (task, ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED,
                             "accounts are made on this switch only; %s is another server's",
                             self->config->server_jid);
  else
    enter_home (self, g_task_get_cancellable (task), on_account, task);
  g_object_unref (task);
}

static void
begin_opening (IsmbConnection *self, GTask *task)
{
  GCancellable *cancellable = g_task_get_cancellable (task);

  self->state = OPENING;
  self->opening = task;
  self->attempt = g_cancellable_new ();
  if (cancellable != NULL)
    {
      self->cancel = g_cancellable_source_new (cancellable);
      g_source_set_callback (self->cancel, G_SOURCE_FUNC (on_cancelled), self, NULL);
      g_source_attach (self->cancel, g_task_get_context (task));
    }
  if (self->config->server_jid != NULL)
    dial (self);
  else
    enter_home (self, self->attempt, on_home, task);
}

void
ismb_connection_open (IsmbConnection *self, GTask *task)
{
  if (self->state == IDLE && !g_task_return_error_if_cancelled (task))
    {
      begin_opening (self, task);
      return;
    }
  if (self->state != IDLE)
    g_task_return_new_error (task, ISMB_ERROR, ISMB_ERROR_FAILED,
                             "the client is open already, or still closing");
  g_object_unref (task);
}

void
ismb_connection_close (IsmbConnection *self)
{
  if (self->state == OPENING)
    fail_opening (self,
                  g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "the client was closed"),
                  FALSE);
  else if (self->state == OPEN)
    {
      self->state = CLOSING;
      ismb_channel_close (self->channel);
      emit (self, "session_end", NULL);
    }
}

gboolean
ismb_connection_send (IsmbConnection *self, GString *xml, GError **error)
{
  g_autofree char *text = NULL;
  gsize length = xml->len;

  text = g_string_free (xml, FALSE);
  if (self->state == IDLE || self->state == CLOSING)
    {
      g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_NOT_CONNECTED, "the client is not open");
      return FALSE;
    }
  if (self->outbox.length >= OUTBOX_MAX ||
      ismb_channel_get_queued (self->channel) + length > QUEUED_MAX)
    {
      g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_FAILED,
                           "too much waits to be sent already");
      return FALSE;
    }
  if (self->state == OPENING)
    g_queue_push_tail (&self->outbox, g_steal_pointer (&text));
  else
    ismb_channel_send (self->channel, text, length);
  return TRUE;
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

IsmbHome *
ismb_connection_get_home (IsmbConnection *self)
{
  return self->home;
}
