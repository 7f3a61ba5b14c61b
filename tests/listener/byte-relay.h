/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A wire between a port of its own and another one on this host, for tests: it carries bytes, knows
 * nothing of them, and breaks after as many as it is told. */
typedef struct _ByteRelay ByteRelay;

ByteRelay *byte_relay_new       (GMainContext *loop, guint16 target);
void       byte_relay_free      (ByteRelay *self);
guint16    byte_relay_get_port  (ByteRelay *self);
/* Connections to come break after a number of bytes below that; 0: they last. */
void       byte_relay_set_limit (ByteRelay *self, guint bytes);
/* All that are there break now. */
void       byte_relay_cut       (ByteRelay *self);
guint      byte_relay_count_open (ByteRelay *self);
guint      byte_relay_count_cuts (ByteRelay *self); /* as their bytes were used up */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ByteRelay, byte_relay_free)

G_END_DECLS
