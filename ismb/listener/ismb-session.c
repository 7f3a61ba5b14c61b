/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.session"

#include "config.h"
#include "ismb/listener/ismb-session.h"

#include <string.h>

#include "ismb/core/ismb-address.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-random.h"
#include "ismb/listener/ismb-authentication.h"
#include "ismb/listener/ismb-binding.h"
#include "ismb/listener/ismb-delivery.h"
#include "ismb/listener/ismb-parts.h"
#include "ismb/listener/ismb-peer-stream.h"
#include "ismb/listener/ismb-stream-features.h"
#include "ismb/stream/ismb-sm-word.h"
#include "ismb/stream/ismb-stream.h"

#define QUEUE_STRANGER (64 * 1024)   /* bytes waiting for a slow reader */
#define QUEUE_ACCOUNT (8 * 1024 * 1024)
#define DEADLINE 10000 /* milliseconds until a resource is bound; traffic does not extend it */

struct _IsmbSession
{
  GObject parent_instance;

  const IsmbSessionContext *context;
  const IsmbSessionCallbacks *callbacks;
  gpointer owner;
  IsmbDelivery out;         /* with the stream */
  IsmbAuthentication *authentication; /* until it succeeds */
  char *account;            /* from success on */
  IsmbResource *resource;   /* from bind until it leaves */
  guint patience;           /* milliseconds in which a lost stream may be replaced */
  char *source;
  guint closing : 1;
  guint local : 1;          /* on a unix socket */
  guint certified : 1;      /* signed in by a certificate */
  guint encrypted : 1;      /* what began inside TLS is not resumed in the clear */
};

static void sink_init (IsmbSinkInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (IsmbSession, ismb_session, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (ISMB_TYPE_SINK, sink_init))

/* Takes the resource out of the routes; whoever binds the same name next finds it free. */
static void
leave (IsmbSession *self)
{
  IsmbResource *resource = g_steal_pointer (&self->resource);

  if (resource == NULL)
    return;
  g_info ("%s left", resource->full);
  if (self->out.bed != NULL)
    ismb_dormitory_leave (self->out.bed, ismb_acks_get_handled (self->out.acks));
  if (self->callbacks != NULL)
    self->callbacks->leaving (self, resource, self->owner);
  ismb_routes_remove_resource (self->context->routes, resource);
}

static void
ismb_session_dispose (GObject *object)
{
  IsmbSession *self = ISMB_SESSION (object);

  leave (self);
  ismb_delivery_clear (&self->out);
  if (self->out.stream != NULL)
    ismb_stream_abandon (self->out.stream);
  g_clear_object (&self->out.stream);
  G_OBJECT_CLASS (ismb_session_parent_class)->dispose (object);
}

static void
ismb_session_finalize (GObject *object)
{
  IsmbSession *self = ISMB_SESSION (object);

  g_clear_pointer (&self->authentication, ismb_authentication_free);
  g_free (self->account);
  g_free (self->source);
  G_OBJECT_CLASS (ismb_session_parent_class)->finalize (object);
}

static void
ismb_session_class_init (IsmbSessionClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ismb_session_dispose;
  G_OBJECT_CLASS (klass)->finalize = ismb_session_finalize;
}

static void
ismb_session_init (IsmbSession *self)
{
}

/* A presence that a leaving resource causes may be on its way to the very session that leaves. */
static void
deliver (IsmbSink *sink, IsmbFrame *frame)
{
  IsmbSession *self = ISMB_SESSION (sink);

  if (self->resource == NULL)
    return;
  ismb_delivery_send (&self->out, frame, self->resource->full,
                      ismb_routes_get_domain (self->context->routes));
}

static void
sink_init (IsmbSinkInterface *iface)
{
  iface->deliver = deliver;
}

/* RFC 6120, 4.3.2: what may be negotiated now. */
static void
send_features (IsmbSession *self)
{
  g_autoptr (GString) out = g_string_new ("<stream:features>");

  ismb_stream_features_offer_account (out, self->context);
  g_string_append (out, "</stream:features>");
  ismb_stream_send_text (self->out.stream, out->str, (gssize) out->len);
}

static void
on_header (IsmbStream *stream, const IsmbStreamHeader *header, gpointer owner)
{
  IsmbSession *self = owner;
  const char *domain = ismb_routes_get_domain (self->context->routes);
  g_autofree char *id = ismb_random_token ();

  ismb_stream_send_header (stream, domain, header->from, id);
  if (header->to != NULL && strcmp (header->to, domain) != 0)
    ismb_session_close (self, "host-unknown", NULL);
  else if (!ismb_stream_header_has_features (header))
    ismb_session_close (self, "unsupported-version", NULL);
  else if (self->authentication != NULL)
    ismb_authentication_offer (self->authentication);
  else if (!ismb_binding_is_of_account (self->context, self->account, header->from))
    ismb_session_close (self, "invalid-from", NULL);
  else
    send_features (self);
}

static void
on_succeeded (const char *account, const IsmbProof *proof, gpointer owner)
{
  IsmbSession *self = owner;

  self->account = g_strdup (account);
  self->certified = proof != NULL;
  ismb_stream_set_limit (self->out.stream, self->context->stanza_max);
  ismb_stream_set_queue_limit (self->out.stream, QUEUE_ACCOUNT);
  self->callbacks->authenticated (self, proof, self->owner);
  g_clear_pointer (&self->authentication, ismb_authentication_free);
}

static void
on_unbound (gpointer owner)
{
  IsmbSession *self = owner;

  self->callbacks->unbound (self, self->owner);
}

static void
on_failed (const char *condition, const char *text, gpointer owner)
{
  ismb_session_close (owner, condition, text);
}

static const IsmbAuthenticationCallbacks authentication_callbacks = {
  .succeeded = on_succeeded,
  .unbound = on_unbound,
  .failed = on_failed,
};

/* RFC 6120, 7.7.2.2, second choice: the newcomer stays. A switch that lost its connection signs in
 * again long before the old one is known to be dead. */
static void
evict_other (IsmbSession *self, const char *full)
{
  IsmbResource *other = ismb_routes_lookup (self->context->routes, full);

  if (other != NULL)
    ismb_session_close (ISMB_SESSION (other->sink), "conflict", "replaced by a new session");
}

static void
bind_resource (IsmbSession *self, const char *resource, const IsmbFrame *request)
{
  g_autofree char *full = g_strdup_printf (
      "%s@%s/%s", self->account, ismb_routes_get_domain (self->context->routes), resource);
  g_autoptr (IsmbFrame) answer = ismb_binding_answer (request, full);

  evict_other (self, full);
  self->resource =
      ismb_routes_add_resource (self->context->routes, self->account, resource, ISMB_SINK (self));
  self->resource->certified = self->certified;
  ismb_stream_set_stamp (self->out.stream, full);
  ismb_stream_set_deadline (self->out.stream, 0);
  g_info ("%s came from %s", full, self->source);
  ismb_stream_send_frame (self->out.stream, answer);
}

static void
handle_bind (IsmbSession *self, IsmbFrame *request)
{
  g_autoptr (IsmbFrame) error = NULL;
  g_autofree char *resource = ismb_binding_choose (self->context, self->account, request, &error);

  if (resource != NULL)
    bind_resource (self, resource, request);
  else
    ismb_stream_send_frame (self->out.stream, error);
}

static void
fail_management (IsmbSession *self, const char *condition, const guint32 *h)
{
  g_autofree char *failed = ismb_sm_word_write_failed (condition, h);

  ismb_stream_send_text (self->out.stream, failed, -1);
}

/* From now on nothing is delivered, and what was is elsewhere. It keeps itself alive until the
 * stream tells that it is closed. */
static void
begin_closing (IsmbSession *self)
{
  leave (self);
  ismb_delivery_give_back (&self->out);
  self->closing = TRUE;
  if (self->out.stream != NULL)
    g_object_ref (self);
  else
    ismb_acks_sleep (self->out.acks, 1); /* to tell the owner later */
}

static void
refuse_count (IsmbSession *self, guint32 h, guint32 sent)
{
  g_autofree char *error = ismb_sm_word_write_too_high (h, sent);

  begin_closing (self);
  ismb_stream_send_text (self->out.stream, error, -1);
  ismb_stream_close (self->out.stream, NULL, NULL);
  ismb_stream_close (self->out.stream, "undefined-condition", "too many stanzas are acknowledged");
}

static const IsmbAcksCallbacks acks_callbacks;
static const IsmbStreamCallbacks stream_callbacks;

static void
enable (IsmbSession *self, const IsmbFrame *frame, gboolean resume)
{
  g_autofree char *word = NULL;
  guint seconds = resume ? ismb_sm_word_choose_max (frame, self->context->resume_time) : 0;

  self->out.acks = ismb_acks_new (self->context->poller, self->out.stream, &acks_callbacks, self);
  self->encrypted = ismb_stream_get_tls (self->out.stream) != NULL;
  self->patience = seconds * 1000;
  if (seconds > 0)
    {
      self->out.bed = g_new0 (IsmbBed, 1);
      ismb_dormitory_enter (self->context->dormitory, self->out.bed, self, self->account);
    }
  word = ismb_sm_word_write (ISMB_SM_ENABLED, 0,
                             self->out.bed != NULL ? self->out.bed->id : NULL, seconds);
  ismb_stream_send_text (self->out.stream, word, -1);
}

/* XEP-0198, 3: at most once. */
static void
refuse_enable (IsmbSession *self)
{
  fail_management (self, "unexpected-request", NULL);
  ismb_session_close (self, "policy-violation", "stream management is enabled already");
}

static void
handle_ack (IsmbSession *self, const IsmbSmWord *word)
{
  if (!word->has_h)
    ismb_session_close (self, "bad-format", "an acknowledgement needs a count");
  else if (!ismb_acks_hear (self->out.acks, word->h))
    refuse_count (self, word->h, ismb_acks_get_sent (self->out.acks));
}

/* What is no stanza, on the stream of a bound resource. */
static void
handle_word (IsmbSession *self, IsmbFrame *frame)
{
  IsmbSmWord word;

  if (!ismb_sm_word_read (&word, frame))
    ismb_session_close (self, ismb_peer_stream_is (frame, "error", ISMB_NS_STREAM) ? NULL : "unsupported-stanza-type", NULL);
  else if (word.verb == ISMB_SM_ENABLE && self->out.acks == NULL)
    enable (self, frame, word.resume);
  else if (word.verb == ISMB_SM_ENABLE)
    refuse_enable (self);
  else if (word.verb == ISMB_SM_REQUEST && self->out.acks != NULL)
    ismb_acks_answer (self->out.acks);
  else if (word.verb == ISMB_SM_ACK && self->out.acks != NULL)
    handle_ack (self, &word);
  else
    fail_management (self, "unexpected-request", NULL);
}

static void
on_retired (IsmbStream *stream, const GError *error, gpointer owner)
{
}

static const IsmbStreamCallbacks retired_callbacks = { .closed = on_retired };

/* The stream ends by itself, and the session goes on without it. */
static void
retire_stream (IsmbSession *self, const char *condition, const char *text)
{
  g_autoptr (IsmbStream) stream = g_steal_pointer (&self->out.stream);
  g_autoptr (GPtrArray) unsent = ismb_stream_take_unsent (stream); /* it is kept as unacked */

  ismb_stream_set_owner (stream, &retired_callbacks, NULL);
  ismb_stream_close (stream, condition, text);
}

/* A session with a stream, and no resource yet, brings that to one whose own is lost, or will be
 * known to be lost later than the client knows it. */
static void
take_over (IsmbSession *self, IsmbSession *newcomer, guint32 h)
{
  if (self->out.stream != NULL)
    retire_stream (self, "conflict", "resumed on another stream");
  ismb_dormitory_wake (self->out.bed);
  self->out.stream = g_steal_pointer (&newcomer->out.stream);
  ismb_stream_set_owner (self->out.stream, &stream_callbacks, self);
  ismb_stream_set_stamp (self->out.stream, self->resource->full);
  ismb_stream_set_deadline (self->out.stream, 0);
  g_info ("%s came back from %s", self->resource->full, newcomer->source);
  g_free (self->source);
  self->source = g_strdup (newcomer->source);
  self->local = newcomer->local;
  self->encrypted |= ismb_stream_get_tls (self->out.stream) != NULL;
  self->certified = self->resource->certified = newcomer->certified;
  self->callbacks->taken_over (self, self->owner, newcomer->owner);
  ismb_acks_resume (self->out.acks, self->out.stream, h, self->out.bed->id);
}

static void
refuse_resume (IsmbSession *self, const char *id)
{
  guint32 h;
  gboolean known = ismb_dormitory_recall (self->context->dormitory, self->account, id, &h);

  fail_management (self, "item-not-found", known ? &h : NULL);
}

static gboolean
may_resume (IsmbSession *self, IsmbSession *lost, guint32 h)
{
  return ismb_acks_covers (lost->out.acks, h) &&
         (!lost->encrypted || ismb_stream_get_tls (self->out.stream) != NULL);
}

/* It may end with this call. */
static void
resume (IsmbSession *self, const char *id, guint32 h)
{
  g_autoptr (IsmbSession) us = g_object_ref (self);
  IsmbSession *lost = ismb_dormitory_find (self->context->dormitory, self->account, id);

  if (lost == NULL || !may_resume (self, lost, h))
    {
      refuse_resume (self, id);
      return;
    }
  if (h - ismb_acks_get_acked (lost->out.acks) > ismb_acks_get_count (lost->out.acks))
    {
      refuse_count (self, h, ismb_acks_get_sent (lost->out.acks));
      return;
    }
  take_over (lost, self, h);
  self->closing = TRUE;
  self->callbacks->closed (self, self->owner);
}

/* Between authentication and bind (RFC 6120, 7.1). */
static void
handle_unbound (IsmbSession *self, IsmbFrame *frame)
{
  IsmbSmWord word;
  g_autofree char *id = NULL;

  if (ismb_binding_is_asked (frame))
    handle_bind (self, frame);
  else if (ismb_peer_stream_is (frame, "error", ISMB_NS_STREAM))
    ismb_session_close (self, NULL, NULL);
  else if (!ismb_sm_word_read (&word, frame))
    ismb_session_close (self, "not-authorized", "bind a resource first");
  else if (word.verb != ISMB_SM_RESUME)
    fail_management (self, "unexpected-request", NULL);
  else if (!word.has_h || (id = ismb_sm_word_dup_id (frame)) == NULL)
    fail_management (self, "bad-request", NULL);
  else
    resume (self, id, word.h);
}

static void
on_secured (IsmbStream *stream, gpointer owner)
{
  IsmbSession *self = owner;

  g_debug ("%s: %s", self->source, ismb_tls_get_version (ismb_stream_get_tls (stream)));
}

static void
on_frame (IsmbStream *stream, IsmbFrame *frame, gpointer owner)
{
  IsmbSession *self = owner;

  if (G_UNLIKELY (self->closing))
    return;
  if (G_LIKELY (self->resource != NULL))
    {
      if (G_UNLIKELY (frame->kind == ISMB_FRAME_OTHER))
        handle_word (self, frame);
      else if (G_LIKELY (self->out.acks == NULL) || ismb_acks_count (self->out.acks, frame))
        self->callbacks->frame (self, self->resource, frame, self->owner);
      if (G_UNLIKELY (self->out.acks != NULL && ismb_acks_is_full (self->out.acks)))
        ismb_session_close (self, "resource-constraint", "too much follows what waits");
    }
  else if (self->authentication != NULL)
    ismb_authentication_take (self->authentication, frame);
  else
    handle_unbound (self, frame);
}

static void
on_ending (IsmbStream *stream, const char *condition, gpointer owner)
{
  IsmbSession *self = owner;

  leave (self);
  ismb_delivery_give_back (&self->out);
}

static void
end (IsmbSession *self)
{
  self->closing = TRUE;
  leave (self);
  ismb_delivery_give_back (&self->out);
  if (self->callbacks != NULL)
    self->callbacks->closed (self, self->owner);
}

/* Its resource stays where it is, and what is delivered is kept. */
static void
fall_asleep (IsmbSession *self)
{
  g_autoptr (IsmbStream) lost = self->out.stream;

  g_info ("%s lost its stream, and may come back for %u seconds", self->resource->full,
          self->patience / 1000);
  ismb_delivery_sleep (&self->out, self->patience);
}

/* Without a stream, or without an answer on it. */
static void
on_late (gpointer owner)
{
  IsmbSession *self = owner;
  g_autoptr (IsmbSession) us = g_object_ref (self);

  if (self->out.stream == NULL)
    end (self);
  else if (self->closing || self->resource == NULL)
    return;
  else if (self->out.bed == NULL)
    ismb_session_close (self, "connection-timeout", "no stanza was acknowledged in time");
  else
    {
      retire_stream (self, "connection-timeout", "no stanza was acknowledged in time");
      fall_asleep (self);
    }
}

static void
on_slow (gpointer owner)
{
  IsmbSession *self = owner;

  if (self->closing || self->resource == NULL)
    return;
  if (self->out.stream != NULL)
    ismb_delivery_entrust (&self->out);
  else
    ismb_delivery_release (&self->out);
}

static const IsmbAcksCallbacks acks_callbacks = { .slow = on_slow, .late = on_late };

static void
on_closed (IsmbStream *stream, const GError *error, gpointer owner)
{
  IsmbSession *self = owner;
  g_autoptr (IsmbSession) hold = g_object_ref (self);

  g_debug ("%s: %s: stream ended: %s", self->source,
           self->account != NULL ? self->account : "(nobody)",
           error != NULL ? error->message : "orderly");
  if (self->closing)
    g_object_unref (self); /* of begin_closing () */
  if (error != NULL && self->out.bed != NULL && self->resource != NULL)
    fall_asleep (self);
  else
    end (self);
}

static const IsmbStreamCallbacks stream_callbacks = {
  .secured = on_secured,
  .header = on_header,
  .frame = on_frame,
  .closed = on_closed,
  .ending = on_ending,
};

IsmbSession *
ismb_session_new (const IsmbSessionContext *context, const IsmbSessionOrigin *origin,
                  const IsmbSessionCallbacks *callbacks, gpointer owner)
{
  static const char *const alpn[] = { "xmpp-client", NULL }; /* XEP-0368 */
  IsmbSession *self = g_object_new (ISMB_TYPE_SESSION, NULL);
  gboolean detect = context->tls != NULL && !origin->local;

  self->context = context;
  self->callbacks = callbacks;
  self->owner = owner;
  self->source = g_strdup (origin->source);
  self->local = origin->local;
  self->out.callbacks = &callbacks->delivery;
  self->out.owner = owner;
  self->out.stream = ismb_stream_new (
      context->poller, origin->fd, detect ? ISMB_STREAM_DETECT_TLS : ISMB_STREAM_ACCEPTED,
      ISMB_NS_CLIENT, detect ? context->tls : NULL, alpn, NULL, &stream_callbacks, self);
  self->authentication =
      ismb_authentication_new (context, origin, self->out.stream, &authentication_callbacks, self);
  ismb_stream_set_limit (self->out.stream, ISMB_SESSION_LIMIT_STRANGER);
  ismb_stream_set_queue_limit (self->out.stream, QUEUE_STRANGER);
  ismb_stream_set_deadline (self->out.stream, DEADLINE);
  return self;
}

const char *
ismb_session_get_account (IsmbSession *self)
{
  return self->account;
}

void
ismb_session_close (IsmbSession *self, const char *condition, const char *text)
{
  if (self->closing)
    return;
  begin_closing (self);
  if (self->out.stream != NULL)
    ismb_stream_close (self->out.stream, condition, text);
}

void
ismb_session_expire (IsmbSession *self)
{
  if (self->out.stream == NULL && !self->closing)
    ismb_acks_sleep (self->out.acks, 1);
}

void
ismb_session_cut (IsmbSession *self, IsmbOwnAddresses *remaining)
{
  if (!self->local && self->out.stream != NULL)
    ismb_own_addresses_cut (remaining, ismb_stream_get_fd (self->out.stream));
}

void
ismb_session_part (IsmbSession *self)
{
  self->callbacks = NULL;
  self->out.callbacks = NULL;
  g_object_unref (self);
}
