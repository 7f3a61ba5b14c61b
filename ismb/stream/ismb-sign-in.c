/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.stream.sign-in"

#include "config.h"
#include "ismb/stream/ismb-sign-in.h"

#include "ismb/core/ismb-error.h"
#include "ismb/stream/ismb-scram-watch.h"

struct _IsmbSignIn
{
  gboolean offered;
  IsmbScramWatch *scram; /* NULL: SASL is over */
  IsmbResumeWatch *resume;
};

static IsmbSignInVerdict
end_sasl (IsmbSignIn *self)
{
  g_clear_pointer (&self->scram, ismb_scram_watch_free);
  return ISMB_SIGN_IN_RESTARTED;
}

static IsmbSignInVerdict
from_scram (IsmbSignIn *self, IsmbScramWatchVerdict verdict)
{
  return verdict == ISMB_SCRAM_WATCH_REFUSED     ? ISMB_SIGN_IN_REFUSED
         : verdict == ISMB_SCRAM_WATCH_NEXT      ? ISMB_SIGN_IN_NEXT
         : verdict == ISMB_SCRAM_WATCH_SIGNED_IN ? end_sasl (self)
                                                 : ISMB_SIGN_IN_GO_ON;
}

static IsmbSignInVerdict
from_resume (IsmbResumeWatchVerdict verdict)
{
  return verdict == ISMB_RESUME_WATCH_REFUSED ? ISMB_SIGN_IN_REFUSED
         : verdict == ISMB_RESUME_WATCH_BOUND ? ISMB_SIGN_IN_DONE
                                              : ISMB_SIGN_IN_GO_ON;
}

static void
skip_space (const char **bytes, gsize *length)
{
  while (*length > 0 && g_ascii_isspace (**bytes))
    ++*bytes, --*length;
}

gboolean
ismb_sign_in_check_header (const char *bytes, gsize length, GError **error)
{
  const char *place = bytes;

  if (length < 2 || bytes[1] == '?')
    return TRUE;
  while ((place = g_strstr_len (place + 1, bytes + length - place - 1, "version")) != NULL)
    if (g_ascii_isspace (place[-1]))
      return TRUE;
  g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_UNSUPPORTED,
                       "the server speaks a protocol from before XMPP 1.0");
  return FALSE;
}

IsmbSignInVerdict
ismb_sign_in_came (IsmbSignIn *self, IsmbScan scan, const char *bytes, gsize length,
                   GString *inward, GString *outward, GError **error)
{
  skip_space (&bytes, &length);
  if (scan == ISMB_SCAN_ELEMENT && self->scram == NULL)
    return from_resume (
        ismb_resume_watch_came (self->resume, bytes, length, inward, outward, error));
  g_string_append_len (inward, bytes, length);
  self->offered |= scan == ISMB_SCAN_ELEMENT
                   && g_strstr_len (bytes, MIN (length, 64), "features") != NULL;
  if (scan == ISMB_SCAN_HEADER && !ismb_sign_in_check_header (bytes, length, error))
    return ISMB_SIGN_IN_REFUSED;
  if (scan == ISMB_SCAN_HEADER && self->scram == NULL)
    ismb_resume_watch_opened (self->resume, bytes, length);
  if (scan == ISMB_SCAN_ELEMENT)
    return from_scram (self, ismb_scram_watch_came (self->scram, bytes, length, error));
  return ISMB_SIGN_IN_GO_ON;
}

IsmbSignInVerdict
ismb_sign_in_sent (IsmbSignIn *self, IsmbScan scan, const char *bytes, gsize length,
                   GString *outward, GError **error)
{
  skip_space (&bytes, &length);
  if (scan == ISMB_SCAN_ELEMENT && self->scram == NULL)
    return from_resume (ismb_resume_watch_sent (self->resume, bytes, length, outward, error));
  g_string_append_len (outward, bytes, length);
  if (scan == ISMB_SCAN_ELEMENT)
    return from_scram (self, ismb_scram_watch_sent (self->scram, bytes, length, error));
  return ISMB_SIGN_IN_GO_ON;
}

const char *
ismb_sign_in_get_failure (IsmbSignIn *self)
{
  return self->scram != NULL ? ismb_scram_watch_get_failure (self->scram) : NULL;
}

gboolean
ismb_sign_in_was_offered (IsmbSignIn *self)
{
  return self->offered;
}

const IsmbSession *
ismb_sign_in_get_session (IsmbSignIn *self)
{
  return ismb_resume_watch_get_session (self->resume);
}

const GString *
ismb_sign_in_get_header (IsmbSignIn *self)
{
  return ismb_resume_watch_get_header (self->resume);
}

const GString *
ismb_sign_in_get_early (IsmbSignIn *self)
{
  return ismb_resume_watch_get_early (self->resume);
}

IsmbSignIn *
ismb_sign_in_new (const char *password, gboolean secret, const IsmbResume *resume)
{
  IsmbSignIn *self = g_new0 (IsmbSignIn, 1);

  self->scram = ismb_scram_watch_new (password, secret);
  self->resume = ismb_resume_watch_new (resume);
  return self;
}

void
ismb_sign_in_free (IsmbSignIn *self)
{
  g_clear_pointer (&self->scram, ismb_scram_watch_free);
  ismb_resume_watch_free (self->resume);
  g_free (self);
}
