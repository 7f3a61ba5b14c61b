/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/store/ismb-accounts.h"

G_BEGIN_DECLS

/* SCRAM's four messages, the server's side (RFC 5802, section 5): what a client sends is taken
 * apart here. Where a function fails it sets a condition of RFC 6120, 6.5. */
typedef struct _IsmbScramExchange IsmbScramExchange;

#define ISMB_SCRAM_TLS_EXPORTER "tls-exporter"                 /* RFC 9266 */
#define ISMB_SCRAM_TLS_SERVER_END_POINT "tls-server-end-point" /* RFC 5929 */

/* What a client may bind to; where both are NULL we offer no -PLUS. */
typedef struct
{
  gboolean required; /* a -PLUS mechanism */
  GBytes *exporter, *end_point;
} IsmbScramBinding;

/* From the client's first message. */
IsmbScramExchange *ismb_scram_exchange_new (GChecksumType hash, const IsmbScramBinding *binding,
                                            const char *first, const char **condition);
void               ismb_scram_exchange_free        (IsmbScramExchange *self);
/* As the client wrote them; the authzid may be empty. */
const char        *ismb_scram_exchange_get_name    (IsmbScramExchange *self);
const char        *ismb_scram_exchange_get_authzid (IsmbScramExchange *self);
/* Our first message. `account`: the prepared name, NULL where the name cannot be one. `exists`: the
 * keys are the account's; with invented ones the exchange goes on as if, and fails at its end.
 * `nonce`: ours, NULL for a random one. */
const char        *ismb_scram_exchange_challenge   (IsmbScramExchange *self, const char *account,
                                                    const IsmbScramKeys *keys, gboolean exists,
                                                    const char *nonce);
/* Our last message, if the client has proved that it knows the password; NULL else. */
char              *ismb_scram_exchange_finish      (IsmbScramExchange *self, const char *last,
                                                    const char **condition);
/* Who has proved it. */
const char        *ismb_scram_exchange_get_account (IsmbScramExchange *self);

/* Strict: canonical base64 and nothing else, "=" or "" for no bytes. A NUL follows the bytes; NULL
 * if wrong. */
char              *ismb_scram_decode_base64        (const char *text, gsize *size);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbScramExchange, ismb_scram_exchange_free)

G_END_DECLS
