/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.joining"

#include "config.h"
#include "ismb/listener/ismb-joining-desk.h"

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-log-gate.h"
#include "ismb/listener/ismb-join-answer.h"
#include "ismb/listener/ismb-join-request.h"
#include "ismb/listener/ismb-penalties.h"
#include "ismb/trust/ismb-certificate.h"

struct _IsmbJoiningDesk
{
  IsmbLinkContext *context;
  IsmbJoiningDeskRegistrars registrars;
  gpointer user_data;
  IsmbPenalties *penalties;
};

IsmbJoiningDesk *
ismb_joining_desk_new (IsmbLinkContext *context, IsmbJoiningDeskRegistrars registrars,
                       gpointer user_data)
{
  IsmbJoiningDesk *self = g_new0 (IsmbJoiningDesk, 1);

  self->context = context;
  self->registrars = registrars;
  self->user_data = user_data;
  self->penalties = ismb_penalties_new ();
  return self;
}

void
ismb_joining_desk_free (IsmbJoiningDesk *self)
{
  ismb_penalties_free (self->penalties);
  g_free (self);
}

gboolean
ismb_joining_desk_is_open (IsmbJoiningDesk *self)
{
  IsmbFabric *fabric = self->context->fabric;

  return fabric != NULL && ismb_fabric_get_mode (fabric) == ISMB_FABRIC_CLOSED &&
         ismb_fabric_is_member (fabric);
}

gboolean
ismb_joining_desk_hears (IsmbJoiningDesk *self, GPtrArray *chain, const char *domain)
{
  g_auto (gnutls_x509_crt_t) leaf = NULL;
  g_autoptr (IsmbNames) names = NULL;

  if (chain->len == 0 || !ismb_joining_desk_is_open (self))
    return FALSE;
  leaf = ismb_certificate_from_der (g_ptr_array_index (chain, 0), NULL);
  names = leaf != NULL ? ismb_certificate_get_holder (leaf, NULL) : NULL;
  return names != NULL && g_str_equal (names->domain, domain);
}

static void
report (IsmbJoiningDesk *self, const IsmbVisitor *visitor, gboolean allowed, const char *rule,
        const char *outcome)
{
  const IsmbReport line = {
    .what = "join",
    .who = visitor->domain,
    .device = visitor->device_id,
    .source = visitor->source->address,
    .allowed = allowed,
    .rule = rule,
    .outcome = outcome,
  };

  ismb_link_context_report (self->context, &line);
}

/* Refusing */

static IsmbJoinReason
reason_of (const GError *error)
{
  if (error->domain != ISMB_ERROR)
    return ISMB_JOIN_INTERNAL;
  switch ((IsmbError) error->code)
    {
    case ISMB_ERROR_NOT_FOUND:
      return ISMB_JOIN_UNKNOWN_TOKEN;
    case ISMB_ERROR_AUTH_FAILED:
      return ISMB_JOIN_WRONG_PROOF;
    case ISMB_ERROR_TIMEOUT:
      return ISMB_JOIN_EXPIRED;
    case ISMB_ERROR_NOT_ALLOWED:
      return ISMB_JOIN_USED_UP;
    case ISMB_ERROR_EXISTS:
      return ISMB_JOIN_NAME_TAKEN;
    case ISMB_ERROR_UNTRUSTED:
    case ISMB_ERROR_BAD_STANZA:
      return ISMB_JOIN_BAD_REQUEST;
    default:
      return ISMB_JOIN_INTERNAL;
    }
}

/* A token's id is what the stranger says, but of hex digits. */
static char *
name_rule (const IsmbJoinRequest *request, IsmbJoinReason reason)
{
  if (request == NULL || request->token_id == NULL)
    return g_strdup (ismb_join_reason_to_string (reason));
  return g_strconcat ("token ", request->token_id, NULL);
}

static IsmbJoinAnswer *
refuse (IsmbJoiningDesk *self, const IsmbVisitor *visitor, const IsmbJoinRequest *request,
        IsmbJoinReason reason, const char *sentence)
{
  g_autoptr (IsmbJoinAnswer) answer = ismb_join_answer_refuse (reason, sentence);
  g_autofree char *rule = name_rule (request, reason);

  report (self, visitor, FALSE, rule, answer->sentence);
  ismb_log_gate_say (G_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, visitor->domain,
                     ismb_join_reason_to_string (reason), "%s at %s may not join: %s",
                     visitor->domain, visitor->source->address, answer->sentence);
  return g_steal_pointer (&answer);
}

/* What is wrong in here is nobody's business out there. */
static IsmbJoinAnswer *
refuse_for_trouble (IsmbJoiningDesk *self, const IsmbVisitor *visitor,
                    const IsmbJoinRequest *request, const GError *error)
{
  ismb_log_gate_say (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, visitor->domain, "trouble",
                     "%s cannot be let in: %s", visitor->domain, error->message);
  return refuse (self, visitor, request, ISMB_JOIN_INTERNAL,
                 "the registrar cannot certify anybody now, its log says why; try again when "
                 "that is mended");
}

static IsmbJoinAnswer *
refuse_for (IsmbJoiningDesk *self, const IsmbVisitor *visitor, const IsmbJoinRequest *request,
            const GError *error)
{
  IsmbJoinReason reason = reason_of (error);

  if (reason == ISMB_JOIN_UNKNOWN_TOKEN || reason == ISMB_JOIN_WRONG_PROOF)
    ismb_penalties_add (self->penalties, visitor->source->key, g_get_monotonic_time ());
  if (reason == ISMB_JOIN_INTERNAL)
    return refuse_for_trouble (self, visitor, request, error);
  return refuse (self, visitor, request, reason, error->message);
}

/* Deciding */

static IsmbJoinAnswer *
grant (IsmbJoiningDesk *self, const IsmbVisitor *visitor, const char *bundle, const char *rule)
{
  IsmbRevocations *all = ismb_fabric_get_revocations (self->context->fabric);
  g_autoptr (GPtrArray) revocations = ismb_revocations_list (all, NULL, ISMB_REVOCATIONS_MAX);

  g_message ("%s, device %s, has joined the fabric: %s", visitor->domain, visitor->device_id, rule);
  report (self, visitor, TRUE, rule, "joined the fabric");
  return ismb_join_answer_grant (bundle, revocations);
}

static IsmbJoinAnswer *
admit (IsmbJoiningDesk *self, const IsmbVisitor *visitor, const IsmbJoinRequest *request)
{
  const IsmbApplication application = {
    .request_pem = request->request_pem,
    .device_id = visitor->device_id,
    .token_id = request->token_id,
    .proof = request->proof,
    .exporter = visitor->exporter,
  };
  g_autofree char *bundle = NULL, *rule = NULL;
  g_autoptr (GError) error = NULL;

  switch (ismb_fabric_admit (self->context->fabric, &application, &bundle, &rule, &error))
    {
    case ISMB_ADMISSION_GRANTED:
      return grant (self, visitor, bundle, rule);
    case ISMB_ADMISSION_WAITS:
      report (self, visitor, FALSE, "pending", "waits for an approval");
      return ismb_join_answer_wait ();
    case ISMB_ADMISSION_REFUSED:
      return refuse_for (self, visitor, request, error);
    }
  g_assert_not_reached ();
}

/* Whoever speaks as one switch is not certified as another. */
static gboolean
check_name (const IsmbJoinRequest *request, const IsmbVisitor *visitor, GError **error)
{
  g_auto (gnutls_x509_crq_t) crq = ismb_certificate_request_from_pem (request->request_pem, error);
  g_autoptr (IsmbNames) names = crq != NULL ? ismb_names_of_request (crq, error) : NULL;

  if (names == NULL)
    return FALSE;
  if (g_str_equal (names->domain, visitor->domain))
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_STANZA,
               "the request is for %s, and the stream is that of %s", names->domain,
               visitor->domain);
  return FALSE;
}

static IsmbJoinAnswer *
decide (IsmbJoiningDesk *self, const IsmbVisitor *visitor, const IsmbJoinRequest *request)
{
  g_autoptr (GError) error = NULL;

  if (request->request_pem == NULL)
    return refuse (self, visitor, request, ISMB_JOIN_BAD_REQUEST,
                   "this is a registrar: it wants a certificate request");
  if (!check_name (request, visitor, &error))
    return refuse_for (self, visitor, request, error);
  if (ismb_fabric_is_revoked (self->context->fabric, visitor->device_id))
    return refuse (self, visitor, request, ISMB_JOIN_REVOKED,
                   "this device was revoked; it comes back with a new key only (switchctl fabric "
                   "leave --new-key)");
  if (request->token_id != NULL && visitor->exporter == NULL)
    return refuse (self, visitor, request, ISMB_JOIN_WRONG_PROOF, NULL);
  if (request->token_id != NULL &&
      !ismb_penalties_allows (self->penalties, visitor->source->key, g_get_monotonic_time ()))
    return refuse (self, visitor, request, ISMB_JOIN_TOO_MANY_TRIES, NULL);
  return admit (self, visitor, request);
}

static IsmbJoinAnswer *
refer (IsmbJoiningDesk *self, const IsmbVisitor *visitor)
{
  GList *registrars = self->registrars (self->user_data);
  IsmbJoinAnswer *answer = ismb_join_answer_refer (registrars);

  g_debug ("%s is told of %u registrars", visitor->domain, g_list_length (registrars));
  g_list_free_full (registrars, g_object_unref);
  return answer;
}

static IsmbJoinAnswer *
find_answer (IsmbJoiningDesk *self, const IsmbFrame *join, const IsmbVisitor *visitor)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbJoinRequest) request = ismb_join_request_parse (join, &error);

  if (request == NULL)
    return refuse (self, visitor, NULL, ISMB_JOIN_BAD_REQUEST, error->message);
  if (ismb_fabric_get_authority (self->context->fabric) == NULL)
    return refer (self, visitor);
  return decide (self, visitor, request);
}

IsmbFrame *
ismb_joining_desk_answer (IsmbJoiningDesk *self, const IsmbFrame *join, const IsmbVisitor *visitor)
{
  g_autoptr (IsmbJoinAnswer) answer = find_answer (self, join, visitor);

  return ismb_join_answer_to_frame (answer);
}
