/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/client/ismb-plugin.h>

G_BEGIN_DECLS

#define ISMB_TYPE_CHAT_STATES (ismb_chat_states_get_type ())
G_DECLARE_FINAL_TYPE (IsmbChatStates, ismb_chat_states, ISMB, CHAT_STATES, IsmbPlugin)

const char *ismb_chat_states_get_state (IsmbMessage *message);
gboolean    ismb_chat_states_set_state (IsmbMessage *message, const char *state);
gboolean    ismb_chat_states_send      (IsmbChatStates *self, IsmbJid *to, const char *state,
                                        GError **error);

G_END_DECLS
