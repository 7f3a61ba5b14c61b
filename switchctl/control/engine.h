/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What became of one command. `text` is what the CLI said, always valid UTF-8 that XML can carry,
 * with standard error in its place; `status` is 0 where the command succeeded, its exit status
 * where it did not, SWITCH_STATUS_* where it never ended by itself. */
typedef struct
{
  int status;
  char *text;
  gint64 duration; /* microseconds */
} SwitchResult;

#define SWITCH_STATUS_UNKNOWN 127  /* no such command, or not one that may run here */
#define SWITCH_STATUS_DEADLINE 124 /* killed at its deadline; the text says so */
#define SWITCH_STATUS_SIGNAL 128   /* plus the number of the signal that ended it */

SwitchResult *switch_result_new  (int status, const char *text, gint64 duration);
void          switch_result_free (SwitchResult *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SwitchResult, switch_result_free)

/* What runs commands: argv on the host, a routing daemon's shell, a vendor's CLI. One command at a
 * time; a command that fails is a result, an error says that nothing could be run at all (or
 * G_IO_ERROR_CANCELLED, and the command is dead by then). */
#define SWITCH_TYPE_ENGINE (switch_engine_get_type ())
G_DECLARE_INTERFACE (SwitchEngine, switch_engine, SWITCH, ENGINE, GObject)

struct _SwitchEngineInterface
{
  GTypeInterface parent;
  GStrv         (*resolve)    (SwitchEngine *self, const char *command, GError **error);
  void          (*run_async)  (SwitchEngine *self, const char *command, GCancellable *cancellable,
                               GAsyncReadyCallback callback, gpointer user_data);
  SwitchResult *(*run_finish) (SwitchEngine *self, GAsyncResult *result, GError **error);
};

/* The argv that run_async () would execute for `command`, the program's absolute path first: what a
 * policy decides about. It depends on the command alone and never on when it is asked.
 * ISMB_ERROR_NOT_FOUND where nothing would be executed, in the words the result would have. */
GStrv         switch_engine_resolve    (SwitchEngine *self, const char *command, GError **error);
void          switch_engine_run_async  (SwitchEngine *self, const char *command,
                                        GCancellable *cancellable, GAsyncReadyCallback callback,
                                        gpointer user_data);
SwitchResult *switch_engine_run_finish (SwitchEngine *self, GAsyncResult *result, GError **error);

G_END_DECLS
