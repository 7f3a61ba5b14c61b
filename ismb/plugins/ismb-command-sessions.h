/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/plugins/ismb-command-session-private.h"

G_BEGIN_DECLS

/* The runs of a client's commands: so many at a time, so many of one account, and none for longer
 * than it is used. */
typedef struct _IsmbCommandSessions IsmbCommandSessions;

IsmbCommandSessions *ismb_command_sessions_new (void);
void ismb_command_sessions_free (IsmbCommandSessions *self);
/* FALSE: there are too many. */
gboolean ismb_command_sessions_add (IsmbCommandSessions *self, IsmbCommandSession *session);
/* (transfer none); NULL: it is not there, of this user and command. */
IsmbCommandSession *ismb_command_sessions_find (IsmbCommandSessions *self, const char *id,
                                                IsmbJid *from, const char *node);
void ismb_command_sessions_remove (IsmbCommandSessions *self, IsmbCommandSession *session);
/* All in which nothing was done for so many microseconds. */
void ismb_command_sessions_expire (IsmbCommandSessions *self, gint64 age);
/* Whether one of that id went that way, not long ago. */
gboolean ismb_command_sessions_expired (IsmbCommandSessions *self, const char *id);
/* All of a command; NULL: of every one. */
void ismb_command_sessions_drop (IsmbCommandSessions *self, const char *node);
gboolean ismb_command_sessions_is_empty (IsmbCommandSessions *self);

G_END_DECLS
