/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ismb/client/ismb-plugin.h>
#include <ismb/plugins/ismb-command.h>

G_BEGIN_DECLS

#define ISMB_TYPE_COMMAND_RUN (ismb_command_run_get_type ())
G_DECLARE_FINAL_TYPE (IsmbCommandRun, ismb_command_run, ISMB, COMMAND_RUN, GObject)

IsmbJid *ismb_command_run_get_jid (IsmbCommandRun *self);
const char *ismb_command_run_get_node (IsmbCommandRun *self);
const char *ismb_command_run_get_status (IsmbCommandRun *self);
IsmbCommand *ismb_command_run_get_command (IsmbCommandRun *self);
IsmbForm *ismb_command_run_get_form (IsmbCommandRun *self);
void ismb_command_run_act_async (IsmbCommandRun *self, const char *action, IsmbForm *form,
                                 GCancellable *cancellable, GAsyncReadyCallback callback,
                                 gpointer user_data);
gboolean ismb_command_run_act_finish (IsmbCommandRun *self, GAsyncResult *result, GError **error);

G_END_DECLS
