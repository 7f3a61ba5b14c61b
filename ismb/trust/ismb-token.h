/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* An invitation as its holder has it: "ISMB1.<fabric>.<CA hash>.<secret>.<check>". The fabric's
 * name, percent-encoded (RFC 3986; a dot too), for people; the CA's hash, 64 hex digits; 32 hex
 * digits, 128 random bits; and the first 8 hex digits of the SHA-256 of what stands before, dot
 * included, so that a slip of the hand is told from a token of another fabric. At most 512
 * bytes. */
typedef struct
{
  char *fabric;  /* nothing vouches for it */
  char *ca_hash; /* lower case */
  char *secret;
} IsmbToken;

IsmbToken *ismb_token_new   (const char *fabric, const char *ca_hash);
/* Space around it is fine. ISMB_ERROR_BAD_CONFIG says what is wrong with it. */
IsmbToken *ismb_token_parse (const char *text, GError **error);
IsmbToken *ismb_token_copy  (const IsmbToken *self);
void       ismb_token_free  (IsmbToken *self); /* wipes the secret */
/* Wipe it after use: ismb_key_file_wipe (). */
char      *ismb_token_to_text (const IsmbToken *self);
/* 16 hex digits that name it and tell nothing of the secret. */
char      *ismb_token_dup_id (const IsmbToken *self);

/* Proof of the secret, in the manner of SCRAM (RFC 5802): the registrar keeps a verifier, with
 * which a proof can be checked and none be made. It holds for one TLS session, whose exporter
 * (RFC 9266, 32 bytes) is in it, and for one request (PEM, byte for byte, at most 10,000). */
char      *ismb_token_dup_verifier (const IsmbToken *self); /* 64 hex digits */
char      *ismb_token_prove (const IsmbToken *self, GBytes *exporter, const char *request_pem);
gboolean   ismb_token_check (const char *verifier, const char *proof, GBytes *exporter,
                             const char *request_pem);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbToken, ismb_token_free)

G_END_DECLS
