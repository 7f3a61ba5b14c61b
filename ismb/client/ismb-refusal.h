/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-stanza.h"

G_BEGIN_DECLS

/* The error that answers a stanza of that kind, ISMB_TYPE_MESSAGE or ISMB_TYPE_IQ, from `to`, which
 * may be NULL, with that `id`, which may be, too. An `error` that is not of ISMB_STANZA_ERROR is
 * ours to know: the other side is told that something went wrong. */
IsmbStanza *ismb_refusal_new (GType kind, IsmbJid *to, const char *id, const GError *error);

G_END_DECLS
