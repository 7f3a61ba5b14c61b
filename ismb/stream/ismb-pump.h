/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/stream/ismb-sluice.h"

G_BEGIN_DECLS

/* Carries bytes from the network (a connected GIOStream, TLS included, whose ends are pollable) to
 * libstrophe's socketpair and back, as the sluice between them lets them pass. Both ways little is
 * buffered, and then reading stops. At the network's end what came before is handed on first; then
 * libstrophe sees the end of the socketpair. */
typedef struct _IsmbPump IsmbPump;

typedef struct
{
  /* From inside the pump's own work: may not free it, and runs no main loop. All that was to be
   * sent has left. */
  void (*emptied) (gpointer user_data);
  /* At the end of a turn in which something came: so many bytes wait for libstrophe. May run a main
   * loop and may free the pump. */
  void (*turned) (gsize bytes, gpointer user_data);
} IsmbPumpCallbacks;

/* `stream` is a GSocketConnection, or TLS on one. Takes `fd`; `sluice` is the caller's, and
 * outlives the pump. Works in the thread's default main context. */
IsmbPump *ismb_pump_new (GIOStream *stream, int fd, IsmbSluice *sluice,
                         const IsmbPumpCallbacks *callbacks, gpointer user_data);
/* Whether the network has ended, and what it broke by: NULL, it was closed. */
gboolean ismb_pump_has_ended (IsmbPump *self, const GError **error);
/* Once the session is bound: with the next turn, or the next flush. */
void ismb_pump_send  (IsmbPump *self, const char *xml, gsize length);
void ismb_pump_flush (IsmbPump *self);
/* As the sluice's. */
void ismb_pump_begin_session (IsmbPump *self);
/* The sluice may let stanzas in again: ends its pause. */
void ismb_pump_go_on (IsmbPump *self);
/* Closes both sides; what libstrophe wrote and the network takes at once still leaves. */
void ismb_pump_free  (IsmbPump *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbPump, ismb_pump_free)

G_END_DECLS
