/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.client.channel"

#include "config.h"
#include "ismb/client/ismb-channel.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-password.h"
#include "ismb/core/ismb-stanza-trace.h"
#include "ismb/stream/ismb-pump.h"
#include "ismb/stream/ismb-strophe.h"

#define TURN_STANZAS 32 /* handed up before other sources have their turn */
#define WAITING_MAX 256 /* what was read and not yet handed up; then reading pauses */

struct _IsmbChannel
{
  IsmbChannelCallbacks callbacks;
  gpointer user_data;
  IsmbOutlet *outlet; /* of all that is told, in its order */
  IsmbStrophe *strophe;
  IsmbSluice *sluice;     /* NULL, like the pump, between two streams */
  IsmbPump *pump;
  char *jid;
  gsize left; /* bytes that the last pump was not rid of */
  gboolean ready;
  gboolean closing;
  gboolean paused; /* too much waits */
};

static void
on_ready (const char *bound_jid, gpointer user_data)
{
  IsmbChannel *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbJid) jid = ismb_jid_new (bound_jid != NULL ? bound_jid : self->jid, &error);

  if (jid == NULL)
    {
      ismb_channel_stop (self);
      g_prefix_error (&error, "the server bound us to a bad address: ");
      self->callbacks.closed (error, self->user_data);
      return;
    }
  self->ready = TRUE;
  ismb_pump_begin_session (self->pump);
  self->callbacks.ready (jid, ismb_sluice_get_session (self->sluice), self->user_data);
}

/* The reason before a session is there. */
static GError *
why_not_ready (IsmbChannel *self, gboolean ended)
{
  const char *failure = ismb_sluice_get_auth_failure (self->sluice);

  if (failure != NULL)
    return g_error_new (ISMB_ERROR, ISMB_ERROR_AUTH_FAILED,
                        "the server refused to sign %s in: %s; are name and password right?",
                        self->jid, failure);
  if (ismb_sluice_was_no_use (self->sluice))
    return g_error_new (ISMB_ERROR, ISMB_ERROR_AUTH_FAILED,
                        "the server offers %s no way to sign in that is safe: it takes SCRAM, or "
                        "PLAIN inside TLS",
                        self->jid);
  return g_error_new (ISMB_ERROR, ISMB_ERROR_STREAM,
                      ended ? "the server ended the stream before %s was signed in"
                            : "the server offers %s no way to sign in, or does not answer",
                      self->jid);
}

/* The reason, told by whoever knows it best: the server's own words, the sluice, the state we were
 * in. */
static GError *
why_closed (IsmbChannel *self, const GError *stream_error)
{
  const GError *lost = NULL;
  gboolean ended = ismb_pump_has_ended (self->pump, &lost);
  gboolean refused = !self->ready && ismb_sluice_get_auth_failure (self->sluice) != NULL;

  /* Whom the server refused in each safe way, it offers none that is left. */
  if (refused && g_error_matches (lost, ISMB_ERROR, ISMB_ERROR_AUTH_FAILED))
    return why_not_ready (self, ended);
  if (lost != NULL && lost->domain == ISMB_ERROR)
    return g_error_copy (lost);
  if (stream_error != NULL)
    return g_error_copy (stream_error);
  if (refused || (!self->ready && lost == NULL))
    return why_not_ready (self, ended);
  if (lost != NULL)
    return g_error_new (ISMB_ERROR, ISMB_ERROR_STREAM, "the connection broke: %s", lost->message);
  return self->closing
             ? NULL
             : g_error_new (ISMB_ERROR, ISMB_ERROR_STREAM, "the server closed the connection");
}

static void
on_closed (const GError *stream_error, gpointer user_data)
{
  IsmbChannel *self = user_data;
  g_autoptr (GError) error = why_closed (self, stream_error);

  ismb_channel_stop (self);
  self->callbacks.closed (error, self->user_data);
}

/* What was to be sent goes before the end. */
static void
close_if_empty (gpointer user_data)
{
  IsmbChannel *self = user_data;

  if (self->closing && ismb_sluice_get_queued (self->sluice) == 0)
    ismb_strophe_close (self->strophe);
}

static void
flush (IsmbChannel *self)
{
  ismb_pump_flush (self->pump);
  close_if_empty (self);
}

/* What the sluice saw is told in order with what libstrophe tells. */

static void
tell_authenticated (gpointer item, gpointer user_data)
{
  IsmbChannel *self = user_data;

  self->callbacks.authenticated (self->user_data);
}

static void
on_authenticated (gpointer user_data)
{
  IsmbChannel *self = user_data;

  ismb_outlet_put (self->outlet, tell_authenticated, self, NULL, NULL);
}

static void
tell_refused (gpointer item, gpointer user_data)
{
  IsmbChannel *self = user_data;
  g_autofree char *condition = item;

  self->callbacks.auth_refused (condition, self->user_data);
}

static void
on_refused (const char *condition, gpointer user_data)
{
  IsmbChannel *self = user_data;

  ismb_outlet_put (self->outlet, tell_refused, self, g_strdup (condition), g_free);
}

static void
tell_stanza (gpointer item, gpointer user_data)
{
  IsmbChannel *self = user_data;
  IsmbTree *tree = item;

  ismb_stanza_trace_received (&_ismb_client_stanzas, self->jid, tree);
  self->callbacks.stanza (tree, self->user_data);
}

static void
on_stanza (IsmbTree *tree, gpointer user_data)
{
  IsmbChannel *self = user_data;

  ismb_outlet_put (self->outlet, tell_stanza, self, tree, (GDestroyNotify) ismb_tree_unref);
  self->paused = ismb_outlet_get_length (self->outlet) >= WAITING_MAX;
  if (self->paused)
    ismb_sluice_pause (self->sluice, TRUE);
}

static void
on_room (gpointer user_data)
{
  IsmbChannel *self = user_data;

  if (self->paused && self->pump != NULL)
    ismb_pump_go_on (self->pump);
  self->paused = FALSE;
}

/* What is read is handed up at once. */
static void
on_turned (gsize bytes, gpointer user_data)
{
  IsmbChannel *self = user_data;

  if (bytes > 0)
    ismb_sluice_note_unread (self->sluice, ismb_strophe_run (self->strophe, bytes));
  if (ismb_outlet_drain (self->outlet, TURN_STANZAS))
    flush (self);
}

IsmbChannel *
ismb_channel_new (const IsmbChannelCallbacks *callbacks, gpointer user_data)
{
  static const IsmbStropheCallbacks from_strophe = { on_ready, on_closed };
  IsmbChannel *self = g_new0 (IsmbChannel, 1);

  self->callbacks = *callbacks;
  self->user_data = user_data;
  self->outlet = ismb_outlet_new (WAITING_MAX / 2, on_room, self);
  self->strophe = ismb_strophe_new (self->outlet, &from_strophe, self);
  return self;
}

void
ismb_channel_free (IsmbChannel *self)
{
  ismb_channel_stop (self);
  ismb_strophe_free (self->strophe);
  ismb_outlet_free (self->outlet);
  g_free (self->jid);
  g_free (self);
}

static void
begin (IsmbChannel *self, GIOStream *stream, int fd, const IsmbSluicePlan *plan)
{
  static const IsmbSluiceCallbacks from_sluice = { on_authenticated, on_refused, on_stanza };
  static const IsmbPumpCallbacks from_pump = { close_if_empty, on_turned };

  self->ready = self->closing = self->paused = FALSE;
  self->sluice = ismb_sluice_new (plan, &from_sluice, self);
  self->pump = ismb_pump_new (stream, fd, self->sluice, &from_pump, self);
}

/* Whatever cannot be prepared goes as it is: another server may have its own ideas of passwords. */
static char *
prepare (const char *password)
{
  char *prepared = ismb_password_prepare (password);

  return prepared != NULL ? prepared : g_strdup (password);
}

gboolean
ismb_channel_start (IsmbChannel *self, GIOStream *stream, gboolean secret, const char *jid,
                    const char *password, const IsmbResume *resume, GError **error)
{
  char *prepared = prepare (password);
  const IsmbSluicePlan plan = { prepared, secret, resume };
  int fd;

  ismb_outlet_open (self->outlet);
  fd = ismb_strophe_start (self->strophe, jid, prepared, error);
  if (fd >= 0)
    {
      g_free (self->jid);
      self->jid = g_strdup (jid);
      begin (self, stream, fd, &plan);
    }
  else
    ismb_outlet_close (self->outlet);
  explicit_bzero (prepared, strlen (prepared));
  g_free (prepared);
  return fd >= 0;
}

const char *
ismb_channel_get_stream_condition (IsmbChannel *self)
{
  return ismb_strophe_get_stream_condition (self->strophe);
}

const char *
ismb_channel_get_redirect (IsmbChannel *self)
{
  return g_strcmp0 (ismb_channel_get_stream_condition (self), "see-other-host") == 0
             ? ismb_strophe_get_stream_detail (self->strophe)
             : NULL;
}

void
ismb_channel_send (IsmbChannel *self, const char *xml, gsize length)
{
  ismb_stanza_trace_sent (&_ismb_client_stanzas, self->jid, xml, length);
  if (self->pump != NULL)
    ismb_pump_send (self->pump, xml, length);
}

gsize
ismb_channel_get_queued (IsmbChannel *self)
{
  return self->sluice != NULL ? ismb_sluice_get_queued (self->sluice) : self->left;
}

void
ismb_channel_close (IsmbChannel *self)
{
  self->closing = TRUE;
  if (self->pump != NULL)
    flush (self);
}

/* libstrophe first: it writes without asking to be spared SIGPIPE. */
void
ismb_channel_stop (IsmbChannel *self)
{
  ismb_strophe_stop (self->strophe);
  ismb_outlet_close (self->outlet);
  if (self->sluice != NULL)
    self->left = ismb_sluice_get_queued (self->sluice);
  g_clear_pointer (&self->pump, ismb_pump_free);
  g_clear_pointer (&self->sluice, ismb_sluice_free);
}
