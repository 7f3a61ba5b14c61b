/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/local/ismb-control-generated.h"

G_BEGIN_DECLS

/* net.ismb.Log1: the levels of the log at run time, and traces. `configured`: the levels to go back
 * to; it outlives the object. Who has the bodies of messages traced is told to the log. */
IsmbDBusLog1 *switch_log_bus_new (const char *configured);

G_END_DECLS
