/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/store/ismb-offline.h"
#include "ismb/stream/ismb-frame.h"

G_BEGIN_DECLS

/* What a message lies in while it waits for an account: the text that is stored, with the id that
 * the account's listener gives it (XEP-0359), and how it is read again. */

/* Is it of the moment only: nobody is owed that it outlives that? */
gboolean   ismb_envelope_is_fleeting (const IsmbFrame *message);
/* Whether it may wait at all: XEP-0160, 3, by its type and by what it carries; XEP-0334,
 * no-store. */
gboolean   ismb_envelope_is_worth (const IsmbFrame *message);
/* `by`: the account's address. */
char      *ismb_envelope_seal     (const IsmbFrame *message, const char *by);
/* The message with the time at which it came (XEP-0203), told by our domain; NULL: what was stored
 * is damaged. */
IsmbFrame *ismb_envelope_open     (const IsmbOfflineMessage *stored, const char *domain);
/* Any stanza that was stored as it came; NULL: it is damaged, or of another kind. */
IsmbFrame *ismb_envelope_read     (const char *text, IsmbFrameKind kind);

G_END_DECLS
