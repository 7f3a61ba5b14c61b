/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.session"

#include "config.h"
#include "ismb/listener/ismb-session.h"

#include <string.h>

#include "ismb/core/ismb-address.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-random.h"
#include "ismb/listener/ismb-authentication.h"
#include "ismb/listener/ismb-congestion.h"
#include "ismb/listener/ismb-parts.h"
#include "ismb/listener/ismb-stream-features.h"
#include "ismb/stream/ismb-stream.h"

#define QUEUE_STRANGER (64 * 1024)   /* bytes waiting for a slow reader */
#define QUEUE_ACCOUNT (8 * 1024 * 1024)
#define DEADLINE 10000 /* milliseconds until a resource is bound; traffic does not extend it */
#define PATIENCE 120000 /* milliseconds with a host that answers nothing, not even its kernel */

struct _IsmbSession
{
  GObject parent_instance;

  const IsmbSessionContext *context;
  const IsmbSessionCallbacks *callbacks;
  gpointer owner;
  IsmbStream *stream;
  IsmbAuthentication *authentication; /* until it succeeds */
  char *account;            /* from success on */
  IsmbResource *resource;   /* from bind until it leaves */
  IsmbCongestion *congestion; /* while it reads too slowly */
  char *source;
  gboolean local; /* on a unix socket */
  gboolean closing;
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
  if (self->callbacks != NULL)
    self->callbacks->leaving (self, resource, self->owner);
  ismb_routes_remove_resource (self->context->routes, resource);
}

static gboolean
is_answer (const IsmbFrame *frame)
{
  return frame->kind == ISMB_FRAME_IQ &&
         (g_strcmp0 (frame->type, "result") == 0 || g_strcmp0 (frame->type, "error") == 0);
}

/* What the client has not got goes elsewhere, now that it can no longer be reached here. An answer
 * has nowhere else to go: as long as anything is said, it is. */
static void
give_back (IsmbSession *self)
{
  g_autoptr (GPtrArray) unsent = ismb_stream_take_unsent (self->stream);

  for (guint i = 0; unsent != NULL && self->callbacks != NULL && i < unsent->len; i++)
    {
      IsmbFrame *frame = g_ptr_array_index (unsent, i);

      if (is_answer (frame) && !self->closing)
        ismb_stream_send_frame (self->stream, frame);
      else
        self->callbacks->returned (self, frame, self->owner);
    }
}

static void
ismb_session_dispose (GObject *object)
{
  IsmbSession *self = ISMB_SESSION (object);

  leave (self);
  if (self->stream != NULL)
    ismb_stream_abandon (self->stream);
  g_clear_object (&self->stream);
  G_OBJECT_CLASS (ismb_session_parent_class)->dispose (object);
}

static void
ismb_session_finalize (GObject *object)
{
  IsmbSession *self = ISMB_SESSION (object);

  g_clear_pointer (&self->authentication, ismb_authentication_free);
  g_clear_pointer (&self->congestion, ismb_congestion_free);
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

/* A request for presence is for all of an account's resources: that one of them reads too slowly
 * refuses nothing. */
static void
turn_away (IsmbSession *self, IsmbFrame *frame)
{
  if (self->callbacks != NULL && frame->kind != ISMB_FRAME_PRESENCE)
    self->callbacks->undeliverable (self, frame, "resource-constraint", self->owner);
}

/* A presence that a leaving resource causes may be on its way to the very session that leaves. */
static void
deliver (IsmbSink *sink, IsmbFrame *frame)
{
  IsmbSession *self = ISMB_SESSION (sink);

  if (self->resource == NULL)
    return;
  if (ismb_congestion_admits (&self->congestion, self->resource->full,
                              ismb_stream_get_queued (self->stream), frame,
                              ismb_routes_get_domain (self->context->routes)))
    ismb_stream_send_frame (self->stream, frame);
  else
    turn_away (self, frame);
}

static void
sink_init (IsmbSinkInterface *iface)
{
  iface->deliver = deliver;
}

static void
send_tree (IsmbSession *self, IsmbTree *tree)
{
  g_autoptr (IsmbFrame) frame = ismb_frame_new_from_tree (tree);

  ismb_stream_send_frame (self->stream, frame);
}

/* RFC 6120, 4.3.2: what may be negotiated now. */
static void
send_features (IsmbSession *self)
{
  g_autoptr (GString) out = g_string_new ("<stream:features>");

  ismb_stream_features_offer_account (out, self->context);
  g_string_append (out, "</stream:features>");
  ismb_stream_send_text (self->stream, out->str, (gssize) out->len);
}

/* RFC 6120, 4.9.3.9: whoever has signed in calls himself nobody else. */
static gboolean
is_from_account (IsmbSession *self, const char *from)
{
  IsmbAddressParts parts;
  gsize length = strlen (self->account);

  if (from == NULL)
    return TRUE;
  ismb_address_split (from, &parts);
  return parts.local == length && strncmp (from, self->account, length) == 0 &&
         ismb_parts_is_at (from, ismb_routes_get_domain (self->context->routes));
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
  else if (!is_from_account (self, header->from))
    ismb_session_close (self, "invalid-from", NULL);
  else
    send_features (self);
}

static void
on_succeeded (const char *account, gpointer owner)
{
  IsmbSession *self = owner;

  self->account = g_strdup (account);
  g_clear_pointer (&self->authentication, ismb_authentication_free);
  ismb_stream_set_limit (self->stream, self->context->stanza_max);
  ismb_stream_set_queue_limit (self->stream, QUEUE_ACCOUNT);
  self->callbacks->authenticated (self, self->owner);
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

/* The prepared resource that <bind/> wishes, or one of our making; NULL: no resource can be made of
 * it. */
static char *
choose_resource (IsmbSession *self, IsmbTree *request)
{
  IsmbNode *bind = ismb_node_find (ismb_tree_root (request), "bind", ISMB_NS_BIND);
  g_autofree char *wish = ismb_node_dup_child_text (bind, "resource", ISMB_NS_BIND);
  g_autofree char *text = NULL;
  g_autoptr (GString) out = g_string_new (NULL);
  IsmbAddressParts parts;

  if (wish == NULL || *wish == '\0')
    return ismb_random_token ();
  text = g_strconcat (ismb_routes_get_domain (self->context->routes), "/", wish, NULL);
  if (!ismb_address_prepare (text, strlen (text), out, &parts, NULL) || parts.resource == 0)
    return NULL;
  return g_strdup (out->str + out->len - parts.resource);
}

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
answer_bind (IsmbSession *self, const char *id)
{
  g_autoptr (IsmbTree) tree = ismb_tree_new ("iq", ISMB_NS_CLIENT);
  IsmbNode *root = ismb_tree_root (tree);
  IsmbNode *bind = ismb_tree_add (tree, root, "bind", ISMB_NS_BIND);

  ismb_tree_set (tree, root, "type", "result");
  ismb_tree_set (tree, root, "id", id);
  ismb_tree_add_leaf (tree, bind, "jid", ISMB_NS_BIND, self->resource->full);
  send_tree (self, tree);
}

static void
bind_resource (IsmbSession *self, const char *resource, const char *id)
{
  g_autofree char *full = g_strdup_printf (
      "%s@%s/%s", self->account, ismb_routes_get_domain (self->context->routes), resource);

  evict_other (self, full);
  self->resource =
      ismb_routes_add_resource (self->context->routes, self->account, resource, ISMB_SINK (self));
  ismb_stream_set_stamp (self->stream, full);
  ismb_stream_set_deadline (self->stream, 0);
  g_info ("%s came from %s", full, self->source);
  answer_bind (self, id);
}

/* RFC 6120, 7.6.2.1: no account takes the places of all others. To replace one is always fine. */
static gboolean
has_room_for (IsmbSession *self, const char *resource)
{
  GPtrArray *bound = ismb_routes_peek_resources (self->context->routes, self->account);
  guint count = bound != NULL ? bound->len : 0;

  if (count < self->context->resources_max)
    return TRUE;
  for (guint i = 0; i < count; i++)
    if (strcmp (((IsmbResource *) g_ptr_array_index (bound, i))->resource, resource) == 0)
      return TRUE;
  return FALSE;
}

static void
refuse_bind (IsmbSession *self, IsmbFrame *frame, const char *condition, const char *text)
{
  g_autoptr (IsmbFrame) error = ismb_frame_make_error (frame, condition, text);

  if (error != NULL)
    ismb_stream_send_frame (self->stream, error);
}

/* Between authentication and bind (RFC 6120, 7.1). */
static void
handle_unbound (IsmbSession *self, IsmbFrame *frame)
{
  g_autoptr (IsmbTree) tree = NULL;
  g_autofree char *resource = NULL;

  if (frame->kind != ISMB_FRAME_IQ || g_strcmp0 (frame->type, "set") != 0 || frame->id == NULL ||
      g_strcmp0 (frame->payload_ns, ISMB_NS_BIND) != 0 ||
      g_strcmp0 (frame->payload_name, "bind") != 0)
    {
      ismb_session_close (self, "not-authorized", "bind a resource first");
      return;
    }
  tree = ismb_frame_to_tree (frame);
  resource = choose_resource (self, tree);
  if (resource == NULL)
    refuse_bind (self, frame, "bad-request", "no such resource can be");
  else if (!has_room_for (self, resource))
    refuse_bind (self, frame, "resource-constraint", "the account has too many sessions");
  else
    bind_resource (self, resource, frame->id);
}

static void
on_secured (IsmbStream *stream, gpointer owner)
{
  IsmbSession *self = owner;

  g_debug ("%s: %s", self->source, ismb_tls_get_version (ismb_stream_get_tls (stream)));
}

static gboolean
is_stream_error (const IsmbFrame *frame)
{
  return g_strcmp0 (frame->ns, ISMB_NS_STREAM) == 0 && strcmp (frame->name, "error") == 0;
}

static void
on_frame (IsmbStream *stream, IsmbFrame *frame, gpointer owner)
{
  IsmbSession *self = owner;

  if (G_UNLIKELY (self->closing))
    return;
  if (G_LIKELY (self->resource != NULL))
    {
      if (G_LIKELY (frame->kind != ISMB_FRAME_OTHER))
        self->callbacks->frame (self, self->resource, frame, self->owner);
      else
        ismb_session_close (self, is_stream_error (frame) ? NULL : "unsupported-stanza-type", NULL);
    }
  else if (self->authentication != NULL)
    ismb_authentication_take (self->authentication, frame);
  else
    handle_unbound (self, frame);
}

/* A client that has said goodbye hears the answers it waits for, but who knows whether it still
 * looks at messages. */
static void
hear_out (IsmbSession *self)
{
  g_autoptr (GPtrArray) unsent = ismb_stream_take_unsent (self->stream);

  for (guint i = 0; unsent != NULL && i < unsent->len; i++)
    {
      IsmbFrame *frame = g_ptr_array_index (unsent, i);

      if (frame->kind == ISMB_FRAME_MESSAGE)
        self->callbacks->returned (self, frame, self->owner);
      else
        ismb_stream_send_frame (self->stream, frame);
    }
}

static void
on_ending (IsmbStream *stream, const char *condition, gpointer owner)
{
  IsmbSession *self = owner;

  leave (self);
  if (condition == NULL)
    hear_out (self);
  else
    give_back (self);
}

static void
on_closed (IsmbStream *stream, const GError *error, gpointer owner)
{
  IsmbSession *self = owner;
  g_autoptr (IsmbSession) hold = g_object_ref (self);

  g_debug ("%s: %s: stream ended: %s", self->source,
           self->account != NULL ? self->account : "(nobody)",
           error != NULL ? error->message : "orderly");
  if (self->closing)
    g_object_unref (self); /* of ismb_session_close () */
  self->closing = TRUE;
  leave (self);
  give_back (self);
  if (self->callbacks != NULL)
    self->callbacks->closed (self, self->owner);
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
  self->stream = ismb_stream_new (
      context->poller, origin->fd, detect ? ISMB_STREAM_DETECT_TLS : ISMB_STREAM_ACCEPTED,
      ISMB_NS_CLIENT, detect ? context->tls : NULL, alpn, NULL, &stream_callbacks, self);
  self->authentication =
      ismb_authentication_new (context, origin, self->stream, &authentication_callbacks, self);
  ismb_stream_set_limit (self->stream, ISMB_SESSION_LIMIT_STRANGER);
  ismb_stream_set_queue_limit (self->stream, QUEUE_STRANGER);
  ismb_stream_set_deadline (self->stream, DEADLINE);
  if (!origin->local)
    ismb_stream_set_patience (self->stream, PATIENCE);
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
  leave (self);
  give_back (self);
  self->closing = TRUE;
  g_object_ref (self); /* until all is said, whoever lets go of it meanwhile */
  ismb_stream_close (self->stream, condition, text);
}

void
ismb_session_cut (IsmbSession *self, IsmbOwnAddresses *remaining)
{
  if (!self->local && self->stream != NULL)
    ismb_own_addresses_cut (remaining, ismb_stream_get_fd (self->stream));
}

void
ismb_session_part (IsmbSession *self)
{
  self->callbacks = NULL;
  g_object_unref (self);
}
