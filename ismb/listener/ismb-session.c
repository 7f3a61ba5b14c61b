/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.session"

#include "config.h"
#include "ismb/listener/ismb-session.h"

#include <string.h>
#include <sys/random.h>

#include "ismb/core/ismb-address.h"
#include "ismb/core/ismb-log-gate.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/listener/ismb-congestion.h"
#include "ismb/listener/ismb-sasl.h"
#include "ismb/stream/ismb-stream.h"

#define LIMIT_STRANGER 10000         /* bytes of an element; not lower, says RFC 6120, 13.12 */
#define LIMIT_ACCOUNT (256 * 1024)
#define QUEUE_STRANGER (64 * 1024)   /* bytes waiting for a slow reader */
#define QUEUE_ACCOUNT (8 * 1024 * 1024)
#define DEADLINE 10000 /* milliseconds until a resource is bound; traffic does not extend it */
#define PATIENCE 120000 /* milliseconds with a host that answers nothing, not even its kernel */
#define TRIES 5 /* RFC 6120, 6.4.5: two to five; a stock client tries each mechanism it knows */
#define TOKEN_SIZE 33
#define TLS_UNIQUE "cD10bHMtdW5pcXVl" /* “p=tls-unique” in base64, a SCRAM-PLUS message's start */

struct _IsmbSession
{
  GObject parent_instance;

  const IsmbSessionContext *context;
  const IsmbSessionCallbacks *callbacks;
  gpointer owner;
  IsmbStream *stream;
  IsmbSasl *sasl;           /* while it lasts: until success */
  char *account;            /* from success on */
  IsmbResource *resource;   /* from bind until it leaves */
  IsmbCongestion *congestion; /* while it reads too slowly */
  char *external;
  char *source;
  int failures;
  guint local : 1;
  guint own : 1;
  guint require_tls : 1;
  guint negotiating : 1;    /* a SASL exchange is under way */
  guint unbindable : 1;     /* it binds to a channel in a way that this TLS does not have */
  guint closing : 1;
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

  g_clear_pointer (&self->sasl, ismb_sasl_free);
  g_clear_pointer (&self->congestion, ismb_congestion_free);
  g_free (self->account);
  g_free (self->external);
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

/* Unguessable: stream ids and the names of resources that asked for none. */
static void
make_token (char out[TOKEN_SIZE])
{
  guint8 bytes[(TOKEN_SIZE - 1) / 2];
  gssize got = getrandom (bytes, sizeof bytes, 0);

  g_assert (got == sizeof bytes);   /* so few bytes are never given in part */
  for (gsize i = 0; i < sizeof bytes; i++)
    g_snprintf (out + 2 * i, 3, "%02x", bytes[i]);
}

static void
send_tree (IsmbSession *self, IsmbTree *tree)
{
  g_autoptr (IsmbFrame) frame = ismb_frame_new_from_tree (tree);

  ismb_stream_send_frame (self->stream, frame);
}

static gboolean
is_encrypted (IsmbSession *self)
{
  return ismb_stream_get_tls (self->stream) != NULL;
}

/* Made when first needed, after TLS: which mechanisms there are depends on it. */
static void
ensure_sasl (IsmbSession *self)
{
  IsmbTls *tls = ismb_stream_get_tls (self->stream);
  g_autoptr (GBytes) exporter =
      tls != NULL && !self->unbindable ? ismb_tls_dup_exporter (tls) : NULL;
  IsmbSaslContext context = {
    .domain = ismb_routes_get_domain (self->context->routes),
    .encrypted = tls != NULL,
    .exporter = exporter,
    .external = self->external,
  };

  if (self->sasl == NULL)
    self->sasl = ismb_sasl_new (self->context->accounts, &context);
}

static void
offer_mechanisms (IsmbSession *self, GString *out)
{
  const char *const *mechanisms;

  ensure_sasl (self);
  mechanisms = ismb_sasl_get_mechanisms (self->sasl);
  g_string_append (out, "<mechanisms xmlns='" ISMB_NS_SASL "'>");
  for (gsize i = 0; mechanisms[i] != NULL; i++)
    g_string_append_printf (out, "<mechanism>%s</mechanism>", mechanisms[i]);
  g_string_append (out, "</mechanisms>");
}

/* RFC 6120, 4.3.2: what may be negotiated now. STARTTLS stands alone where nothing else may precede
 * it. */
static void
send_features (IsmbSession *self)
{
  g_autoptr (GString) out = g_string_new ("<stream:features>");
  gboolean must_encrypt = self->require_tls && !is_encrypted (self);

  if (self->account != NULL)
    g_string_append (out, "<bind xmlns='" ISMB_NS_BIND "'/>"
                          "<session xmlns='" ISMB_NS_SESSION "'><optional/></session>");
  else
    {
      if (self->context->tls != NULL && !self->local && !is_encrypted (self))
        g_string_append_printf (out, "<starttls xmlns='" ISMB_NS_TLS "'>%s</starttls>",
                                must_encrypt ? "<required/>" : "");
      if (!must_encrypt)
        offer_mechanisms (self, out);
    }
  g_string_append (out, "</stream:features>");
  ismb_stream_send_text (self->stream, out->str, (gssize) out->len);
}

static void
on_header (IsmbStream *stream, const IsmbStreamHeader *header, gpointer owner)
{
  IsmbSession *self = owner;
  const char *domain = ismb_routes_get_domain (self->context->routes);
  char id[TOKEN_SIZE];

  make_token (id);
  ismb_stream_send_header (stream, domain, header->from, id);
  if (header->to != NULL && strcmp (header->to, domain) != 0)
    ismb_session_close (self, "host-unknown", NULL);
  else if (!ismb_stream_header_has_features (header))
    ismb_session_close (self, "unsupported-version", NULL);
  else if (self->require_tls && !is_encrypted (self) && self->context->tls == NULL)
    ismb_session_close (self, "policy-violation",
                        "TLS is required here, and this switch has no certificate yet");
  else
    send_features (self);
}

static void
handle_starttls (IsmbSession *self)
{
  if (self->context->tls == NULL || self->local || is_encrypted (self))
    {
      static const char failure[] = "<failure xmlns='" ISMB_NS_TLS "'/>";

      ismb_stream_send_text (self->stream, failure, sizeof failure - 1);
      ismb_session_close (self, NULL, NULL);
      return;
    }
  /* Mechanisms and nonces of the clear do not survive into TLS (RFC 6120, 5.4.3.3). */
  g_clear_pointer (&self->sasl, ismb_sasl_free);
  self->negotiating = FALSE;
  ismb_stream_send_text (self->stream, "<proceed xmlns='" ISMB_NS_TLS "'/>", -1);
  ismb_stream_start_tls (self->stream);
}

static void
send_sasl (IsmbSession *self, const char *element, const char *text)
{
  g_autoptr (IsmbTree) tree = ismb_tree_new (element, ISMB_NS_SASL);

  if (text != NULL)
    ismb_tree_add_text (tree, ismb_tree_root (tree), text, -1);
  send_tree (self, tree);
}

static void
fail_sasl (IsmbSession *self, const char *condition)
{
  g_autoptr (IsmbTree) tree = ismb_tree_new ("failure", ISMB_NS_SASL);

  ismb_tree_add (tree, ismb_tree_root (tree), condition, ISMB_NS_SASL);
  send_tree (self, tree);
  self->negotiating = FALSE;
  if (++self->failures < TRIES)
    return;
  ismb_log_gate_say (G_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, self->source, "refused",
                     "%s: refused %d times, closing", self->source, TRIES);
  ismb_session_close (self, "policy-violation", "too many failed attempts");
}

static void
succeed_sasl (IsmbSession *self)
{
  send_sasl (self, "success", ismb_sasl_get_reply (self->sasl));
  self->account = g_strdup (ismb_sasl_get_account (self->sasl));
  self->negotiating = FALSE;
  g_debug ("%s: is %s by %s", self->source, self->account, ismb_sasl_get_mechanism (self->sasl));
  g_clear_pointer (&self->sasl, ismb_sasl_free);
  ismb_stream_set_limit (self->stream, LIMIT_ACCOUNT);
  ismb_stream_set_queue_limit (self->stream, QUEUE_ACCOUNT);
  ismb_stream_restart (self->stream);
  self->callbacks->authenticated (self, self->owner);
}

/* The other switches obey whoever is of the role `switch`, so a password is not enough for that: it
 * is this daemon's own client, and nobody on the network. */
static gboolean
may_be (IsmbSession *self, const char *account)
{
  IsmbRole role;

  return self->own || !ismb_accounts_get_role (self->context->accounts, account, &role) ||
         role != ISMB_ROLE_SWITCH;
}

static void
proceed_sasl (IsmbSession *self, IsmbSaslResult result)
{
  switch (result)
    {
    case ISMB_SASL_CONTINUE:
      self->negotiating = TRUE;
      send_sasl (self, "challenge", ismb_sasl_get_reply (self->sasl));
      break;
    case ISMB_SASL_SUCCESS:
      if (may_be (self, ismb_sasl_get_account (self->sasl)))
        succeed_sasl (self);
      else
        fail_sasl (self, "not-authorized");
      break;
    case ISMB_SASL_FAILURE:
      fail_sasl (self, ismb_sasl_get_condition (self->sasl));
      break;
    }
}

/* slixmpp up to 1.8 binds to tls-unique, which TLS 1.3 does not have (RFC 9266, 3), whatever is
 * offered. It falls back to plain SCRAM with the flag “y”, which is refused where binding is
 * offered: so that is withdrawn for this stream, and such clients sign in as they do where there is
 * no -PLUS. Somebody in the middle could ask for that as well: against him stands the certificate.
 */
static void
refuse_tls_unique (IsmbSession *self)
{
  self->unbindable = TRUE;
  self->callbacks->unbound (self, self->owner);
  g_clear_pointer (&self->sasl, ismb_sasl_free);
  self->failures--;    /* this one is its software's, no guess at a password */
  fail_sasl (self, "not-authorized");
}

static gboolean
wants_tls_unique (IsmbSession *self, const char *mechanism, const char *data)
{
  return !self->unbindable && g_str_has_suffix (mechanism, "-PLUS") && data != NULL &&
         g_str_has_prefix (data, TLS_UNIQUE);
}

static void
handle_auth (IsmbSession *self, const char *mechanism, const char *data)
{
  if (mechanism == NULL)
    fail_sasl (self, "invalid-mechanism");
  else if (wants_tls_unique (self, mechanism, data))
    refuse_tls_unique (self);
  else
    proceed_sasl (self, ismb_sasl_start (self->sasl, mechanism, data));
}

static void
handle_sasl (IsmbSession *self, IsmbFrame *frame)
{
  g_autoptr (IsmbTree) tree = ismb_frame_to_tree (frame);
  IsmbNode *root = ismb_tree_root (tree);
  g_autofree char *text = ismb_node_dup_text (root);
  const char *data = *text != '\0' ? text : NULL;

  ensure_sasl (self);
  if (self->require_tls && !is_encrypted (self))
    fail_sasl (self, "encryption-required");
  else if (strcmp (frame->name, "auth") == 0 && !self->negotiating)
    handle_auth (self, ismb_node_get (root, "mechanism"), data);
  else if (strcmp (frame->name, "response") == 0 && self->negotiating)
    proceed_sasl (self, ismb_sasl_respond (self->sasl, data));
  else if (strcmp (frame->name, "abort") == 0 && self->negotiating)
    fail_sasl (self, "aborted");
  else
    fail_sasl (self, "malformed-request");
}

/* Before authentication nothing but its negotiation; a stanza ends it (RFC 6120, 4.9.3.12). */
static void
handle_stranger (IsmbSession *self, IsmbFrame *frame)
{
  if (frame->kind == ISMB_FRAME_OTHER && g_strcmp0 (frame->ns, ISMB_NS_SASL) == 0)
    handle_sasl (self, frame);
  else if (frame->kind == ISMB_FRAME_OTHER && g_strcmp0 (frame->ns, ISMB_NS_TLS) == 0 &&
           strcmp (frame->name, "starttls") == 0)
    handle_starttls (self);
  else
    ismb_session_close (self, "not-authorized", NULL);
}

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
  char token[TOKEN_SIZE];

  if (wish == NULL || *wish == '\0')
    {
      make_token (token);
      return g_strdup (token);
    }
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

  for (guint i = 0; i < count; i++)
    if (strcmp (((IsmbResource *) g_ptr_array_index (bound, i))->resource, resource) == 0)
      return TRUE;
  return count < self->context->resources_max;
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
        ismb_session_close (self, "unsupported-stanza-type", NULL);
    }
  else if (self->account != NULL)
    handle_unbound (self, frame);
  else
    handle_stranger (self, frame);
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
  if (self->callbacks != NULL)
    self->callbacks->closed (self, self->owner);
}

static const IsmbStreamCallbacks stream_callbacks = {
  .secured = on_secured,
  .header = on_header,
  .frame = on_frame,
  .closed = on_closed,
};

IsmbSession *
ismb_session_new (const IsmbSessionContext *context, const IsmbSessionOrigin *origin,
                  const IsmbSessionCallbacks *callbacks, gpointer owner)
{
  IsmbSession *self = g_object_new (ISMB_TYPE_SESSION, NULL);
  gboolean detect = context->tls != NULL && !origin->local;

  self->context = context;
  self->callbacks = callbacks;
  self->owner = owner;
  self->source = g_strdup (origin->source);
  self->external = g_strdup (origin->external);
  self->local = origin->local;
  self->own = origin->own;
  self->require_tls = origin->require_tls;
  self->stream = ismb_stream_new (
      context->poller, origin->fd, detect ? ISMB_STREAM_DETECT_TLS : ISMB_STREAM_ACCEPTED,
      ISMB_NS_CLIENT, detect ? context->tls : NULL, NULL, NULL, &stream_callbacks, self);
  ismb_stream_set_limit (self->stream, LIMIT_STRANGER);
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
  self->closing = TRUE;
  g_object_ref (self); /* until all is said, whoever lets go of it meanwhile */
  ismb_stream_close (self->stream, condition, text);
}

void
ismb_session_part (IsmbSession *self)
{
  self->callbacks = NULL;
  g_object_unref (self);
}
