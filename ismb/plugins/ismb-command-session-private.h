/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-iq.h"
#include "ismb/plugins/ismb-command-session.h"
#include "ismb/plugins/ismb-command.h"

G_BEGIN_DECLS

/* What it asks of the plugin. `owner` is NULL for a session that the plugin let go. */
typedef struct
{
  void (*answer) (gpointer owner, IsmbStanza *request, IsmbElement *command);
  void (*fail) (gpointer owner, IsmbStanza *request, const GError *error, const char *condition);
  void (*over) (gpointer owner, IsmbCommandSession *session);
} IsmbCommandSessionCallbacks;

IsmbCommandSession *_ismb_command_session_new (gpointer owner,
                                               const IsmbCommandSessionCallbacks *callbacks,
                                               const char *node, IsmbJid *from);
void _ismb_command_session_let_go (IsmbCommandSession *self);
/* The first step. */
void _ismb_command_session_begin (IsmbCommandSession *self, IsmbIq *request,
                                  IsmbCommandFunc callback, gpointer user_data);
/* Whether a step is under way still: nothing but to cancel it can be done then. */
gboolean _ismb_command_session_is_busy (IsmbCommandSession *self);
/* Each other one. */
void _ismb_command_session_take (IsmbCommandSession *self, IsmbIq *request, IsmbCommand *command);
/* Of g_get_monotonic_time (): when something was last done in it. */
gint64 _ismb_command_session_get_touched (IsmbCommandSession *self);

G_END_DECLS
