/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.client.channel"

#include "config.h"
#include "ismb/client/ismb-channel.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-password.h"
#include "ismb/stream/ismb-pump.h"
#include "ismb/stream/ismb-strophe.h"

struct _IsmbChannel
{
  IsmbChannelCallbacks callbacks;
  gpointer user_data;
  IsmbStrophe *strophe;
  IsmbPump *pump;
  char *jid;
  GError *lost;      /* what the pump said */
  gboolean ready;
  gboolean closing;
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
  self->callbacks.ready (jid, self->user_data);
}

static void
on_stanza (IsmbTree *tree, gpointer user_data)
{
  IsmbChannel *self = user_data;

  self->callbacks.stanza (tree, self->user_data);
}

/* The reason, told by whoever knows it best: the server's own words, the pump, the state we were
 * in. */
static GError *
why_closed (IsmbChannel *self, const GError *stream_error)
{
  const char *failure = self->pump != NULL ? ismb_pump_get_auth_failure (self->pump) : NULL;

  if (self->lost != NULL && self->lost->domain == ISMB_ERROR)
    return g_error_copy (self->lost);
  if (stream_error != NULL)
    return g_error_copy (stream_error);
  if (!self->ready && failure != NULL)
    return g_error_new (ISMB_ERROR, ISMB_ERROR_AUTH_FAILED,
                        "the server refused to sign %s in: %s; are name and password right?",
                        self->jid, failure);
  if (self->lost != NULL)
    return g_error_new (ISMB_ERROR, ISMB_ERROR_STREAM, "the connection broke: %s",
                        self->lost->message);
  if (!self->ready)
    return g_error_new (
        ISMB_ERROR, ISMB_ERROR_STREAM,
        "the server ended the stream before %s was signed in, or offers no way to sign in",
        self->jid);
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

static void
on_taken (gsize bytes, gpointer user_data)
{
  IsmbChannel *self = user_data;

  ismb_strophe_taken (self->strophe, bytes);
}

/* libstrophe reads the end of the socketpair next, and then says `closed`. */
static void
on_pump_ended (const GError *error, gpointer user_data)
{
  IsmbChannel *self = user_data;

  if (error != NULL)
    self->lost = g_error_copy (error);
}

IsmbChannel *
ismb_channel_new (const IsmbChannelCallbacks *callbacks, gpointer user_data)
{
  static const IsmbStropheCallbacks from_strophe = { on_ready, on_stanza, on_closed };
  IsmbChannel *self = g_new0 (IsmbChannel, 1);

  self->callbacks = *callbacks;
  self->user_data = user_data;
  self->strophe = ismb_strophe_new (&from_strophe, self);
  return self;
}

void
ismb_channel_free (IsmbChannel *self)
{
  ismb_channel_stop (self);
  ismb_strophe_free (self->strophe);
  g_clear_error (&self->lost);
  g_free (self->jid);
  g_free (self);
}

static void
begin (IsmbChannel *self, GIOStream *stream, int fd, gboolean secret, const char *password)
{
  static const IsmbPumpCallbacks from_pump = { on_taken, on_pump_ended };

  g_clear_error (&self->lost);
  self->ready = self->closing = FALSE;
  self->pump = ismb_pump_new (stream, fd, password, secret, &from_pump, self);
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
                    const char *password, GError **error)
{
  char *prepared = prepare (password);
  int fd = ismb_strophe_start (self->strophe, jid, prepared, error);

  if (fd >= 0)
    {
      g_free (self->jid);
      self->jid = g_strdup (jid);
      begin (self, stream, fd, secret, prepared);
    }
  explicit_bzero (prepared, strlen (prepared));
  g_free (prepared);
  return fd >= 0;
}

void
ismb_channel_send (IsmbChannel *self, const char *xml, gsize length)
{
  ismb_strophe_send (self->strophe, xml, length);
}

gsize
ismb_channel_get_queued (IsmbChannel *self)
{
  return ismb_strophe_get_queued (self->strophe);
}

void
ismb_channel_close (IsmbChannel *self)
{
  self->closing = TRUE;
  ismb_strophe_close (self->strophe);
}

/* libstrophe first: it writes without asking to be spared SIGPIPE. */
void
ismb_channel_stop (IsmbChannel *self)
{
  ismb_strophe_stop (self->strophe);
  g_clear_pointer (&self->pump, ismb_pump_free);
}
