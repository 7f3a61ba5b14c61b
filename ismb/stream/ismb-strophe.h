/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/stream/ismb-outlet.h"

G_BEGIN_DECLS

/* libstrophe behind one file: the opening of a stream, SASL, resource binding and the end, on one
 * end of a socketpair, in the main context that is the thread's default at start. It knows no
 * address, no TLS, no stanza and no timer but its own; it sleeps while nothing happens. */
typedef struct _IsmbStrophe IsmbStrophe;

/* Called from the outlet: each may run a nested main loop, and may stop or free the object. */
typedef struct
{
  void (*ready) (const char *bound_jid, gpointer user_data); /* signed in and bound */
  /* Once for each start, and the last: NULL after </stream:stream> or a lost socket,
   * ISMB_ERROR_STREAM where the server said why. */
  void (*closed) (const GError *error, gpointer user_data);
} IsmbStropheCallbacks;

/* Takes a low descriptor for life, since libstrophe's select () ends at 1023. The outlet is
 * the caller's, and open from start to stop. */
IsmbStrophe *ismb_strophe_new (IsmbOutlet *outlet, const IsmbStropheCallbacks *callbacks,
                               gpointer user_data);
/* No callback any more. */
void ismb_strophe_free (IsmbStrophe *self);
/* `jid` carries the resource to ask for. Returns the far end of the socketpair, non-blocking, which
 * the caller closes only after `closed` or ismb_strophe_stop () (libstrophe does not ask to be
 * spared SIGPIPE), or -1. */
int ismb_strophe_start (IsmbStrophe *self, const char *jid, const char *password, GError **error);
/* The condition of the server's last stream error, e.g. "conflict"; NULL: none since the start. */
const char *ismb_strophe_get_stream_condition (IsmbStrophe *self);
/* The text inside it: in see-other-host, where to go. NULL: none. */
const char *ismb_strophe_get_stream_detail (IsmbStrophe *self);
/* So many bytes were written to the far end: reads them now, not in the loop's next turn, or some.
 * Returns how many it has not read yet. */
gsize ismb_strophe_run (IsmbStrophe *self, gsize bytes);
/* </stream:stream>, then `closed` when the server answered it, or after two seconds. */
void ismb_strophe_close (IsmbStrophe *self);
/* Ends at once and drops what was not yet called back. */
void ismb_strophe_stop (IsmbStrophe *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbStrophe, ismb_strophe_free)

G_END_DECLS
