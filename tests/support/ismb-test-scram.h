/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A server's half of SCRAM-SHA-1 (RFC 5802). */

/* With what passwords are salted: part of the first message. */
#define ISMB_TEST_SCRAM_SALT "s=c2FsdHNhbHQ=,i=4096"

/* The value of an attribute, e.g. "r=", of a message; empty where it is not. */
char *ismb_test_scram_get (const char *message, const char *attribute);
/* The proof that the client owes, and the signature that the server then owes, in base64. */
void ismb_test_scram_prove (const char *secret, const char *auth_message, char **proof,
                            char **signature);

G_END_DECLS
