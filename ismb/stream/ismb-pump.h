/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Between the network (a connected GIOStream, TLS included, whose ends are pollable) and
 * libstrophe's socketpair. Inwards it hands over whole tags only, since an expat that defers
 * parsing would sit on a torn one; while signing in, whole elements that the watch has passed. Both
 * ways it buffers little and then stops reading. */
typedef struct _IsmbPump IsmbPump;

typedef struct
{
  void (*taken) (gsize bytes, gpointer user_data); /* read from libstrophe */
  /* Once, and the last: the network ended (NULL) or failed. libstrophe gets what came before, then
   * the end of the socketpair. May free the pump. */
  void (*ended) (const GError *error, gpointer user_data);
} IsmbPumpCallbacks;

/* Takes `fd`. Works in the thread's default main context. `secret`: nobody reads along (TLS, unix
 * socket). */
IsmbPump *ismb_pump_new (GIOStream *stream, int fd, const char *password, gboolean secret,
                         const IsmbPumpCallbacks *callbacks, gpointer user_data);
/* Why signing in failed, as the server named it, e.g. "not-authorized"; NULL: it did not say no. */
const char *ismb_pump_get_auth_failure (IsmbPump *self);
/* Closes both sides; what libstrophe wrote and the network takes at once still leaves. */
void ismb_pump_free (IsmbPump *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbPump, ismb_pump_free)

G_END_DECLS
