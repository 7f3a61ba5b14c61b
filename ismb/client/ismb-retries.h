/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-backoff.h"
#include "ismb/client/ismb-connection-config.h"

G_BEGIN_DECLS

/* What came of a connection's attempts so far, and when and where the next one is made. Zeroed,
 * there was none. */
typedef struct
{
  IsmbBackoff backoff;
  guint failures;    /* in a row */
  gint64 started_at; /* the session */
  char *via;         /* where the server has sent us */
  guint redirects;   /* in a row */
} IsmbRetries;

void ismb_retries_clear (IsmbRetries *self);
void ismb_retries_note_session (IsmbRetries *self);
/* RFC 6120, 4.9.3.19. `host`: where the server sends us, or NULL, which forgets where we were sent
 * before. FALSE: nowhere, or in circles. */
gboolean ismb_retries_follow (IsmbRetries *self, const char *host);
/* Whether there is a next attempt; `had_session`: it was one that broke. */
gboolean ismb_retries_may (const IsmbRetries *self, const IsmbConnectionConfig *config,
                           gboolean had_session);
/* Milliseconds until then, at least one. */
guint ismb_retries_next (IsmbRetries *self, const IsmbConnectionConfig *config,
                         gboolean had_session);

G_END_DECLS
