/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-link.h"

G_BEGIN_DECLS

/* Where a switch that wants to join is to be sent: those of the links whose certificate says that
 * they are registrars, and we, if we are one and reached at `port` (0: not at all). We first, then
 * those with a stream, at last the lost. All addresses of one are for its port; one of whom none is
 * known is left out. (of IsmbPeer) (transfer full) */
GList *ismb_registrars_list (const IsmbLinkContext *context, GPtrArray *links, guint16 port);

G_END_DECLS
