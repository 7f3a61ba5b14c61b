/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-crowd.h"
#include "ismb/listener/ismb-link.h"

G_BEGIN_DECLS

/* An accepted s2s connection, until it has proven which domain it is; then it hands its stream to
 * that domain's link: callback `adopt` returns the link (made if needed), or NULL to refuse. */
typedef struct _IsmbInbound IsmbInbound;
typedef IsmbLink *(*IsmbInboundAdopt) (const char *domain, gpointer user_data);

/* Takes `fd`. Frees itself. It is in the crowd while it lives, so that the listener can count and,
 * with ismb_inbound_close (), end them. */
void ismb_inbound_new   (IsmbLinkContext *context, int fd, IsmbCrowd *crowd,
                         const IsmbSource *source, IsmbInboundAdopt adopt, gpointer user_data);
/* At once and without a word; it is gone, from the crowd too, when this returns. */
void ismb_inbound_close (IsmbInbound *inbound);
/* Where it comes from, for people. */
const char *ismb_inbound_get_address (IsmbInbound *inbound);

G_END_DECLS
