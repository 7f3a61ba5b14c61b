/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-iq.h"
#include "ismb/transfer/ismb-transfer-outcome.h"

G_BEGIN_DECLS

/* An outcome travels as a stanza error: a condition of RFC 6120 that no other outcome has, and
 * beside it our own element of the outcome's name. Errors come from files (EXISTS, NO_SPACE,
 * INVALID_DATA, ...) and from answers to requests. */
IsmbTransferOutcome _ismb_outcome_of_error (const GError *error);
IsmbIq             *_ismb_outcome_reply    (IsmbIq *request, IsmbTransferOutcome outcome,
                                            const char *text);

G_END_DECLS
