/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "switchctl/tool/tool.h"

G_BEGIN_DECLS

/* The deeds of `switchctl fabric`. What a script wants is on stdout, what a person may do next on
 * stderr. argv[0] is "fabric DEED". */
ToolExit fabric_accept   (Tool *tool, int argc, char **argv);
ToolExit fabric_approve  (Tool *tool, int argc, char **argv);
ToolExit fabric_ca       (Tool *tool, int argc, char **argv);
ToolExit fabric_init     (Tool *tool, int argc, char **argv);
ToolExit fabric_install  (Tool *tool, int argc, char **argv);
ToolExit fabric_invite   (Tool *tool, int argc, char **argv);
ToolExit fabric_join     (Tool *tool, int argc, char **argv);
ToolExit fabric_leave    (Tool *tool, int argc, char **argv);
ToolExit fabric_list     (Tool *tool, int argc, char **argv);
ToolExit fabric_request  (Tool *tool, int argc, char **argv);
ToolExit fabric_revoke   (Tool *tool, int argc, char **argv);
ToolExit fabric_rollover (Tool *tool, int argc, char **argv);
ToolExit fabric_sign     (Tool *tool, int argc, char **argv);
ToolExit fabric_status   (Tool *tool, int argc, char **argv);

/* Says on stderr what is wrong where the text of an option is no duration from 1 s to ten years. */
gboolean  fabric_read_duration (const char *option, const char *text, guint *seconds);
/* A file, or stdin for "-". */
char     *fabric_read_text     (const char *path, GError **error);
/* One object with a text in it. */
void      fabric_print_json    (const char *name, const char *text);
GVariant *fabric_get_status    (IsmbDBusFabric1 *fabric, GError **error);
/* A text of a dictionary, or "". */
const char *fabric_get_text    (GVariant *dict, const char *name);
/* "2027-02-20 08:00 UTC" */
char     *fabric_format_time   (gint64 time);
/* Asks a person. FALSE where the answer is no; where nobody is there `*asked` is FALSE as well. */
gboolean  fabric_confirm       (const char *question, gboolean *asked);

G_END_DECLS
