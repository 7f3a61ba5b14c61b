/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
G_BEGIN_DECLS

/* A client's half of SCRAM-SHA-1 without channel binding (RFC 5802). What takes long, the
 * derivation of the keys, is done once for an account and a salt, so that many logins cost the load
 * generator little. */
typedef struct _BenchScram BenchScram;

BenchScram *bench_scram_new (const char *password);
void bench_scram_free (BenchScram *self);

/* The first message, in base64. `nonce` is of letters and digits. */
char *bench_scram_begin (const char *account, const char *nonce);

/* The answer to `challenge`, and what the server must answer to that, both in base64. NULL: the
 * challenge is no answer to the first message. */
char *bench_scram_answer (BenchScram *self, const char *account, const char *nonce,
                          const char *challenge, char **expected);

G_END_DECLS
