/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-client.h"
#include "switchctl/tool/tool.h"

G_BEGIN_DECLS

/* Signs in on the bus. `name` NULL: an account that nobody needs to find, gone with this process.
 */
IsmbClient *bus_open  (Tool *tool, const char *name, GError **error);
/* Runs the main loop till `*done` or until so many milliseconds passed (0: without end). FALSE:
 * time ran out. */
gboolean    bus_wait  (const gboolean *done, guint timeout_ms);
/* Sends a request and waits for its answer. */
IsmbIq     *bus_ask   (IsmbClient *client, IsmbIq *request, guint timeout_ms, GError **error);
/* Closes in order, so that nothing sent is lost, and drops the reference. */
void        bus_close (IsmbClient *client);

/* The switches that `--on` names: domain-parts, host names that lead to just one (`sw2` for
 * `sw2.001122`), `all` (the default), `others` (all but this one), `local`; separated by commas.
 * NULL and an error where one leads to none or to several. */
char      **bus_targets (Tool *tool, const char *on, GError **error);

G_END_DECLS
