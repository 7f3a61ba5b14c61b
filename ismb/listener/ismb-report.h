/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a listener tells of those who came without being members, for the audit table: whom it
 * let join, whom it turned away, who made himself an account. A stranger causes as many as he likes; whoever keeps them sets
 * the bound. Borrowed for the call; NULL texts are empty. */
typedef struct
{
  const char *what;    /* "join", "stream", "dial", "connections", "names", "revoked", "renew",
                        * "account" */
  const char *who;     /* the domain that is claimed, or a certificate has; the account */
  const char *device;  /* the device id whose key was proven */
  const char *source;  /* the numeric address */
  gboolean allowed;
  const char *rule;    /* what decided: "token 0123...", "approved", "certificate", "limit" */
  const char *outcome; /* one sentence */
} IsmbReport;

typedef void (*IsmbReporter) (const IsmbReport *report, gpointer user_data);

G_END_DECLS
