/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.link"

#include "config.h"
#include "ismb/listener/ismb-inbound.h"

#include <string.h>
#include <unistd.h>

#include "ismb/core/ismb-log-gate.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-random.h"
#include "ismb/listener/ismb-bulletin.h"
#include "ismb/listener/ismb-external.h"
#include "ismb/listener/ismb-foreigners.h"
#include "ismb/listener/ismb-guest.h"
#include "ismb/listener/ismb-joining-desk.h"
#include "ismb/listener/ismb-peer-stream.h"

#define PATIENCE 10000 /* ms until it must have proven who it is */

#define FEATURES_CLEAR                                                                             \
  "<stream:features><starttls xmlns='" ISMB_NS_TLS "'><required/></starttls></stream:features>"
#define LOGIN                                                                                      \
  "<mechanisms xmlns='" ISMB_NS_SASL "'><mechanism>EXTERNAL</mechanism></mechanisms>"              \
  "<bidi xmlns='" ISMB_NS_BIDI_FEATURE "'/>"
#define FEATURES_JOIN "<stream:features><join xmlns='" ISMB_NS_JOIN "'/></stream:features>"

struct _IsmbInbound
{
  IsmbLinkContext *context;
  IsmbStream *stream;
  IsmbCrowdPlace place;
  IsmbSource source;
  IsmbInboundAdopt adopt;
  gpointer user_data;
  gint64 since;           /* monotonic */
  char *domain;           /* the header's `from`, proven by certificate */
  IsmbProof *proof;
  gboolean sends;         /* it takes stanzas on this stream (XEP-0288) */
  IsmbExternal external;
  gboolean believed;
  IsmbGuest *guest;       /* who comes in a foreign domain's name, or NULL */
  char *claimed;          /* the header's `from`, whoever it is */
  char *device;           /* whose key the session has proven, where that is not believed */
  gboolean applies;       /* no member, and may ask to be one */
  char *doubt;            /* why it is not believed */
  gboolean told;          /* why it was sent away is reported */
};

static void
inbound_free (IsmbInbound *self)
{
  ismb_crowd_leave (&self->place);
  g_clear_pointer (&self->guest, ismb_guest_free);
  g_clear_object (&self->stream);
  g_free (self->domain);
  g_clear_pointer (&self->proof, ismb_proof_free);
  g_free (self->claimed);
  g_free (self->device);
  g_free (self->doubt);
  g_free (self);
}

static void
report (IsmbInbound *self, const char *rule, const char *outcome)
{
  const IsmbReport line = {
    .what = "stream",
    .who = self->claimed,
    .device = self->device,
    .source = self->source.address,
    .rule = rule,
    .outcome = outcome,
  };

  if (!self->told)
    ismb_link_context_report (self->context, &line);
  self->told = TRUE;
}

/* The stream's opening */

static void
open_stream (IsmbInbound *self, const char *to)
{
  g_autofree char *id = ismb_random_token ();

  ismb_stream_send_header (self->stream, self->context->domain, to, id);
}

/* What to say before closing, or NULL where the header is fine. */
static const char *
check_header (IsmbInbound *self, const IsmbStreamHeader *header)
{
  if (!ismb_stream_header_has_features (header))
    return "unsupported-version";
  if (g_strcmp0 (header->to, self->context->domain) != 0)
    return "host-unknown";
  if (self->domain != NULL && g_strcmp0 (header->from, self->domain) != 0)
    return "invalid-from"; /* another name than before the login */
  if (header->from == NULL && ismb_stream_get_tls (self->stream) != NULL)
    return "not-authorized"; /* a certificate can only prove a name that is claimed */
  return NULL;
}

/* Why it is not believed is for us alone. */
static void
tell_doubt (IsmbInbound *self)
{
  if (self->told)
    return;
  ismb_log_gate_say (G_LOG_DOMAIN, G_LOG_LEVEL_INFO, self->claimed, "untrusted",
                     "who connects as %s is not trusted: %s", self->claimed, self->doubt);
  report (self, "certificate", self->doubt);
}

/* With the CA's word on it, where the device is out: it may have been away when that was said. */
static void
offer_to_join (IsmbInbound *self)
{
  IsmbRevocations *all = ismb_fabric_get_revocations (self->context->fabric);
  const IsmbRevocation *revocation = ismb_revocations_get (all, self->device);
  g_autoptr (IsmbTree) tree = ismb_tree_new ("features", ISMB_NS_STREAM);
  g_autoptr (GPtrArray) statements = g_ptr_array_new ();
  g_autoptr (IsmbFrame) features = NULL;

  if (revocation == NULL)
    {
      ismb_stream_send_text (self->stream, FEATURES_JOIN, -1);
      return;
    }
  g_ptr_array_add (statements, (gpointer) revocation);
  ismb_tree_add (tree, ismb_tree_root (tree), "join", ISMB_NS_JOIN);
  ismb_bulletin_write (statements, tree,
                       ismb_tree_add (tree, ismb_tree_root (tree), "revocations", ISMB_NS_FABRIC));
  features = ismb_frame_new_from_tree (tree);
  ismb_stream_send_frame (self->stream, features);
}

/* One that is no member may ask to become one, if it shows a key, and a name that it goes by. */
static void
doubt (IsmbInbound *self, GPtrArray *chain, const GError *error)
{
  IsmbJoiningDesk *desk = self->context->desk;
  g_autoptr (IsmbProof) elsewhere = NULL; /* a member, in other virtual routers only */

  self->doubt = g_strdup (error->message);
  self->device = ismb_fabric_identify_applicant (chain, NULL);
  elsewhere = ismb_fabric_verify (self->context->fabric, chain, self->claimed, NULL, NULL);
  if (elsewhere != NULL && self->context->doubted != NULL)
    self->context->doubted (self->claimed, self->device, self->context->user_data);
  self->applies = self->device != NULL && desk != NULL &&
                  ismb_joining_desk_hears (desk, chain, self->claimed);
  if (self->applies)
    {
      offer_to_join (self);
      return;
    }
  tell_doubt (self);
  ismb_stream_close (self->stream, "not-authorized", NULL);
}

/* Where the places of two virtual routers touch, a certificate may be good for both: so the one
 * that was reached says which it is. */
static void
send_login (IsmbInbound *self, const char *vr)
{
  g_autoptr (GString) out
    = g_string_new ("<stream:features>" LOGIN "<vr xmlns='" ISMB_NS_VR "' name='");

  ismb_xml_escape (out, vr, -1, TRUE);
  g_string_append (out, "'/></stream:features>");
  ismb_stream_send_text (self->stream, out->str, (gssize) out->len);
}

static void
offer_login (IsmbInbound *self, const char *from)
{
  g_autoptr (GPtrArray) chain = ismb_tls_dup_peer_chain (ismb_stream_get_tls (self->stream));
  const char *vr = ismb_virtual_router_get_name (self->context->place);
  g_autoptr (GError) error = NULL;

  self->proof = ismb_fabric_verify (self->context->fabric, chain, from, vr, &error);
  if (self->proof != NULL)
    {
      self->domain = g_strdup (from);
      send_login (self, vr);
    }
  else
    doubt (self, chain, error);
}

static void hand_over (IsmbInbound *self);

static void
on_proven (IsmbGuest *guest, gboolean sends, gpointer owner)
{
  IsmbInbound *self = owner;
  IsmbLink *link = self->adopt (ismb_guest_get_domain (guest), self->user_data);

  ismb_link_adopt (link, self->stream, sends, self->since, NULL);
  inbound_free (self);
}

/* Their domains are no members', whatever certificate is shown. */
static void
meet_foreigner (IsmbInbound *self, const char *domain)
{
  if (self->guest == NULL && ismb_foreigners_find (self->context->foreigners, domain) != NULL)
    self->guest
      = ismb_guest_new (self->context, self->stream, &self->source, domain, on_proven, self);
}

static void
on_header (IsmbStream *stream, const IsmbStreamHeader *header, gpointer owner)
{
  IsmbInbound *self = owner;
  const char *condition = check_header (self, header);

  meet_foreigner (self, header->from);
  if (self->guest != NULL)
    {
      ismb_guest_header (self->guest, header, condition);
      return;
    }
  open_stream (self, header->from);
  g_free (self->claimed);
  self->claimed = g_strdup (header->from);
  if (condition != NULL)
    ismb_stream_close (stream, condition, NULL);
  else if (ismb_stream_get_tls (stream) == NULL)
    ismb_stream_send_text (stream, FEATURES_CLEAR, -1);
  else if (!self->believed)
    offer_login (self, header->from);
  else
    hand_over (self);
}

/* Login */

static void
login (IsmbInbound *self, IsmbFrame *frame)
{
  self->believed = ismb_external_take (&self->external, self->stream, frame, self->domain)
                   == ISMB_EXTERNAL_DONE;
}

/* It has one question, and this is the answer. */
static void
answer_applicant (IsmbInbound *self, IsmbFrame *join)
{
  g_autoptr (GBytes) exporter = ismb_tls_dup_exporter (ismb_stream_get_tls (self->stream));
  const IsmbVisitor visitor = {
    .domain = self->claimed,
    .device_id = self->device,
    .source = &self->source,
    .exporter = exporter,
  };
  g_autoptr (IsmbFrame) answer = ismb_joining_desk_answer (self->context->desk, join, &visitor);

  self->told = TRUE; /* by the desk */
  ismb_stream_send_frame (self->stream, answer);
  ismb_stream_close (self->stream, NULL, NULL);
}

static void
on_frame (IsmbStream *stream, IsmbFrame *frame, gpointer owner)
{
  IsmbInbound *self = owner;
  gboolean clear = ismb_stream_get_tls (stream) == NULL;
  gboolean known = self->domain != NULL && !self->believed;

  if (ismb_stream_is_closing (stream))
    return; /* who failed is not heard again */
  if (self->guest != NULL)
    ismb_guest_frame (self->guest, frame);
  else if (clear && ismb_peer_stream_is (frame, "starttls", ISMB_NS_TLS))
    {
      ismb_stream_send_text (stream, "<proceed xmlns='" ISMB_NS_TLS "'/>", -1);
      ismb_stream_start_tls (stream);
    }
  else if (known && !self->external.challenged && ismb_peer_stream_is (frame, "bidi", ISMB_NS_BIDI))
    self->sends = TRUE;
  else if (known && ismb_external_expects (&self->external, frame))
    login (self, frame);
  else if (self->applies && ismb_peer_stream_is (frame, "join", ISMB_NS_JOIN))
    answer_applicant (self, frame);
  else if (ismb_peer_stream_is (frame, "error", ISMB_NS_STREAM))
    ismb_stream_close (stream, NULL, NULL);
  else
    ismb_stream_close (stream, "not-authorized", NULL);
}

static void
on_closed (IsmbStream *stream, const GError *error, gpointer owner)
{
  IsmbInbound *self = owner;

  g_debug ("a connection%s%s ended before its login: %s", self->domain != NULL ? " from " : "",
           self->domain != NULL ? self->domain : "", error != NULL ? error->message : "in order");
  if (self->doubt != NULL)
    tell_doubt (self);
  else if (error != NULL)
    report (self, "stream", error->message);
  inbound_free (self);
}

/* It may have been revoked while it took its time to log in. */
static gboolean
check_still_believed (IsmbInbound *self)
{
  if (ismb_fabric_still_believes (self->context->fabric, self->proof))
    return TRUE;
  self->device = g_strdup (self->proof->names->device_id);
  report (self, "revocation", "was revoked before its login was done");
  ismb_stream_close (self->stream, "not-authorized", NULL);
  return FALSE;
}

static void
hand_over (IsmbInbound *self)
{
  IsmbLink *link;

  if (!check_still_believed (self))
    return;
  link = self->adopt (self->domain, self->user_data);
  if (link == NULL)
    {
      ismb_stream_close (self->stream, "policy-violation", NULL);
      return;
    }
  ismb_peer_stream_welcome (self->stream, self->context->stanza_max);
  ismb_link_adopt (link, self->stream, self->sends, self->since, self->proof);
  inbound_free (self);
}

static const IsmbStreamCallbacks callbacks = {
  .header = on_header,
  .frame = on_frame,
  .closed = on_closed,
};

void
ismb_inbound_new (IsmbLinkContext *context, int fd, IsmbCrowd *crowd, const IsmbSource *source,
                  IsmbInboundAdopt adopt, gpointer user_data)
{
  IsmbInbound *self;

  if (context->tls == NULL || context->fabric == NULL)
    {
      close (fd);
      return;
    }
  self = g_new0 (IsmbInbound, 1);
  self->context = context;
  self->source = *source;
  self->since = g_get_monotonic_time ();
  self->adopt = adopt;
  self->user_data = user_data;
  self->stream = ismb_peer_stream_new (context, fd, ISMB_STREAM_DETECT_TLS, &callbacks, self);
  ismb_stream_set_deadline (self->stream, PATIENCE);
  ismb_crowd_join (crowd, &self->place, self, source);
}

void
ismb_inbound_close (IsmbInbound *inbound)
{
  ismb_stream_abandon (inbound->stream);
  inbound_free (inbound);
}

const char *
ismb_inbound_get_address (IsmbInbound *inbound)
{
  return inbound->source.address;
}
