/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.federation"

#include "config.h"
#include "ismb/listener/ismb-foreign-stream.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-log-gate.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/listener/ismb-peer-stream.h"

struct _IsmbForeignStream
{
  IsmbLinkContext *context;
  const IsmbForeigner *foreigner;
  const IsmbForeignStreamCallbacks *callbacks;
  gpointer owner;
  IsmbStream *stream;
  char *id;
  gboolean connected, asked; /* for TLS */
  gboolean ready;            /* features were told, and none are waited for */
};

/* Takes `error`. The owner may free us. */
static void
fail (IsmbForeignStream *self, GError *error)
{
  g_autoptr (GError) taken = error;

  self->callbacks->failed (self, taken, self->owner);
}

static void
refuse (IsmbForeignStream *self, IsmbError code, const char *reason)
{
  fail (self, g_error_new (ISMB_ERROR, code, "%s port %u %s", self->foreigner->address,
                           self->foreigner->port, reason));
}

static void
send_header (IsmbForeignStream *self)
{
  ismb_stream_send_header (self->stream, self->context->domain, self->foreigner->domain, NULL);
}

static void
on_connected (IsmbStream *stream, gpointer owner)
{
  IsmbForeignStream *self = owner;

  self->connected = TRUE;
  send_header (self);
}

/* Without a CA it is the address that proves who answers: that is what the operator wrote. */
static GError *
check_certificate (IsmbForeignStream *self)
{
  g_autoptr (GPtrArray) chain = NULL;
  GError *error = NULL;

  if (!ismb_foreigners_has_ca (self->context->foreigners))
    return NULL;
  chain = ismb_tls_dup_peer_chain (ismb_stream_get_tls (self->stream));
  ismb_foreigners_vouch (self->context->foreigners, chain, self->foreigner->domain, &error);
  return error;
}

static void
disbelieve (IsmbForeignStream *self, GError *error)
{
  const IsmbReport line = {
    .what = "dial",
    .who = self->foreigner->domain,
    .source = self->foreigner->address,
    .rule = "federate-ca",
    .outcome = error->message,
  };

  ismb_log_gate_say (G_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, self->foreigner->domain, "untrusted",
                     "who answers for %s at %s is not trusted: %s", self->foreigner->domain,
                     self->foreigner->address, error->message);
  ismb_link_context_report (self->context, &line);
  fail (self, error);
}

static void
on_secured (IsmbStream *stream, gpointer owner)
{
  IsmbForeignStream *self = owner;
  GError *error = check_certificate (self);

  if (error != NULL)
    disbelieve (self, error);
  else
    send_header (self);
}

static void
on_header (IsmbStream *stream, const IsmbStreamHeader *header, gpointer owner)
{
  IsmbForeignStream *self = owner;

  g_free (self->id);
  self->id = g_strdup (header->id);
  if (g_strcmp0 (header->from, self->foreigner->domain) != 0)
    refuse (self, ISMB_ERROR_NOT_FOUND, "opens its stream in another name");
  else if (!ismb_stream_header_has_features (header) || self->id == NULL)
    refuse (self, ISMB_ERROR_STREAM, "speaks no XMPP 1.0");
}

/* Never in the clear. */
static void
ask_for_tls (IsmbForeignStream *self, const IsmbNode *features)
{
  if (ismb_node_find (features, "starttls", ISMB_NS_TLS) == NULL)
    {
      refuse (self, ISMB_ERROR_STREAM, "offers no STARTTLS, without which nothing is said to it");
      return;
    }
  self->asked = TRUE;
  ismb_stream_send_text (self->stream, "<starttls xmlns='" ISMB_NS_TLS "'/>", -1);
}

static void
take_features (IsmbForeignStream *self, IsmbFrame *frame)
{
  g_autoptr (IsmbTree) tree = ismb_frame_to_tree (frame);
  const IsmbNode *features = ismb_tree_root (tree);

  if (ismb_stream_get_tls (self->stream) == NULL)
    {
      ask_for_tls (self, features);
      return;
    }
  self->ready = TRUE;
  self->callbacks->ready (self, features, self->owner);
}

static void
take_error (IsmbForeignStream *self, IsmbFrame *frame)
{
  const char *condition = frame->payload_name != NULL ? frame->payload_name : "undefined-condition";
  g_autofree char *reason = g_strdup_printf ("closes the stream with %s", condition);
  gboolean absent = g_str_equal (condition, "host-unknown") || g_str_equal (condition, "host-gone");

  refuse (self, absent ? ISMB_ERROR_NOT_FOUND : ISMB_ERROR_STREAM, reason);
}

static void
on_frame (IsmbStream *stream, IsmbFrame *frame, gpointer owner)
{
  IsmbForeignStream *self = owner;
  gboolean clear = ismb_stream_get_tls (stream) == NULL;

  if (ismb_peer_stream_is (frame, "error", ISMB_NS_STREAM))
    take_error (self, frame);
  else if (ismb_peer_stream_is (frame, "features", ISMB_NS_STREAM) && !self->ready
           && !(clear && self->asked))
    take_features (self, frame);
  else if (ismb_peer_stream_is (frame, "proceed", ISMB_NS_TLS) && clear && self->asked)
    ismb_stream_start_tls (stream);
  else if (self->ready)
    self->callbacks->frame (self, frame, self->owner);
  else
    refuse (self, ISMB_ERROR_STREAM, "sends what has no place before the login");
}

static void
on_closed (IsmbStream *stream, const GError *error, gpointer owner)
{
  IsmbForeignStream *self = owner;

  g_clear_object (&self->stream);
  if (!self->connected)
    refuse (self, ISMB_ERROR_NOT_CONNECTED, error != NULL ? error->message : "hangs up");
  else if (error != NULL)
    fail (self, g_error_copy (error));
  else
    refuse (self, ISMB_ERROR_STREAM, "closes the stream before the login is done");
}

static const IsmbStreamCallbacks stream_callbacks = {
  .connected = on_connected,
  .secured = on_secured,
  .header = on_header,
  .frame = on_frame,
  .closed = on_closed,
};

static gboolean
dial (IsmbForeignStream *self, GError **error)
{
  IsmbTlsContext *tls = ismb_foreigners_get_tls (self->context->foreigners);
  const IsmbForeigner *to = self->foreigner;
  int fd;

  if (tls == NULL)
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED, "no certificate to show to %s",
                   to->domain);
      return FALSE;
    }
  fd = ismb_virtual_router_connect (self->context->place, to->address, to->port, error);
  if (fd < 0)
    return FALSE;
  self->stream = ismb_stream_new (self->context->poller, fd, ISMB_STREAM_OUTGOING, ISMB_NS_SERVER,
                                  tls, NULL, to->domain, &stream_callbacks, self);
  ismb_stream_speak_dialback (self->stream, tls);
  return TRUE;
}

IsmbForeignStream *
ismb_foreign_stream_new (IsmbLinkContext *context, const IsmbForeigner *foreigner, guint deadline,
                         const IsmbForeignStreamCallbacks *callbacks, gpointer owner,
                         GError **error)
{
  g_autoptr (IsmbForeignStream) self = g_new0 (IsmbForeignStream, 1);

  self->context = context;
  self->foreigner = foreigner;
  self->callbacks = callbacks;
  self->owner = owner;
  if (!dial (self, error))
    return NULL;
  ismb_stream_set_deadline (self->stream, deadline);
  return g_steal_pointer (&self);
}

void
ismb_foreign_stream_free (IsmbForeignStream *self)
{
  if (self->stream != NULL)
    ismb_stream_abandon (self->stream);
  g_clear_object (&self->stream);
  g_free (self->id);
  g_free (self);
}

IsmbStream *
ismb_foreign_stream_get (IsmbForeignStream *self)
{
  return self->stream;
}

const char *
ismb_foreign_stream_get_id (IsmbForeignStream *self)
{
  return self->id;
}

void
ismb_foreign_stream_restart (IsmbForeignStream *self)
{
  self->ready = FALSE;
  ismb_stream_restart (self->stream);
  send_header (self);
}

IsmbStream *
ismb_foreign_stream_take (IsmbForeignStream *self)
{
  return g_steal_pointer (&self->stream);
}
