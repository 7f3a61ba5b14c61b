/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-dialer.h"
#include "ismb/core/ismb-failure.h"

G_BEGIN_DECLS

/* Why a connection ended, or could not be made: whether that may pass, and how it is told. */
typedef struct _IsmbEnding IsmbEnding;

/* `error` may be NULL: the server went in order, but nobody had asked it to. `condition`: the
 * server's word, of SASL or of the stream, or NULL. `who`: the address that was signed in, or NULL.
 * `outcome` may be NULL. */
IsmbEnding *ismb_ending_new (const GError *error, const char *condition, const char *who,
                             const IsmbDialOutcome *outcome);
void ismb_ending_free (IsmbEnding *self);
/* Whether to try again makes sense. A wrong password, a certificate that does not hold and an
 * address that another client has taken do not pass by themselves. */
gboolean ismb_ending_passes (IsmbEnding *self);
gboolean ismb_ending_matches (IsmbEnding *self, int code);
gboolean ismb_ending_has_condition (IsmbEnding *self, const char *condition);
/* (transfer none) */
IsmbFailure *ismb_ending_get_failure (IsmbEnding *self);
const char *ismb_ending_get_message (IsmbEnding *self);
/* (transfer full) */
GError *ismb_ending_to_error (IsmbEnding *self);
/* The events that tell the cause, by SleekXMPP's names. */
void ismb_ending_tell (IsmbEnding *self,
                       void (*tell) (const char *event, gpointer payload, gpointer user_data),
                       gpointer user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbEnding, ismb_ending_free)

G_END_DECLS
