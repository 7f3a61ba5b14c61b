/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/plugins/ismb-form.h>

G_BEGIN_DECLS

#define ISMB_TYPE_COMMAND (ismb_command_get_type ())
G_DECLARE_FINAL_TYPE (IsmbCommand, ismb_command, ISMB, COMMAND, IsmbPayload)

const char *ismb_command_get_node (IsmbCommand *self);
const char *ismb_command_get_session_id (IsmbCommand *self);
const char *ismb_command_get_action (IsmbCommand *self);
const char *ismb_command_get_status (IsmbCommand *self);
char **ismb_command_list_actions (IsmbCommand *self);
const char *ismb_command_get_default_action (IsmbCommand *self);
GVariant *ismb_command_list_notes (IsmbCommand *self);
IsmbForm *ismb_command_get_form (IsmbCommand *self);

G_END_DECLS
