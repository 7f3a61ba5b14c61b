/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/core/ismb-stanza.h>

G_BEGIN_DECLS

#define ISMB_TYPE_IQ (ismb_iq_get_type ())
G_DECLARE_FINAL_TYPE (IsmbIq, ismb_iq, ISMB, IQ, IsmbStanza)

IsmbIq     *ismb_iq_new                  (IsmbJid *to, const char *stanza_type);
const char *ismb_iq_get_payload_name     (IsmbIq *self);
const char *ismb_iq_get_payload_ns       (IsmbIq *self);
void        ismb_iq_set_payload          (IsmbIq *self, const char *name, const char *ns);
IsmbIq     *ismb_iq_reply                (IsmbIq *self);
IsmbIq     *ismb_iq_reply_error          (IsmbIq *self, const char *condition, const char *text);

G_END_DECLS
