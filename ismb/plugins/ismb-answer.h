/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-client.h"

G_BEGIN_DECLS

/* Answers a request with a result that has that payload, which may be NULL; what a handler of
 * requests returns. */
gboolean ismb_answer_send (IsmbClient *client, IsmbStanza *request, IsmbPayload *payload,
                           GError **error);
/* Answers it with an error (of ISMB_STANZA_ERROR as a rule), beside whose condition stands one of
 * its protocol's own. */
void ismb_answer_fail (IsmbClient *client, IsmbStanza *request, const GError *error,
                       const char *own_condition, const char *ns);

G_END_DECLS
