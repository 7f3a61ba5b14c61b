/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.link"

#include "config.h"
#include "ismb/listener/ismb-outbound.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-log-gate.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/listener/ismb-bulletin.h"
#include "ismb/listener/ismb-foreign-login.h"
#include "ismb/listener/ismb-peer-stream.h"

#define PATIENCE 15000 /* ms for all of it */
#define FOREIGN_PATIENCE 40000 /* the login has one of its own, which says more when it ends */

struct _IsmbOutbound
{
  IsmbLinkContext *context;
  char *domain;
  char **addresses;
  guint next;                  /* in addresses: to try */
  guint16 *ports;              /* of each address */
  const IsmbOutboundCallbacks *callbacks;
  gpointer owner;
  IsmbStream *stream;
  IsmbForeignLogin *login;     /* instead of a stream of ours, to a foreigner */
  IsmbWatch watch;             /* no descriptor: the end of the turn, and the deadline */
  gboolean receives, asked, believed, managed;
  IsmbProof *proof;
  GError *error;               /* of the last address */
  char *stranger;              /* the device that answered last as a member in other virtual
                                * routers only, or NULL */
};

static void
drop_stream (IsmbOutbound *self)
{
  if (self->stream != NULL)
    ismb_stream_abandon (self->stream);
  g_clear_object (&self->stream);
  g_clear_pointer (&self->login, ismb_foreign_login_free);
}

/* Takes `error`. The next address is tried at the end of the turn. */
static void
fail (IsmbOutbound *self, GError *error)
{
  g_debug ("%s at %s: %s", self->domain, ismb_outbound_get_address (self), error->message);
  g_clear_error (&self->error);
  self->error = error;
  drop_stream (self);
  self->callbacks->vain (self, g_error_matches (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED),
                         self->owner);
  ismb_poller_flush_later (self->context->poller, &self->watch);
}

static void
refuse (IsmbOutbound *self, const char *reason)
{
  fail (self, g_error_new (ISMB_ERROR, ISMB_ERROR_STREAM, "%s port %u %s",
                           ismb_outbound_get_address (self), ismb_outbound_get_port (self),
                           reason));
}

/* The stream */

/* Takes `error`. */
static void
disbelieve (IsmbOutbound *self, GPtrArray *chain, GError *error)
{
  g_autofree char *device = ismb_fabric_identify_applicant (chain, NULL);
  g_autoptr (IsmbProof) elsewhere = NULL;
  const IsmbReport line = {
    .what = "dial",
    .who = self->domain,
    .device = device,
    .source = ismb_outbound_get_address (self),
    .rule = "certificate",
    .outcome = error->message,
  };

  ismb_log_gate_say (G_LOG_DOMAIN, G_LOG_LEVEL_INFO, self->domain, "untrusted",
                     "who answers for %s at %s is not trusted: %s", self->domain,
                     ismb_outbound_get_address (self), error->message);
  ismb_link_context_report (self->context, &line);
  elsewhere = ismb_fabric_verify (self->context->fabric, chain, self->domain, NULL, NULL);
  g_free (self->stranger);
  self->stranger = elsewhere != NULL ? g_steal_pointer (&device) : NULL;
  fail (self, error);
}

static void
on_connected (IsmbStream *stream, gpointer owner)
{
  IsmbOutbound *self = owner;
  g_autoptr (GPtrArray) chain = ismb_tls_dup_peer_chain (ismb_stream_get_tls (stream));
  const char *vr = ismb_virtual_router_get_name (self->context->place);
  GError *error = NULL;

  g_clear_pointer (&self->proof, ismb_proof_free);
  self->proof = ismb_fabric_verify (self->context->fabric, chain, self->domain, vr, &error);
  if (self->proof == NULL)
    {
      disbelieve (self, chain, error);
      return;
    }
  ismb_stream_set_deadline (stream, 0);
  ismb_stream_send_header (stream, self->context->domain, self->domain, NULL);
}

static void
on_header (IsmbStream *stream, const IsmbStreamHeader *header, gpointer owner)
{
  IsmbOutbound *self = owner;

  if (g_strcmp0 (header->from, self->domain) != 0)
    refuse (self, "opens its stream in another name than its certificate's");
  else if (!ismb_stream_header_has_features (header))
    refuse (self, "speaks no XMPP 1.0");
}

/* A member that offers no login may say with it that we were revoked while we were away. Where that
 * is true nothing is left of this dial: so it comes last, and from a reference of its own. */
static void
refuse_offer (IsmbOutbound *self, const IsmbNode *features)
{
  g_autoptr (IsmbFabric) fabric = g_object_ref (self->context->fabric);
  const IsmbNode *node = ismb_node_find (features, "revocations", ISMB_NS_FABRIC);
  g_autoptr (GPtrArray) statements = node != NULL ? ismb_bulletin_read (node) : NULL;
  g_autoptr (GPtrArray) learned = NULL;

  refuse (self, "does not take our certificate for a login (offers no SASL EXTERNAL)");
  if (statements != NULL)
    learned = ismb_fabric_learn_revocations (fabric, statements);
}

/* The certificate may be good for several virtual routers. A member that does not say where it was
 * reached is believed to be where it was looked for. */
static gboolean
is_elsewhere (IsmbOutbound *self, const IsmbNode *features)
{
  const IsmbNode *vr = ismb_node_find (features, "vr", ISMB_NS_VR);

  return vr != NULL
         && g_strcmp0 (ismb_node_get (vr, "name"),
                       ismb_virtual_router_get_name (self->context->place)) != 0;
}

static void
refuse_place (IsmbOutbound *self)
{
  const char *vr = ismb_virtual_router_get_name (self->context->place);

  ismb_log_gate_say (G_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, self->domain, "elsewhere",
                     "%s at %s port %u is in another virtual router than %s: no link to it",
                     self->domain, ismb_outbound_get_address (self), ismb_outbound_get_port (self),
                     vr);
  fail (self, g_error_new (ISMB_ERROR, ISMB_ERROR_UNTRUSTED,
                           "%s port %u is in another virtual router than %s",
                           ismb_outbound_get_address (self), ismb_outbound_get_port (self), vr));
}

/* XEP-0288 wants <bidi/> before authentication; in XEP-0178 "=" stands for the stream's `from`. */
static void
authenticate (IsmbOutbound *self, IsmbFrame *frame)
{
  g_autoptr (IsmbTree) tree = ismb_frame_to_tree (frame);
  const IsmbNode *features = ismb_tree_root (tree);

  if (!ismb_peer_stream_offers_external (features))
    {
      refuse_offer (self, features);
      return;
    }
  if (is_elsewhere (self, features))
    {
      refuse_place (self);
      return;
    }
  self->receives = ismb_node_find (features, "bidi", ISMB_NS_BIDI_FEATURE) != NULL;
  if (self->receives)
    ismb_stream_send_text (self->stream, "<bidi xmlns='" ISMB_NS_BIDI "'/>", -1);
  ismb_stream_send_text (self->stream,
                         "<auth xmlns='" ISMB_NS_SASL "' mechanism='EXTERNAL'>=</auth>", -1);
  self->asked = TRUE;
}

static void
begin_anew (IsmbOutbound *self)
{
  self->believed = TRUE;
  ismb_stream_restart (self->stream);
  ismb_stream_send_header (self->stream, self->context->domain, self->domain, NULL);
}

static void
establish (IsmbOutbound *self, IsmbFrame *features)
{
  g_autoptr (IsmbTree) tree = ismb_frame_to_tree (features);
  g_autoptr (IsmbStream) stream = NULL;

  if (!ismb_fabric_still_believes (self->context->fabric, self->proof))
    {
      refuse (self, "was revoked before the login was done");
      return;
    }
  self->managed = ismb_node_find (ismb_tree_root (tree), "sm", ISMB_NS_SM) != NULL;
  stream = g_steal_pointer (&self->stream);
  ismb_poller_remove (self->context->poller, &self->watch);
  self->callbacks->established (self, stream, self->receives, self->owner);
}

static void
on_frame (IsmbStream *stream, IsmbFrame *frame, gpointer owner)
{
  IsmbOutbound *self = owner;

  if (ismb_peer_stream_is (frame, "features", ISMB_NS_STREAM) && self->believed)
    establish (self, frame);
  else if (ismb_peer_stream_is (frame, "features", ISMB_NS_STREAM) && !self->asked)
    authenticate (self, frame);
  else if (ismb_peer_stream_is (frame, "success", ISMB_NS_SASL) && self->asked && !self->believed)
    begin_anew (self);
  else if (ismb_peer_stream_is (frame, "failure", ISMB_NS_SASL))
    refuse (self, "refuses our certificate");
  else if (ismb_peer_stream_is (frame, "error", ISMB_NS_STREAM))
    refuse (self,
            frame->payload_name != NULL ? frame->payload_name : "closes the stream with an error");
  else
    refuse (self, "sends what has no place before the login is done");
}

static void
on_closed (IsmbStream *stream, const GError *error, gpointer owner)
{
  IsmbOutbound *self = owner;

  g_clear_object (&self->stream);
  if (error != NULL)
    fail (self, g_error_copy (error));
  else
    refuse (self, "closes the stream before the login is done");
}

static const IsmbStreamCallbacks stream_callbacks = {
  .connected = on_connected,
  .header = on_header,
  .frame = on_frame,
  .closed = on_closed,
};

/* Dialling */

static void
give_up (IsmbOutbound *self)
{
  ismb_poller_remove (self->context->poller, &self->watch);
  if (self->error == NULL)
    self->error =
        g_error_new (ISMB_ERROR, ISMB_ERROR_NOT_FOUND, "no address of %s is known", self->domain);
  self->callbacks->failed (self, self->error, self->owner);
}

static void
on_foreign_done (IsmbForeignLogin *login, IsmbStream *stream, gboolean receives, gboolean managed,
                 gpointer owner)
{
  IsmbOutbound *self = owner;

  self->managed = managed;
  ismb_poller_remove (self->context->poller, &self->watch);
  self->callbacks->established (self, stream, receives, self->owner);
}

static void
on_foreign_failed (IsmbForeignLogin *login, const GError *error, gpointer owner)
{
  fail (owner, g_error_copy (error));
}

static gboolean
open_foreign (IsmbOutbound *self, GError **error)
{
  static const IsmbForeignLoginCallbacks login_callbacks = {
    .done = on_foreign_done,
    .failed = on_foreign_failed,
  };

  self->login = ismb_foreign_login_new (self->context, self->domain, &login_callbacks, self, error);
  return self->login != NULL;
}

static gboolean
open_stream (IsmbOutbound *self, const char *address, GError **error)
{
  if (self->context->foreign)
    return open_foreign (self, error);
  if (self->context->tls == NULL)
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED, "no certificate to show to %s",
                   self->domain);
      return FALSE;
    }
  self->asked = self->believed = self->receives = FALSE;
  self->stream
    = ismb_peer_stream_dial (self->context, self->context->tls, self->domain, address,
                             ismb_outbound_get_port (self), &stream_callbacks, self, error);
  return self->stream != NULL;
}

static IsmbOutbound *
from_watch (IsmbWatch *watch)
{
  return (IsmbOutbound *) ((char *) watch - G_STRUCT_OFFSET (IsmbOutbound, watch));
}

static void
on_flush (IsmbWatch *watch)
{
  IsmbOutbound *self = from_watch (watch);
  const char *address = self->addresses[self->next];
  GError *error = NULL;

  if (address == NULL)
    {
      give_up (self);
      return;
    }
  self->next++;
  if (!open_stream (self, address, &error))
    fail (self, error);
}

static void
on_deadline (IsmbWatch *watch)
{
  IsmbOutbound *self = from_watch (watch);

  drop_stream (self);
  self->callbacks->vain (self, FALSE, self->owner);
  g_clear_error (&self->error);
  self->error = g_error_new (ISMB_ERROR, ISMB_ERROR_TIMEOUT, "%s does not answer", self->domain);
  give_up (self);
}

IsmbOutbound *
ismb_outbound_new (IsmbLinkContext *context, const char *domain, const char *const *addresses,
                   const guint16 *ports, const IsmbOutboundCallbacks *callbacks, gpointer owner)
{
  IsmbOutbound *self = g_new0 (IsmbOutbound, 1);

  self->context = context;
  self->domain = g_strdup (domain);
  self->addresses = g_strdupv ((char **) addresses);
  self->ports = g_memdup2 (ports, g_strv_length (self->addresses) * sizeof *ports);
  self->callbacks = callbacks;
  self->owner = owner;
  self->watch = (IsmbWatch) { .flush = on_flush, .deadline = on_deadline };
  ismb_poller_set_deadline (context->poller, &self->watch,
                            context->foreign ? FOREIGN_PATIENCE : PATIENCE);
  ismb_poller_flush_later (context->poller, &self->watch);
  return self;
}

void
ismb_outbound_free (IsmbOutbound *self)
{
  ismb_poller_remove (self->context->poller, &self->watch);
  drop_stream (self);
  g_clear_error (&self->error);
  g_strfreev (self->addresses);
  g_free (self->ports);
  g_clear_pointer (&self->proof, ismb_proof_free);
  g_free (self->stranger);
  g_free (self->domain);
  g_free (self);
}

const char *
ismb_outbound_get_address (IsmbOutbound *self)
{
  return self->next > 0 ? self->addresses[self->next - 1] : NULL;
}

guint16
ismb_outbound_get_port (IsmbOutbound *self)
{
  return self->next > 0 ? self->ports[self->next - 1] : 0;
}

const char *
ismb_outbound_get_stranger (IsmbOutbound *self)
{
  return self->stranger;
}

const IsmbProof *
ismb_outbound_get_proof (IsmbOutbound *self)
{
  return self->proof;
}

gboolean
ismb_outbound_offers_management (IsmbOutbound *self)
{
  return self->managed;
}

/* RFC 6120, 10.4: not-found where nobody, or somebody else, is; timeout where the way is. XEP-0220,
 * 2.1.1, where a foreigner takes us for somebody else. */
const char *
ismb_outbound_name_condition (const GError *error)
{
  gboolean absent = g_error_matches (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED)
                    || g_error_matches (error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND);

  if (g_error_matches (error, ISMB_ERROR, ISMB_ERROR_AUTH_FAILED))
    return "internal-server-error";
  return absent ? "remote-server-not-found" : "remote-server-timeout";
}
