/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-iq.h"

G_BEGIN_DECLS

/* The iq requests that wait for an answer. Their ids cannot be guessed, and an answer counts only
 * if it comes from where the request went. */
typedef struct _IsmbRequests IsmbRequests;

#define ISMB_REQUESTS_MAX 1000

IsmbRequests *ismb_requests_new (void);
void ismb_requests_free (IsmbRequests *self);
char *ismb_requests_new_id (IsmbRequests *self);
/* Gives `iq` an id of ours; `task` returns the answering IsmbIq, or an ISMB_STANZA_ERROR (error
 * answer), ISMB_ERROR_TIMEOUT, ISMB_ERROR_NOT_CONNECTED or G_IO_ERROR_CANCELLED. Takes the task;
 * FALSE: too many wait, and the task has returned ISMB_ERROR_FAILED. */
gboolean ismb_requests_add (IsmbRequests *self, IsmbIq *iq, guint timeout_ms, GTask *task);
/* `own`: the bound address, or NULL. TRUE: it answered a request of ours. */
gboolean ismb_requests_answer (IsmbRequests *self, IsmbIq *answer, IsmbJid *own);
/* Whether one of that id waits. */
gboolean ismb_requests_has (IsmbRequests *self, const char *id);
/* Fails one (its stanza could not be sent) or, with a NULL id, all. */
void ismb_requests_fail (IsmbRequests *self, const char *id, const GError *error);
/* Fails all but those that `is_kept`, as they are yet to be sent. */
void ismb_requests_fail_others (IsmbRequests *self,
                                gboolean (*is_kept) (const char *id, gpointer user_data),
                                gpointer user_data, const GError *error);

G_END_DECLS
