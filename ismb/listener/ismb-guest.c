/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.federation"

#include "config.h"
#include "ismb/listener/ismb-guest.h"

#include "ismb/core/ismb-log-gate.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-random.h"
#include "ismb/listener/ismb-dialback.h"
#include "ismb/listener/ismb-external.h"
#include "ismb/listener/ismb-foreigners.h"
#include "ismb/listener/ismb-peer-stream.h"
#include "ismb/listener/ismb-verification.h"

#define PATIENCE 20000 /* ms for all of it; their server is asked meanwhile */
#define WORDS_MAX 16   /* of dialback */

#define FEATURES_CLEAR                                                                             \
  "<stream:features><starttls xmlns='" ISMB_NS_TLS "'><required/></starttls></stream:features>"
#define MECHANISMS                                                                                 \
  "<mechanisms xmlns='" ISMB_NS_SASL "'><mechanism>EXTERNAL</mechanism></mechanisms>"
#define FEATURES_DIALBACK                                                                          \
  "<dialback xmlns='" ISMB_NS_DIALBACK_FEATURE "'><errors/></dialback>"                            \
  "<bidi xmlns='" ISMB_NS_BIDI_FEATURE "'/>"

struct _IsmbGuest
{
  IsmbLinkContext *context;
  IsmbStream *stream;
  IsmbSource source;
  IsmbForeigner *foreigner;
  IsmbGuestProven proven;
  gpointer owner;
  char *id;             /* what we call the stream */
  gboolean certified;   /* his certificate is vouched for */
  gboolean sends, believed;
  IsmbExternal external;
  IsmbVerification *verification; /* under way, or NULL */
  IsmbFrame *request;   /* that it answers */
  guint words;
};

static void
report (IsmbGuest *self, const char *rule, const char *outcome)
{
  const IsmbReport line = {
    .what = "stream",
    .who = self->foreigner->domain,
    .source = self->source.address,
    .rule = rule,
    .outcome = outcome,
  };

  ismb_log_gate_say (G_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, self->foreigner->domain, rule,
                     "%s, in the name of %s: %s", self->source.address, self->foreigner->domain,
                     outcome);
  ismb_link_context_report (self->context, &line);
}

/* The stream's opening */

static void
open_stream (IsmbGuest *self)
{
  g_free (self->id);
  self->id = ismb_random_token ();
  ismb_stream_send_header (self->stream, self->context->domain, self->foreigner->domain, self->id);
}

/* Why a certificate is not believed concerns nobody: there is dialback. */
static void
offer_login (IsmbGuest *self)
{
  g_autoptr (GPtrArray) chain = ismb_tls_dup_peer_chain (ismb_stream_get_tls (self->stream));
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) features = g_string_new ("<stream:features>");

  self->certified = ismb_foreigners_vouch (self->context->foreigners, chain,
                                           self->foreigner->domain, &error);
  if (!self->certified)
    g_debug ("%s: %s", self->foreigner->domain, error->message);
  g_string_append (features, self->certified ? MECHANISMS FEATURES_DIALBACK : FEATURES_DIALBACK);
  ismb_peer_stream_add_limits (features, ismb_foreigners_get_stanza_max (self->context->foreigners));
  g_string_append (features, "</stream:features>");
  ismb_stream_send_text (self->stream, features->str, (gssize) features->len);
}

static void
welcome (IsmbGuest *self)
{
  ismb_log_gate_say (G_LOG_DOMAIN, G_LOG_LEVEL_INFO, self->foreigner->domain, "proven",
                     "%s comes from %s, proven by %s", self->foreigner->domain,
                     self->source.address, self->believed ? "its certificate" : "dialback");
  self->proven (self, self->sends, self->owner);
}

void
ismb_guest_header (IsmbGuest *self, const IsmbStreamHeader *header, const char *fault)
{
  open_stream (self);
  if (fault == NULL && g_strcmp0 (header->from, self->foreigner->domain) != 0)
    fault = "invalid-from"; /* another name than before */
  if (fault != NULL)
    ismb_stream_close (self->stream, fault, NULL);
  else if (ismb_stream_get_tls (self->stream) == NULL)
    ismb_stream_send_text (self->stream, FEATURES_CLEAR, -1);
  else if (!self->believed)
    offer_login (self);
  else
    {
      ismb_peer_stream_welcome (self->stream,
                                ismb_foreigners_get_stanza_max (self->context->foreigners));
      welcome (self);
    }
}

/* Dialback */

static void
drop_verification (IsmbGuest *self)
{
  g_clear_pointer (&self->verification, ismb_verification_free);
  g_clear_pointer (&self->request, ismb_frame_unref);
}

/* XEP-0220, 2.2.1: who says to be somebody else is not heard again. */
static void
refuse_key (IsmbGuest *self)
{
  report (self, "dialback", "showed a key that the domain's server says is not its own");
  ismb_dialback_answer (self->stream, self->request, FALSE);
  drop_verification (self);
  ismb_stream_close (self->stream, NULL, NULL);
}

static void
on_answered (IsmbVerification *verification, gboolean valid, const char *condition, gpointer owner)
{
  IsmbGuest *self = owner;

  if (condition == NULL && !valid)
    {
      refuse_key (self);
      return;
    }
  if (condition != NULL)
    ismb_dialback_fail (self->stream, self->request, condition);
  else
    ismb_dialback_answer (self->stream, self->request, TRUE);
  drop_verification (self);
  if (condition == NULL)
    welcome (self);
}

/* The dialback error (XEP-0220, 2.5) that a request earns before anybody is asked, or NULL. A
 * domain beside the stream's own comes on a stream of its own, if it may come at all. */
static const char *
find_fault (IsmbGuest *self, const IsmbFrame *request)
{
  if (g_strcmp0 (request->to, self->context->domain) != 0)
    return "item-not-found";
  if (ismb_foreigners_find (self->context->foreigners, request->from) == NULL)
    return "not-authorized";
  if (g_strcmp0 (request->from, self->foreigner->domain) != 0 || self->verification != NULL)
    return "resource-constraint";
  return NULL;
}

/* At the address that the operator named, wherever this key came from. */
static void
take_key (IsmbGuest *self, IsmbFrame *request)
{
  const char *fault = find_fault (self, request);
  g_autofree char *key = ismb_dialback_dup_key (request);

  if (fault != NULL)
    {
      ismb_dialback_fail (self->stream, request, fault);
      return;
    }
  self->verification = ismb_verification_new (self->context, self->foreigner, &self->source,
                                              self->id, key, on_answered, self);
  if (self->verification != NULL)
    self->request = ismb_frame_ref (request);
  else
    ismb_dialback_fail (self->stream, request, "resource-constraint");
}

void
ismb_guest_answer (const IsmbLinkContext *context, IsmbStream *stream, const IsmbFrame *request,
                   const char *domain)
{
  IsmbForeigner *foreigner = ismb_foreigners_find (context->foreigners, domain);
  g_autofree char *key = ismb_dialback_dup_key (request);

  if (g_strcmp0 (request->to, context->domain) != 0)
    ismb_dialback_fail (stream, request, "item-not-found");
  else if (g_strcmp0 (request->from, domain) != 0)
    ismb_dialback_fail (stream, request, "not-authorized");
  else
    ismb_dialback_answer (stream, request,
                          ismb_foreigner_knows_key (foreigner, context->domain, request->id, key));
}

/* Answers to what nobody asked on this stream say nothing (XEP-0220, 3.1). */
static void
take_word (IsmbGuest *self, IsmbFrame *frame)
{
  if (++self->words > WORDS_MAX)
    ismb_stream_close (self->stream, "policy-violation", NULL);
  else if (frame->from == NULL || frame->to == NULL)
    ismb_stream_close (self->stream, "improper-addressing", NULL);
  else if (ismb_dialback_is_request (frame, "result"))
    take_key (self, frame);
  else if (ismb_dialback_is_request (frame, "verify"))
    ismb_guest_answer (self->context, self->stream, frame, self->foreigner->domain);
  else
    {
      report (self, "dialback", "answered what it was not asked");
      ismb_stream_close (self->stream, "not-authorized", NULL);
    }
}

/* In the clear */

static void
frame_in_clear (IsmbGuest *self, IsmbFrame *frame)
{
  if (ismb_peer_stream_is (frame, "starttls", ISMB_NS_TLS))
    {
      ismb_stream_send_text (self->stream, "<proceed xmlns='" ISMB_NS_TLS "'/>", -1);
      ismb_stream_start_tls (self->stream);
      return;
    }
  if (ismb_dialback_is_request (frame, "result") || ismb_dialback_is_request (frame, "verify"))
    ismb_dialback_fail (self->stream, frame, "policy-violation");
  ismb_stream_close (self->stream, "policy-violation", NULL);
}

static void
take_login (IsmbGuest *self, IsmbFrame *frame)
{
  IsmbExternalOutcome outcome
    = ismb_external_take (&self->external, self->stream, frame, self->foreigner->domain);

  self->believed = outcome == ISMB_EXTERNAL_DONE;
}

void
ismb_guest_frame (IsmbGuest *self, IsmbFrame *frame)
{
  gboolean idle = self->verification == NULL && !self->external.challenged;

  if (ismb_peer_stream_is (frame, "error", ISMB_NS_STREAM))
    ismb_stream_close (self->stream, NULL, NULL);
  else if (ismb_stream_get_tls (self->stream) == NULL)
    frame_in_clear (self, frame);
  else if (idle && ismb_peer_stream_is (frame, "bidi", ISMB_NS_BIDI))
    self->sends = TRUE;
  else if (self->certified && !self->believed && self->verification == NULL
           && ismb_external_expects (&self->external, frame))
    take_login (self, frame);
  else if (frame->kind == ISMB_FRAME_OTHER && g_strcmp0 (frame->ns, ISMB_NS_DIALBACK) == 0
           && !self->believed)
    take_word (self, frame);
  else
    ismb_stream_close (self->stream, "not-authorized", NULL);
}

IsmbGuest *
ismb_guest_new (IsmbLinkContext *context, IsmbStream *stream, const IsmbSource *source,
                const char *domain, IsmbGuestProven proven, gpointer owner)
{
  IsmbGuest *self = g_new0 (IsmbGuest, 1);
  IsmbTlsContext *tls = ismb_foreigners_get_tls (context->foreigners);

  self->context = context;
  self->stream = stream;
  self->source = *source;
  self->foreigner = ismb_foreigners_find (context->foreigners, domain);
  self->proven = proven;
  self->owner = owner;
  if (tls != NULL)
    ismb_stream_speak_dialback (stream, tls);
  ismb_stream_set_deadline (stream, PATIENCE);
  return self;
}

void
ismb_guest_free (IsmbGuest *self)
{
  drop_verification (self);
  g_free (self->id);
  g_free (self);
}

const char *
ismb_guest_get_domain (IsmbGuest *self)
{
  return self->foreigner->domain;
}
