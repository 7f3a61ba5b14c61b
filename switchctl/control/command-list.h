/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-message.h"
#include "switchctl/control/engine.h"

G_BEGIN_DECLS

/* The lists of commands that were sent to us: which wait, which run, and what is answered. Commands
 * of a list run in order and stop at the first that fails; one list at a time for each sender's
 * account. */

#define SWITCH_ANSWER_TEXT_MAX (192 * 1024) /* bytes: a stanza may have 256 kB */

/* The answers, each one message for the sender of `request`. `condition` is RFC 6120's. */
IsmbMessage *switch_answer_text         (IsmbMessage *request, const char *text);
IsmbMessage *switch_answer_failure      (IsmbMessage *request, const char *condition,
                                         const char *text);
IsmbMessage *switch_answer_syntax_error (IsmbMessage *request);

/* Runs the commands; returns the answer, never an error but G_IO_ERROR_CANCELLED. */
void         switch_command_list_run_async  (IsmbMessage *request, const char *const *commands,
                                             SwitchEngine *engine, GCancellable *cancellable,
                                             GAsyncReadyCallback callback, gpointer user_data);
IsmbMessage *switch_command_list_run_finish (GAsyncResult *result, GError **error);
/* What became of it, for the record: the exit status of each command that ran, with spaces between,
 * and why nothing ran after them where the engine failed. (transfer full) */
char        *switch_command_list_dup_outcome (GAsyncResult *result);

G_END_DECLS
