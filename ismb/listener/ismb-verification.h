/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-foreigners.h"
#include "ismb/listener/ismb-link-context.h"

G_BEGIN_DECLS

/* The question to a foreign domain's own server whether a dialback key is its own: on a stream of
 * its own, to the address that the operator named, whoever has brought the key from wherever
 * (XEP-0220, 2.1.2). */
typedef struct _IsmbVerification IsmbVerification;

/* Once, never from inside a call of the owner's, who frees it in it. `condition`: why it could not
 * be asked (XEP-0220, 2.5), NULL where it was; `valid`: it is its own. */
typedef void (*IsmbVerificationAnswered) (IsmbVerification *self, gboolean valid,
                                          const char *condition, gpointer owner);

/* `id`: what we call the stream that the key came on. NULL: too many are under way, or there is no
 * way to ask. */
IsmbVerification *ismb_verification_new  (IsmbLinkContext *context, IsmbForeigner *foreigner,
                                const IsmbSource *source, const char *id, const char *key,
                                IsmbVerificationAnswered answered, gpointer owner);
void         ismb_verification_free (IsmbVerification *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbVerification, ismb_verification_free)

G_END_DECLS
