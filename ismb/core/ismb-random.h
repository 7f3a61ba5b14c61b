/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* 32 hex digits, 128 bits from the kernel. Whatever a stranger may see and whatever must not be
 * guessed comes from here: GLib's generator (g_random_int, g_uuid_string_random) tells its state by
 * its outputs, so that ids seen on the wire would give away passwords. */
char *ismb_random_token (void);
/* At most 256 bytes. */
void  ismb_random_fill  (gpointer bytes, gsize size);

G_END_DECLS
