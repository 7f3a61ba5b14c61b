/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.listener.joining"

#include "config.h"
#include "ismb/listener/ismb-applicant.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-xml.h"
#include "ismb/listener/ismb-join-request.h"
#include "ismb/listener/ismb-peer-stream.h"

#define ANSWER_PATIENCE 10000 /* ms; a registrar writes to its disk before it answers */
#define CONDITION_MAX 64      /* bytes */
#define ANSWER_BYTES 32768    /* a bundle: a certificate and up to three of CAs */

struct _IsmbApplicant
{
  const IsmbApplicantPapers *papers;
  const IsmbApplicantWay *way;
  const IsmbApplicantCallbacks *callbacks;
  gpointer owner;
  IsmbStream *stream;
  IsmbNames *names; /* of who answers; NULL: not believed yet */
  gboolean asked;
};

/* Ending */

/* Takes `answer`. */
static void
end (IsmbApplicant *self, IsmbJoinAnswer *answer, const GError *error)
{
  if (self->stream != NULL)
    ismb_peer_stream_part (g_steal_pointer (&self->stream), NULL);
  self->callbacks->done (self, answer, error, self->owner);
}

static void
refuse (IsmbApplicant *self, const char *reason)
{
  g_autoptr (GError) error =
      g_error_new (ISMB_ERROR, ISMB_ERROR_STREAM, "%s at %s port %u %s", self->way->domain,
                   self->way->address, self->way->port, reason);

  end (self, NULL, error);
}

/* Believing */

static gboolean
check_names (IsmbApplicant *self, const IsmbNames *names, GError **error)
{
  if (!g_str_equal (names->domain, self->way->domain))
    g_set_error (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED, "its certificate is for %s",
                 names->domain);
  else if (self->way->hops > 0 && !names->registrar)
    g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_UNTRUSTED, "it is no registrar");
  else
    return TRUE;
  return FALSE;
}

static IsmbNames *
verify (IsmbApplicant *self, GError **error)
{
  g_autoptr (GPtrArray) chain = ismb_tls_dup_peer_chain (ismb_stream_get_tls (self->stream));
  g_autoptr (IsmbNames) names = ismb_fabric_verify_authority (self->papers->context->fabric, chain,
                                                              self->papers->ca_hash, error);

  if (names != NULL && check_names (self, names, error))
    return g_steal_pointer (&names);
  g_prefix_error (error, "%s at %s port %u is not believed: ", self->way->domain,
                  self->way->address, self->way->port);
  return NULL;
}

/* Whoever is there has heard nothing from us but TLS, and hears nothing more. */
static void
disbelieve (IsmbApplicant *self, const GError *error)
{
  ismb_stream_abandon (self->stream);
  g_clear_object (&self->stream);
  end (self, NULL, error);
}

static void
on_connected (IsmbStream *stream, gpointer owner)
{
  IsmbApplicant *self = owner;
  g_autoptr (GError) error = NULL;

  self->names = verify (self, &error);
  if (self->names == NULL)
    {
      disbelieve (self, error);
      return;
    }
  self->callbacks->met (self, self->owner);
  ismb_stream_set_limit (stream, ANSWER_BYTES);
  ismb_stream_set_deadline (stream, ANSWER_PATIENCE);
  ismb_stream_send_header (stream, self->papers->context->domain, self->way->domain, NULL);
}

/* Asking */

static void
on_header (IsmbStream *stream, const IsmbStreamHeader *header, gpointer owner)
{
  IsmbApplicant *self = owner;

  if (g_strcmp0 (header->from, self->way->domain) != 0)
    refuse (self, "opens its stream in another name than its certificate's");
  else if (!ismb_stream_header_has_features (header))
    refuse (self, "speaks no XMPP 1.0");
}

static IsmbJoinRequest *
make_request (IsmbApplicant *self)
{
  const IsmbApplicantPapers *papers = self->papers;
  g_autoptr (GBytes) exporter = ismb_tls_dup_exporter (ismb_stream_get_tls (self->stream));
  g_autofree char *token_id = NULL, *proof = NULL;

  if (!self->names->registrar)
    return ismb_join_request_new (NULL, NULL, NULL);
  if (papers->token != NULL && exporter != NULL)
    {
      token_id = ismb_token_dup_id (papers->token);
      proof = ismb_token_prove (papers->token, exporter, papers->request_pem);
    }
  return ismb_join_request_new (token_id, proof, papers->request_pem);
}

static void
ask (IsmbApplicant *self, IsmbFrame *frame)
{
  g_autoptr (IsmbTree) features = ismb_frame_to_tree (frame);
  g_autoptr (IsmbJoinRequest) request = NULL;
  g_autoptr (IsmbFrame) join = NULL;

  if (ismb_node_find (ismb_tree_root (features), "join", ISMB_NS_JOIN) == NULL)
    {
      refuse (self, "lets nobody join");
      return;
    }
  self->asked = TRUE;
  request = make_request (self);
  join = ismb_join_request_to_frame (request);
  ismb_stream_send_frame (self->stream, join);
}

/* Nobody else decides who comes in: a member that was revoked, which a joiner cannot know, must not
 * keep all others out. */
static gboolean
check_competent (IsmbApplicant *self, const IsmbJoinAnswer *answer, GError **error)
{
  if (self->names->registrar || answer->verdict == ISMB_JOIN_REFERRED)
    return TRUE;
  g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_BAD_STANZA,
                       "decides who may join, and is no registrar");
  return FALSE;
}

static void
take_answer (IsmbApplicant *self, IsmbFrame *frame)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbJoinAnswer) answer = ismb_join_answer_parse (frame, &error);

  if (answer == NULL || !check_competent (self, answer, &error))
    refuse (self, error->message);
  else
    end (self, g_steal_pointer (&answer), NULL);
}

/* A person reads it, so it is a word of RFC 6120, or may be one. */
static const char *
name_condition (const IsmbFrame *error)
{
  const char *name = error->payload_name;

  return name != NULL && strlen (name) <= CONDITION_MAX && ismb_xml_is_name (name)
             ? name
             : "closes the stream with an error";
}

static void
on_frame (IsmbStream *stream, IsmbFrame *frame, gpointer owner)
{
  IsmbApplicant *self = owner;

  if (ismb_peer_stream_is (frame, "features", ISMB_NS_STREAM) && !self->asked)
    ask (self, frame);
  else if (ismb_peer_stream_is (frame, "error", ISMB_NS_STREAM))
    refuse (self, name_condition (frame));
  else if (self->asked)
    take_answer (self, frame);
  else
    refuse (self, "sends what has no place before a question");
}

static void
on_closed (IsmbStream *stream, const GError *error, gpointer owner)
{
  IsmbApplicant *self = owner;

  g_clear_object (&self->stream);
  refuse (self, error != NULL ? error->message : "closes the stream without an answer");
}

static const IsmbStreamCallbacks stream_callbacks = {
  .connected = on_connected,
  .header = on_header,
  .frame = on_frame,
  .closed = on_closed,
};

IsmbApplicant *
ismb_applicant_new (const IsmbApplicantPapers *papers, const IsmbApplicantWay *way,
                    const IsmbApplicantCallbacks *callbacks, gpointer owner, GError **error)
{
  g_autoptr (IsmbApplicant) self = g_new0 (IsmbApplicant, 1);

  self->papers = papers;
  self->way = way;
  self->callbacks = callbacks;
  self->owner = owner;
  self->stream = ismb_peer_stream_dial (papers->context, papers->tls, way->domain, way->address,
                                        way->port, &stream_callbacks, self, error);
  return self->stream != NULL ? g_steal_pointer (&self) : NULL;
}

void
ismb_applicant_free (IsmbApplicant *self)
{
  if (self->stream != NULL)
    ismb_stream_abandon (self->stream);
  g_clear_object (&self->stream);
  g_clear_pointer (&self->names, ismb_names_free);
  g_free (self);
}

const IsmbApplicantWay *
ismb_applicant_get_way (IsmbApplicant *self)
{
  return self->way;
}

gboolean
ismb_applicant_has_met (IsmbApplicant *self)
{
  return self->names != NULL;
}
