/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Once, when the start is over: gives back the memory that only it needed. */
void switch_footprint_reduce_later (void);

G_END_DECLS
