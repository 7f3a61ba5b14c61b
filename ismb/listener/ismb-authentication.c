/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.authentication"

#include "config.h"
#include "ismb/listener/ismb-authentication.h"

#include <string.h>

#include "ismb/core/ismb-log-gate.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/listener/ismb-sasl.h"
#include "ismb/listener/ismb-stream-features.h"

#define TRIES 5 /* RFC 6120, 6.4.5: two to five; a stock client tries each mechanism it knows */
#define TLS_UNIQUE "cD10bHMtdW5pcXVl" /* “p=tls-unique” in base64, a SCRAM-PLUS message's start */

struct _IsmbAuthentication
{
  const IsmbSessionContext *context;
  IsmbStream *stream;         /* whose session owns us */
  const IsmbAuthenticationCallbacks *callbacks;
  gpointer owner;
  IsmbSasl *sasl;             /* from when it is first needed */
  char *external;
  char *source;
  int failures;
  guint local : 1;
  guint own : 1;
  guint require_tls : 1;
  guint negotiating : 1;      /* a SASL exchange is under way */
  guint unbindable : 1;       /* it binds to a channel in a way that this TLS does not have */
};

static void
fail (IsmbAuthentication *self, const char *condition, const char *text)
{
  self->callbacks->failed (condition, text, self->owner);
}

static gboolean
is_encrypted (IsmbAuthentication *self)
{
  return ismb_stream_get_tls (self->stream) != NULL;
}

/* Made when first needed, after TLS: which mechanisms there are depends on it. */
static void
ensure_sasl (IsmbAuthentication *self)
{
  IsmbTls *tls = ismb_stream_get_tls (self->stream);
  gboolean binds = tls != NULL && !self->unbindable;
  g_autoptr (GBytes) exporter = binds ? ismb_tls_dup_exporter (tls) : NULL;
  g_autoptr (GBytes) end_point = binds ? ismb_tls_dup_server_end_point (tls) : NULL;
  IsmbSaslContext context = {
    .domain = ismb_routes_get_domain (self->context->routes),
    .encrypted = tls != NULL,
    .exporter = exporter,
    .external = self->external,
    .end_point = end_point,
  };

  if (self->sasl == NULL)
    self->sasl = ismb_sasl_new (self->context->accounts, &context);
}

/* XEP-0440: what a -PLUS mechanism may be bound to. */
static void
offer_bindings (IsmbAuthentication *self, GString *out)
{
  const char *const *bindings = ismb_sasl_get_bindings (self->sasl);

  if (bindings[0] == NULL)
    return;
  g_string_append (out, "<sasl-channel-binding xmlns='" ISMB_NS_SASL_BINDING "'>");
  for (gsize i = 0; bindings[i] != NULL; i++)
    g_string_append_printf (out, "<channel-binding type='%s'/>", bindings[i]);
  g_string_append (out, "</sasl-channel-binding>");
}

static void
offer_mechanisms (IsmbAuthentication *self, GString *out)
{
  const char *const *mechanisms;

  ensure_sasl (self);
  mechanisms = ismb_sasl_get_mechanisms (self->sasl);
  g_string_append (out, "<mechanisms xmlns='" ISMB_NS_SASL "'>");
  for (gsize i = 0; mechanisms[i] != NULL; i++)
    g_string_append_printf (out, "<mechanism>%s</mechanism>", mechanisms[i]);
  g_string_append (out, "</mechanisms>");
  offer_bindings (self, out);
}

/* RFC 6120, 4.3.2: what may be negotiated now. STARTTLS stands alone where nothing else may precede
 * it. */
static void
send_features (IsmbAuthentication *self)
{
  g_autoptr (GString) out = g_string_new ("<stream:features>");
  gboolean must_encrypt = self->require_tls && !is_encrypted (self);

  if (self->context->tls != NULL && !self->local && !is_encrypted (self))
    g_string_append_printf (out, "<starttls xmlns='" ISMB_NS_TLS "'>%s</starttls>",
                            must_encrypt ? "<required/>" : "");
  if (!must_encrypt)
    offer_mechanisms (self, out);
  ismb_stream_features_offer_stranger (out, FALSE);
  g_string_append (out, "</stream:features>");
  ismb_stream_send_text (self->stream, out->str, (gssize) out->len);
}

static void
handle_starttls (IsmbAuthentication *self)
{
  if (self->context->tls == NULL || self->local || is_encrypted (self))
    {
      static const char failure[] = "<failure xmlns='" ISMB_NS_TLS "'/>";

      ismb_stream_send_text (self->stream, failure, sizeof failure - 1);
      fail (self, NULL, NULL);
      return;
    }
  /* Mechanisms and nonces of the clear do not survive into TLS (RFC 6120, 5.4.3.3). */
  g_clear_pointer (&self->sasl, ismb_sasl_free);
  self->negotiating = FALSE;
  ismb_stream_send_text (self->stream, "<proceed xmlns='" ISMB_NS_TLS "'/>", -1);
  ismb_stream_start_tls (self->stream);
}

static void
send_tree (IsmbAuthentication *self, IsmbTree *tree)
{
  g_autoptr (IsmbFrame) frame = ismb_frame_new_from_tree (tree);

  ismb_stream_send_frame (self->stream, frame);
}

static void
send_sasl (IsmbAuthentication *self, const char *element, const char *text)
{
  g_autoptr (IsmbTree) tree = ismb_tree_new (element, ISMB_NS_SASL);

  if (text != NULL)
    ismb_tree_add_text (tree, ismb_tree_root (tree), text, -1);
  send_tree (self, tree);
}

static void
fail_sasl (IsmbAuthentication *self, const char *condition)
{
  g_autoptr (IsmbTree) tree = ismb_tree_new ("failure", ISMB_NS_SASL);

  ismb_tree_add (tree, ismb_tree_root (tree), condition, ISMB_NS_SASL);
  send_tree (self, tree);
  self->negotiating = FALSE;
  if (++self->failures < TRIES)
    return;
  ismb_log_gate_say (G_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, self->source, "refused",
                     "%s: refused %d times, closing", self->source, TRIES);
  fail (self, "policy-violation", "too many failed attempts");
}

static void
succeed_sasl (IsmbAuthentication *self)
{
  send_sasl (self, "success", ismb_sasl_get_reply (self->sasl));
  g_debug ("%s: is %s by %s", self->source, ismb_sasl_get_account (self->sasl),
           ismb_sasl_get_mechanism (self->sasl));
  ismb_stream_restart (self->stream);
  self->callbacks->succeeded (ismb_sasl_get_account (self->sasl), self->owner);
}

/* The other switches obey whoever is of the role `switch`, so a password is not enough for that: it
 * is this daemon's own client, and nobody on the network. */
static gboolean
may_be (IsmbAuthentication *self, const char *account)
{
  IsmbRole role;

  return self->own || !ismb_accounts_get_role (self->context->accounts, account, &role) ||
         role != ISMB_ROLE_SWITCH;
}

static void
proceed_sasl (IsmbAuthentication *self, IsmbSaslResult result)
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
refuse_tls_unique (IsmbAuthentication *self)
{
  self->unbindable = TRUE;
  self->callbacks->unbound (self->owner);
  g_clear_pointer (&self->sasl, ismb_sasl_free);
  self->failures--;    /* this one is its software's, no guess at a password */
  fail_sasl (self, "not-authorized");
}

static gboolean
wants_tls_unique (IsmbAuthentication *self, const char *mechanism, const char *data)
{
  return !self->unbindable && g_str_has_suffix (mechanism, "-PLUS") && data != NULL &&
         g_str_has_prefix (data, TLS_UNIQUE);
}

static void
handle_auth (IsmbAuthentication *self, const char *mechanism, const char *data)
{
  if (mechanism == NULL)
    fail_sasl (self, "invalid-mechanism");
  else if (wants_tls_unique (self, mechanism, data))
    refuse_tls_unique (self);
  else
    proceed_sasl (self, ismb_sasl_start (self->sasl, mechanism, data));
}

static void
handle_sasl (IsmbAuthentication *self, IsmbFrame *frame)
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

IsmbAuthentication *
ismb_authentication_new (const IsmbSessionContext *context, const IsmbSessionOrigin *origin,
                         IsmbStream *stream, const IsmbAuthenticationCallbacks *callbacks,
                         gpointer owner)
{
  IsmbAuthentication *self = g_new0 (IsmbAuthentication, 1);

  self->context = context;
  self->stream = stream;
  self->callbacks = callbacks;
  self->owner = owner;
  self->external = g_strdup (origin->external);
  self->source = g_strdup (origin->source);
  self->local = origin->local;
  self->own = origin->own;
  self->require_tls = origin->require_tls;
  return self;
}

void
ismb_authentication_free (IsmbAuthentication *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->sasl, ismb_sasl_free);
  g_free (self->external);
  g_free (self->source);
  g_free (self);
}

void
ismb_authentication_offer (IsmbAuthentication *self)
{
  if (self->require_tls && !is_encrypted (self) && self->context->tls == NULL)
    fail (self, "policy-violation",
          "TLS is required here, and this switch has no certificate yet");
  else
    send_features (self);
}

/* Nothing but its negotiation; a stanza ends it (RFC 6120, 4.9.3.12). */
void
ismb_authentication_take (IsmbAuthentication *self, IsmbFrame *frame)
{
  if (frame->kind == ISMB_FRAME_OTHER && g_strcmp0 (frame->ns, ISMB_NS_SASL) == 0)
    handle_sasl (self, frame);
  else if (frame->kind == ISMB_FRAME_OTHER && g_strcmp0 (frame->ns, ISMB_NS_TLS) == 0 &&
           strcmp (frame->name, "starttls") == 0)
    handle_starttls (self);
  else if (frame->kind == ISMB_FRAME_OTHER && g_strcmp0 (frame->ns, ISMB_NS_STREAM) == 0 &&
           strcmp (frame->name, "error") == 0)
    fail (self, NULL, NULL);
  else
    fail (self, "not-authorized", NULL);
}
