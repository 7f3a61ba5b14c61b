/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/stream/ismb-frame.h"

G_BEGIN_DECLS

/* A target that reads more slowly than it is written to, from the time 1 MiB waits for it until
 * less than 256 KiB do. Meanwhile each source (an account of ours, any other domain as a whole) may
 * add 256 KiB, and nobody anything that would make it more than 6 MiB: whoever floods a target
 * takes it from nobody else, and the target's stream need not be cut. */
typedef struct _IsmbCongestion IsmbCongestion;

/* May `frame` be added to the `waiting` bytes? `self` is where its owner keeps it, NULL while there
 * is none; `domain` is ours, `target` is for logs. */
gboolean ismb_congestion_admits (IsmbCongestion **self, const char *target, gsize waiting,
                                 const IsmbFrame *frame, const char *domain);
/* The target is gone. Allows NULL. */
void     ismb_congestion_free   (IsmbCongestion *self);

G_END_DECLS
