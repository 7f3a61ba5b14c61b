/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/client/ismb-ending.h"

#include "ismb/core/ismb-error.h"

#define INVALID_CHAIN                                                                  \
  (G_TLS_CERTIFICATE_UNKNOWN_CA | G_TLS_CERTIFICATE_REVOKED | G_TLS_CERTIFICATE_INSECURE \
   | G_TLS_CERTIFICATE_GENERIC_ERROR)
#define WRONG_TIME (G_TLS_CERTIFICATE_EXPIRED | G_TLS_CERTIFICATE_NOT_ACTIVATED)

struct _IsmbEnding
{
  GError *error;
  IsmbFailure *failure;
  GTlsCertificate *certificate;
  GTlsCertificateFlags flags;
};

/* The words for what the error alone does not say. */
static GError *
make_error (const GError *error, const char *condition, const char *who)
{
  if (g_strcmp0 (condition, "conflict") == 0)
    return g_error_new (ISMB_ERROR, ISMB_ERROR_EXISTS,
                        "another client has signed in as %s, and the server keeps the newest; give "
                        "each its own resource",
                        who != NULL ? who : "this account");
  return error != NULL ? g_error_copy (error)
                       : g_error_new_literal (ISMB_ERROR, ISMB_ERROR_STREAM,
                                              "the server ended the stream");
}

IsmbEnding *
ismb_ending_new (const GError *error, const char *condition, const char *who,
                 const IsmbDialOutcome *outcome)
{
  IsmbEnding *self = g_new0 (IsmbEnding, 1);

  self->error = make_error (error, condition, who);
  self->failure = ismb_failure_new_with_condition (self->error, condition);
  if (outcome != NULL)
    {
      g_set_object (&self->certificate, outcome->certificate);
      self->flags = outcome->flags;
    }
  return self;
}

void
ismb_ending_free (IsmbEnding *self)
{
  g_error_free (self->error);
  g_object_unref (self->failure);
  g_clear_object (&self->certificate);
  g_free (self);
}

/* RFC 6120, 4.9.3 and 6.5. What a server says while it is reconfigured might pass, too; but who has
 * mistyped a domain shall hear of it. */
static gboolean
is_lasting (const char *condition)
{
  static const char *const lasting[]
      = { "conflict", "host-gone", "host-unknown", "improper-addressing", "unsupported-version",
          NULL };

  return condition != NULL && g_strv_contains (lasting, condition);
}

gboolean
ismb_ending_passes (IsmbEnding *self)
{
  if (is_lasting (ismb_failure_get_condition (self->failure)))
    return FALSE;
  if (self->error->domain != ISMB_ERROR)
    return TRUE;
  switch (self->error->code)
    {
    case ISMB_ERROR_AUTH_FAILED:
      return ismb_ending_has_condition (self, "temporary-auth-failure");
    case ISMB_ERROR_UNTRUSTED: /* a switch without a clock of its own starts in the past */
      return self->flags == G_TLS_CERTIFICATE_NOT_ACTIVATED;
    case ISMB_ERROR_BAD_ADDRESS:
    case ISMB_ERROR_BAD_CONFIG:
    case ISMB_ERROR_EXISTS:
    case ISMB_ERROR_NOT_ALLOWED:
    case ISMB_ERROR_NOT_FOUND:
    case ISMB_ERROR_UNSUPPORTED: return FALSE;
    default: return TRUE;
    }
}

gboolean
ismb_ending_matches (IsmbEnding *self, int code)
{
  return g_error_matches (self->error, ISMB_ERROR, code);
}

gboolean
ismb_ending_has_condition (IsmbEnding *self, const char *condition)
{
  return g_strcmp0 (ismb_failure_get_condition (self->failure), condition) == 0;
}

IsmbFailure *
ismb_ending_get_failure (IsmbEnding *self)
{
  return self->failure;
}

const char *
ismb_ending_get_message (IsmbEnding *self)
{
  return self->error->message;
}

GError *
ismb_ending_to_error (IsmbEnding *self)
{
  return g_error_copy (self->error);
}

static const char *
get_event (IsmbEnding *self)
{
  if (ismb_ending_matches (self, ISMB_ERROR_UNTRUSTED))
    {
      if (self->flags & INVALID_CHAIN)
        return "ssl_invalid_chain";
      if (self->flags & G_TLS_CERTIFICATE_BAD_IDENTITY)
        return "ssl_invalid_cert";
      if (self->flags & WRONG_TIME)
        return "ssl_expired_cert";
    }
  if (ismb_ending_matches (self, ISMB_ERROR_UNSUPPORTED))
    return "legacy_protocol";
  return ismb_failure_get_condition (self->failure) != NULL ? "stream_error" : "socket_error";
}

void
ismb_ending_tell (IsmbEnding *self,
                  void (*tell) (const char *event, gpointer payload, gpointer user_data),
                  gpointer user_data)
{
  const char *event = get_event (self);

  if (ismb_ending_matches (self, ISMB_ERROR_AUTH_FAILED))
    {
      tell ("no_auth", NULL, user_data);
      tell ("failed_auth", NULL, user_data);
    }
  else if (g_str_equal (event, "ssl_invalid_cert") || g_str_equal (event, "ssl_expired_cert"))
    tell (event, self->certificate, user_data);
  else
    tell (event, self->failure, user_data);
}
