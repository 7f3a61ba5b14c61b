/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-session-context.h"
#include "ismb/stream/ismb-stream.h"

G_BEGIN_DECLS

/* A client's stream until it is known whose it is (RFC 6120, 5 and 6): offers TLS and mechanisms,
 * leads the exchanges, counts the failures. The stream is the session's, which hands on what comes
 * and closes it where it is told to. */
typedef struct _IsmbAuthentication IsmbAuthentication;

typedef struct
{
  /* <success/> is on its way, a new <stream:stream> is to come; the last callback, which may free
   * the authentication. `account`: a prepared local part. `proof`: what the certificate has proven
   * that it was by; or NULL. */
  void (*succeeded) (const char *account, const IsmbProof *proof, gpointer owner);
  /* The channel will not be bound, as the client's software knows no way that this TLS has. */
  void (*unbound)   (gpointer owner);
  /* It cannot succeed any more: the stream is to end with `condition`, NULL: in order. */
  void (*failed)    (const char *condition, const char *text, gpointer owner);
} IsmbAuthenticationCallbacks;

IsmbAuthentication *ismb_authentication_new   (const IsmbSessionContext *context,
                                               const IsmbSessionOrigin *origin, IsmbStream *stream,
                                               const IsmbAuthenticationCallbacks *callbacks,
                                               gpointer owner);
void                ismb_authentication_free  (IsmbAuthentication *self); /* allows NULL */
/* The stream has a header in each direction: sends its features. */
void                ismb_authentication_offer (IsmbAuthentication *self);
/* What came on the stream. */
void                ismb_authentication_take  (IsmbAuthentication *self, IsmbFrame *frame);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbAuthentication, ismb_authentication_free)

G_END_DECLS
