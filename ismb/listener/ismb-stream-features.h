/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-session-context.h"

G_BEGIN_DECLS

/* What a client's stream offers beside TLS and mechanisms (RFC 6120, 4.3.2), as text between
 * <stream:features> and its end. */

/* To whoever it may be. `may_register`: here accounts can be made (XEP-0077). */
void ismb_stream_features_offer_stranger (GString *out, gboolean may_register);
/* To an account that may bind a resource now. */
void ismb_stream_features_offer_account  (GString *out, const IsmbSessionContext *context);

G_END_DECLS
