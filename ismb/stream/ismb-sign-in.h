/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/stream/ismb-resume-watch.h"
#include "ismb/stream/ismb-tag-scanner.h"

G_BEGIN_DECLS

/* What looks on while libstrophe signs in: the SCRAM watch, and behind SASL the watch that resumes
 * and binds. It is shown headers and complete elements of both sides before they go on. */
typedef struct _IsmbSignIn IsmbSignIn;

typedef enum
{
  ISMB_SIGN_IN_GO_ON,
  ISMB_SIGN_IN_NEXT,      /* the server refused this mechanism; libstrophe tries another */
  ISMB_SIGN_IN_RESTARTED, /* authenticated: both sides begin a new stream */
  ISMB_SIGN_IN_DONE,      /* the session is bound; nothing more to see */
  ISMB_SIGN_IN_REFUSED,   /* the error is set */
} IsmbSignInVerdict;

/* `secret`: nobody reads along, so PLAIN may be sent. `resume` may be NULL. */
IsmbSignIn        *ismb_sign_in_new         (const char *password, gboolean secret,
                                             const IsmbResume *resume);
void               ismb_sign_in_free        (IsmbSignIn *self);
/* What goes on in the element's place is appended: to libstrophe, to the server. */
IsmbSignInVerdict  ismb_sign_in_came        (IsmbSignIn *self, IsmbScan scan, const char *bytes,
                                             gsize length, GString *inward, GString *outward,
                                             GError **error);
IsmbSignInVerdict  ismb_sign_in_sent        (IsmbSignIn *self, IsmbScan scan, const char *bytes,
                                             gsize length, GString *outward, GError **error);
/* FALSE with ISMB_ERROR_UNSUPPORTED: a stream header (or what stands before it: always TRUE) of a
 * protocol from before XMPP 1.0 (RFC 6120, 4.7.5). */
gboolean           ismb_sign_in_check_header (const char *bytes, gsize length, GError **error);
/* Why the last mechanism was refused, e.g. "not-authorized"; NULL: none was, or SASL is over. */
const char        *ismb_sign_in_get_failure (IsmbSignIn *self);
/* Whether the server has said what it offers. */
gboolean           ismb_sign_in_was_offered (IsmbSignIn *self);
/* Its strings and trees are the sign-in's. */
const IsmbSession *ismb_sign_in_get_session (IsmbSignIn *self);
/* Once it is done: the header of the server's stream, whose prefixes hold in all that follows, and
 * what came of the session already. */
const GString     *ismb_sign_in_get_header  (IsmbSignIn *self);
const GString     *ismb_sign_in_get_early   (IsmbSignIn *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbSignIn, ismb_sign_in_free)

G_END_DECLS
