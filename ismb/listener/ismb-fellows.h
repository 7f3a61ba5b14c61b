/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-routes.h"

G_BEGIN_DECLS

/* The other listeners of our fabric (or, with trust=open, of the link): who was only heard of is
 * nobody to talk to, and neither is a foreign domain. */

/* An address at one of them, or at our own domain. */
gboolean   ismb_fellows_include_address (IsmbRoutes *routes, const char *address);
/* Their domains, in no order, borrowed. (transfer container) */
GPtrArray *ismb_fellows_list    (IsmbRoutes *routes);

G_END_DECLS
