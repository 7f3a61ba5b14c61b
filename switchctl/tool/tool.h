/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/local/ismb-control-generated.h"

G_BEGIN_DECLS

/* What an operator's script can rely on. */
typedef enum
{
  TOOL_EXIT_OK = 0,
  TOOL_EXIT_FAILED = 1,     /* some target failed, or the daemon said no */
  TOOL_EXIT_USAGE = 2,
  TOOL_EXIT_NO_DAEMON = 3,
} ToolExit;

/* What every verb gets: the options of all, and the way to the daemon. */
typedef struct
{
  char *runtime_dir;
  char *vr;
  gboolean vr_named;          /* by --vr: else it is VR-Mgmt */
  gboolean json;
  GDBusConnection *control;   /* after tool_connect () */
} Tool;

/* A verb takes its own words, argv[0] being its name, and returns the exit code. */
typedef ToolExit (*ToolVerb) (Tool *tool, int argc, char **argv);

ToolExit tool_verb_account (Tool *tool, int argc, char **argv);
ToolExit tool_verb_audit   (Tool *tool, int argc, char **argv);
ToolExit tool_verb_fabric  (Tool *tool, int argc, char **argv);
ToolExit tool_verb_listen  (Tool *tool, int argc, char **argv);
ToolExit tool_verb_log     (Tool *tool, int argc, char **argv);
ToolExit tool_verb_peers   (Tool *tool, int argc, char **argv);
ToolExit tool_verb_policy  (Tool *tool, int argc, char **argv);
ToolExit tool_verb_push    (Tool *tool, int argc, char **argv);
ToolExit tool_verb_run     (Tool *tool, int argc, char **argv);
ToolExit tool_verb_send    (Tool *tool, int argc, char **argv);
ToolExit tool_verb_status  (Tool *tool, int argc, char **argv);
ToolExit tool_verb_trace   (Tool *tool, int argc, char **argv);
ToolExit tool_verb_vr      (Tool *tool, int argc, char **argv);

/* Parses a verb's options, and those that may stand before it as well; what is left stays in argc
 * and argv. FALSE: told why, leave with TOOL_EXIT_USAGE. */
gboolean tool_parse (Tool *tool, int *argc, char ***argv, const GOptionEntry *entries,
                     const char *words, const char *summary);
/* Says on stderr how the verb is used; for a wrong number of words. */
ToolExit tool_usage (const char *verb, const char *words);
/* Prints the error and tells the exit code for it. */
ToolExit tool_fail  (const GError *error);

gboolean                  tool_connect (Tool *tool, GError **error);
IsmbDBusManager1         *tool_manager (Tool *tool, GError **error);
IsmbDBusFabric1          *tool_fabric  (Tool *tool, GError **error);
IsmbDBusLog1             *tool_log     (Tool *tool, GError **error);
/* A virtual router's object; one that is not configured is ISMB_ERROR_NO_VIRTUAL_ROUTER. */
IsmbDBusVirtualRouter1   *tool_virtual_router (Tool *tool, const char *name, GError **error);

/* Says on stderr what a virtual router that is up for this host alone waits for. */
void                      tool_note_waiting   (IsmbDBusVirtualRouter1 *router);
/* Says on stderr where commands and files are taken, if they were sent elsewhere. */
void                      tool_note_elsewhere (Tool *tool);

G_END_DECLS
