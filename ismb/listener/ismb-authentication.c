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
#define WAIT_MAX 5000 /* milliseconds; the deadline for it all is twice that */
#define TLS_UNIQUE "cD10bHMtdW5pcXVl" /* “p=tls-unique” in base64, a SCRAM-PLUS message's start */

struct _IsmbAuthentication
{
  IsmbWatch watch;            /* first: its callbacks get its address */
  IsmbPoller *poller;         /* the context's, which we may outlive at the end */
  const IsmbSessionContext *context;
  IsmbStream *stream;         /* whose session owns us */
  const IsmbAuthenticationCallbacks *callbacks;
  gpointer owner;
  IsmbSasl *sasl;             /* from when it is first needed */
  char *external;
  IsmbProof *proof;           /* of the certificate that makes it external; or NULL */
  char *source;
  char *key;                  /* or NULL: failures cost nothing */
  IsmbFrame *waiting;         /* <auth/> of a source that has failed too often; or NULL */
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

static void
stop_waiting (IsmbAuthentication *self)
{
  ismb_poller_set_deadline (self->poller, &self->watch, 0);
  g_clear_pointer (&self->waiting, ismb_frame_unref);
}

static gboolean
is_encrypted (IsmbAuthentication *self)
{
  return ismb_stream_get_tls (self->stream) != NULL;
}

/* Whose account the client's certificate is for. That of a switch is no account's, and no error. */
static void
look_at_certificate (IsmbAuthentication *self, IsmbTls *tls)
{
  g_autoptr (GPtrArray) chain = ismb_tls_dup_peer_chain (tls);
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbProof) proof = NULL;

  if (chain->len == 0 || self->context->fabric == NULL)
    return;
  proof = ismb_fabric_verify_account (self->context->fabric, chain, self->context->virtual_router,
                                      &error);
  if (proof != NULL && ismb_accounts_is_kept (self->context->accounts, proof->names->local))
    {
      self->external = g_strdup (proof->names->local);
      self->proof = g_steal_pointer (&proof);
    }
  else
    g_debug ("%s: its certificate opens no account: %s", self->source,
             error != NULL ? error->message : "there is none of that name");
}

/* Made when first needed, after TLS: which mechanisms there are depends on it. */
static void
ensure_sasl (IsmbAuthentication *self)
{
  IsmbTls *tls = ismb_stream_get_tls (self->stream);
  gboolean binds = tls != NULL && !self->unbindable;
  g_autoptr (GBytes) exporter = NULL, end_point = NULL;

  if (self->sasl != NULL)
    return;
  if (tls != NULL && self->external == NULL)
    look_at_certificate (self, tls);
  exporter = binds ? ismb_tls_dup_exporter (tls) : NULL;
  end_point = binds ? ismb_tls_dup_server_end_point (tls) : NULL;
  self->sasl = ismb_sasl_new (self->context->accounts,
                              &(IsmbSaslContext){
                                .domain = ismb_routes_get_domain (self->context->routes),
                                .encrypted = tls != NULL,
                                .exporter = exporter,
                                .external = self->external,
                                .end_point = end_point,
                              });
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

static gboolean
may_register (IsmbAuthentication *self)
{
  return (!self->require_tls || is_encrypted (self)) && self->context->registration != NULL &&
         ismb_registration_is_open (self->context->registration, self->local);
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
  ismb_stream_features_offer_stranger (out, may_register (self));
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
  stop_waiting (self);
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
send_failure (IsmbAuthentication *self, const char *condition)
{
  g_autoptr (IsmbTree) tree = ismb_tree_new ("failure", ISMB_NS_SASL);

  ismb_tree_add (tree, ismb_tree_root (tree), condition, ISMB_NS_SASL);
  send_tree (self, tree);
  self->negotiating = FALSE;
}

static void
fail_sasl (IsmbAuthentication *self, const char *condition)
{
  send_failure (self, condition);
  if (self->key != NULL)
    ismb_penalties_add (self->context->penalties, self->key, g_get_monotonic_time ());
  if (++self->failures < TRIES)
    return;
  ismb_log_gate_say (G_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, self->source, "refused",
                     "%s: refused %d times, closing", self->source, TRIES);
  fail (self, "policy-violation", "too many failed attempts");
}

/* NULL: it was not by certificate, whatever was shown. */
static const IsmbProof *
proof_of_login (IsmbAuthentication *self)
{
  return strcmp (ismb_sasl_get_mechanism (self->sasl), "EXTERNAL") == 0 ? self->proof : NULL;
}

static void
succeed_sasl (IsmbAuthentication *self)
{
  send_sasl (self, "success", ismb_sasl_get_reply (self->sasl));
  g_debug ("%s: is %s by %s", self->source, ismb_sasl_get_account (self->sasl),
           ismb_sasl_get_mechanism (self->sasl));
  ismb_stream_restart (self->stream);
  self->callbacks->succeeded (ismb_sasl_get_account (self->sasl), proof_of_login (self),
                              self->owner);
}

/* The other switches obey whoever is of the role `switch`, so a password is not enough for that: it
 * is this daemon's own client, and nobody on the network. */
static gboolean
may_be (IsmbAuthentication *self, const char *account)
{
  const IsmbProof *proof = proof_of_login (self);
  IsmbRole role;

  if (proof != NULL && !ismb_fabric_still_vouches (self->context->fabric, proof))
    return FALSE; /* it was revoked since it was shown */
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
  send_failure (self, "not-authorized"); /* its software's, no guess at a password */
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
take_sasl (IsmbAuthentication *self, IsmbFrame *frame)
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

static gboolean
is_registration (const IsmbFrame *frame)
{
  return frame->kind == ISMB_FRAME_IQ && frame->id != NULL && !frame->bad_address &&
         (g_strcmp0 (frame->type, "get") == 0 || g_strcmp0 (frame->type, "set") == 0) &&
         g_strcmp0 (frame->payload_name, "query") == 0 &&
         g_strcmp0 (frame->payload_ns, ISMB_NS_REGISTER) == 0;
}

static void
handle_registration (IsmbAuthentication *self, IsmbFrame *frame)
{
  const char *key = self->key != NULL ? self->key : self->source;
  g_autoptr (IsmbFrame) answer = ismb_registration_take (self->context->registration, frame, key);

  ismb_stream_send_frame (self->stream, answer);
}

static guint
find_wait (IsmbAuthentication *self)
{
  gint64 wait = self->key != NULL ? ismb_penalties_get_wait (self->context->penalties, self->key,
                                                             g_get_monotonic_time ())
                                  : 0;

  return (guint) MIN ((wait + 999) / 1000, WAIT_MAX);
}

/* Where many have guessed wrong, guesses take time: the right one too, so that to hang up early
 * tells nothing. It is not refused: others may come from the same address. */
static void
handle_sasl (IsmbAuthentication *self, IsmbFrame *frame)
{
  guint wait = self->negotiating ? 0 : find_wait (self);

  if (self->waiting != NULL)
    fail (self, "policy-violation", "the answer is to be waited for");
  else if (wait == 0)
    take_sasl (self, frame);
  else
    {
      self->waiting = ismb_frame_ref (frame);
      ismb_poller_set_deadline (self->poller, &self->watch, wait);
    }
}

static void
on_waited (IsmbWatch *watch)
{
  IsmbAuthentication *self = (IsmbAuthentication *) watch;
  g_autoptr (IsmbFrame) frame = g_steal_pointer (&self->waiting);

  if (!ismb_stream_is_closing (self->stream))
    take_sasl (self, frame);
}

IsmbAuthentication *
ismb_authentication_new (const IsmbSessionContext *context, const IsmbSessionOrigin *origin,
                         IsmbStream *stream, const IsmbAuthenticationCallbacks *callbacks,
                         gpointer owner)
{
  IsmbAuthentication *self = g_new0 (IsmbAuthentication, 1);

  self->watch.deadline = on_waited;
  self->poller = g_object_ref (context->poller);
  self->context = context;
  self->stream = stream;
  self->callbacks = callbacks;
  self->owner = owner;
  self->external = g_strdup (origin->external);
  self->source = g_strdup (origin->source);
  self->key = g_strdup (origin->key);
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
  stop_waiting (self);
  g_object_unref (self->poller);
  g_clear_pointer (&self->sasl, ismb_sasl_free);
  g_free (self->external);
  g_clear_pointer (&self->proof, ismb_proof_free);
  g_free (self->source);
  g_free (self->key);
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

/* Nothing but its negotiation; a stanza ends it (RFC 6120, 4.9.3.12), but one that makes the
 * account to sign in to. */
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
  else if (is_registration (frame) && may_register (self))
    handle_registration (self, frame);
  else
    fail (self, "not-authorized", NULL);
}
