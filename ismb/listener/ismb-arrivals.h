/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/socket.h>

#include "ismb/listener/ismb-inbound.h"

G_BEGIN_DECLS

/* The connections of other listeners that came in, until each has proven which domain it is. */
typedef struct
{
  IsmbLinkContext *context;
  IsmbCrowd *crowd; /* of IsmbInbound, which come and go by themselves */
  IsmbInboundAdopt adopt;
  gpointer user_data;
} IsmbArrivals;

void ismb_arrivals_init   (IsmbArrivals *self, IsmbLinkContext *context, IsmbInboundAdopt adopt,
                           gpointer user_data);
/* After ismb_arrivals_close (). */
void ismb_arrivals_clear  (IsmbArrivals *self);
/* Takes `fd`: refuses it where there is no room, or no certificate of ours. */
void ismb_arrivals_accept (IsmbArrivals *self, int fd, const struct sockaddr *address);
void ismb_arrivals_close  (IsmbArrivals *self);

G_END_DECLS
