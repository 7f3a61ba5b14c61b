/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/core/ismb-jid.h>
#include <ismb/plugins/ismb-form.h>

G_BEGIN_DECLS

#define ISMB_TYPE_COMMAND_SESSION (ismb_command_session_get_type ())
G_DECLARE_FINAL_TYPE (IsmbCommandSession, ismb_command_session, ISMB, COMMAND_SESSION, GObject)

/**
 * IsmbCommandFunc:
 * @session: the run of the command, and what it was given in this step
 * @user_data: what was given with the function
 * @error: return location for a #GError
 *
 * Does a step of a command, and says in @session what is answered.
 *
 * Returns: %TRUE; %FALSE with @error set, which is answered, and the run is over
 */
typedef gboolean (*IsmbCommandFunc) (IsmbCommandSession *session, gpointer user_data,
                                     GError **error);

const char *ismb_command_session_get_id (IsmbCommandSession *self);
const char *ismb_command_session_get_node (IsmbCommandSession *self);
IsmbJid *ismb_command_session_get_from_jid (IsmbCommandSession *self);
const char *ismb_command_session_get_action (IsmbCommandSession *self);
IsmbForm *ismb_command_session_get_answer (IsmbCommandSession *self);
void ismb_command_session_set_form (IsmbCommandSession *self, IsmbForm *form);
void ismb_command_session_add_payload (IsmbCommandSession *self, IsmbPayload *payload);
void ismb_command_session_add_note (IsmbCommandSession *self, const char *kind, const char *text);
void ismb_command_session_set_next (IsmbCommandSession *self, IsmbCommandFunc callback,
                                    gpointer user_data, GDestroyNotify destroy);
void ismb_command_session_set_prev (IsmbCommandSession *self, IsmbCommandFunc callback,
                                    gpointer user_data, GDestroyNotify destroy);
void ismb_command_session_set_cancel (IsmbCommandSession *self, IsmbCommandFunc callback,
                                      gpointer user_data, GDestroyNotify destroy);
void ismb_command_session_set_has_next (IsmbCommandSession *self, gboolean has_next);
void ismb_command_session_set_allow_complete (IsmbCommandSession *self, gboolean allow_complete);
void ismb_command_session_hold (IsmbCommandSession *self);
void ismb_command_session_release (IsmbCommandSession *self, const GError *error);

G_END_DECLS
