/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What time it is at least. Switches boot in 1970, and a certificate that ended must not be good
 * again for that. The floor is the latest of: when this was built, when the daemon was last seen
 * running (kept in a file, a line of unix seconds), and, while the host's clock stands before
 * those and so is known to be wrong, what the fabric's CA has signed since. A clock that may be
 * right is not moved by a signature: one registrar with a wrong clock would end everybody's
 * certificates. */
typedef struct _IsmbClock IsmbClock;

/* A file that cannot be read is an error: without it the floor would fall. */
IsmbClock *ismb_clock_load      (const char *path, GError **error);
void       ismb_clock_free      (IsmbClock *self);
gint64     ismb_clock_now       (IsmbClock *self); /* unix seconds; never before the floor */
gint64     ismb_clock_get_floor (IsmbClock *self);
gint64     ismb_clock_get_host  (IsmbClock *self); /* what the host says */
/* Does the host say less than the floor? */
gboolean   ismb_clock_is_behind (IsmbClock *self);
/* The CA has signed something at that time. */
void       ismb_clock_learn     (IsmbClock *self, gint64 time);
/* Keeps the time of now, if it is later than what is kept. */
gboolean   ismb_clock_keep      (IsmbClock *self, GError **error);
/* The host's clock, where a test has another. */
void       ismb_clock_set_host  (IsmbClock *self, gint64 (*host) (void));

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbClock, ismb_clock_free)

G_END_DECLS
