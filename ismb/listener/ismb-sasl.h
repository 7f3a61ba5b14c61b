/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/store/ismb-accounts.h"

G_BEGIN_DECLS

/* The server's side of SASL on one stream (RFC 4422; RFC 6120, section 6): SCRAM with and
 * without channel binding (RFC 5802, 7677, 5929, 9266), PLAIN (RFC 4616), EXTERNAL. It may be
 * started again after a failure; how often, and how long an exchange may last, is the session's
 * to say, and so is <abort/>. */
typedef struct _IsmbSasl IsmbSasl;

/* What the stream stands on. Strings and bytes are copied or referenced. */
typedef struct
{
  const char *domain;   /* ours, prepared: an authzid must be the account's bare JID in it */
  gboolean encrypted;   /* PLAIN is offered: inside TLS, or where no stranger can listen */
  GBytes *exporter;     /* tls-exporter of the TLS session, for -PLUS; or NULL */
  const char
      *external; /* whom the connection itself proves to be there, a prepared local part (by peer
                  * credentials, or a certificate); or NULL: no EXTERNAL. Need not be an account. */
  GBytes *end_point;    /* tls-server-end-point, for -PLUS too; or NULL */
} IsmbSaslContext;

typedef enum
{
  ISMB_SASL_CONTINUE, /* send <challenge/> with the reply */
  ISMB_SASL_SUCCESS,  /* send <success/> with the reply */
  ISMB_SASL_FAILURE,  /* send <failure/> with the condition */
} IsmbSaslResult;

IsmbSasl *ismb_sasl_new (IsmbAccounts *accounts, const IsmbSaslContext *context);
void               ismb_sasl_free           (IsmbSasl *self);
/* What to offer, best first; NULL-terminated, the strings static. Owned by `self`. */
const char *const *ismb_sasl_get_mechanisms (IsmbSasl *self);
/* What a -PLUS mechanism may bind to (XEP-0440), best first; the same way. */
const char *const *ismb_sasl_get_bindings   (IsmbSasl *self);
/* `initial`, `response`: the element's text as it came (base64, "=" for empty data), NULL where it
 * has none; `initial` NULL is no initial response, which is answered by an empty challenge. */
IsmbSaslResult ismb_sasl_start (IsmbSasl *self, const char *mechanism, const char *initial);
IsmbSaslResult     ismb_sasl_respond        (IsmbSasl *self, const char *response);
/* The text for <challenge/> or <success/>, base64; NULL: an element without text. */
const char        *ismb_sasl_get_reply      (IsmbSasl *self);
/* After success: the account's name, a prepared local part. */
const char        *ismb_sasl_get_account    (IsmbSasl *self);
/* After failure: the child of <failure/>, "not-authorized" and the like (RFC 6120, 6.5). */
const char        *ismb_sasl_get_condition  (IsmbSasl *self);
/* After success: the mechanism that did it, for the log. */
const char        *ismb_sasl_get_mechanism  (IsmbSasl *self);
/* For tests with the RFCs' examples: our part of the next nonce. */
void               ismb_sasl_set_nonce      (IsmbSasl *self, const char *nonce);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbSasl, ismb_sasl_free)

G_END_DECLS
