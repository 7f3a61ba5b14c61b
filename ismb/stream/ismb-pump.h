/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/stream/ismb-resume-watch.h"

G_BEGIN_DECLS

/* Between the network (a connected GIOStream, TLS included, whose ends are pollable) and
 * libstrophe's socketpair. Inwards it hands over whole tags only, since an expat that defers
 * parsing would sit on a torn one; while signing in, whole elements that were looked at. Both ways
 * it buffers little and then stops reading. At the network's end libstrophe gets what came before,
 * then the end of the socketpair. */
typedef struct _IsmbPump IsmbPump;

/* From inside the pump's own work: they may not free it. */
typedef struct
{
  void (*taken) (gsize bytes, gpointer user_data); /* read from libstrophe */
  void (*authenticated) (gpointer user_data);
  void (*refused) (const char *condition, gpointer user_data); /* one way to sign in */
} IsmbPumpCallbacks;

/* How to sign in. */
typedef struct
{
  const char *password;
  gboolean secret;          /* nobody reads along (TLS, unix socket) */
  const IsmbResume *resume; /* NULL: a new session */
} IsmbPumpPlan;

/* Takes `fd`. Works in the thread's default main context. */
IsmbPump *ismb_pump_new (GIOStream *stream, int fd, const IsmbPumpPlan *plan,
                         const IsmbPumpCallbacks *callbacks, gpointer user_data);
/* Why signing in failed, as the server named it, e.g. "not-authorized"; NULL: it did not say no. */
const char *ismb_pump_get_auth_failure (IsmbPump *self);
/* How the session stands once libstrophe is ready; the pump's. */
const IsmbSession *ismb_pump_get_session (IsmbPump *self);
/* Whether the network has ended, and what it broke by: NULL, it was closed. */
gboolean ismb_pump_has_ended (IsmbPump *self, const GError **error);
/* Closes both sides; what libstrophe wrote and the network takes at once still leaves. */
void ismb_pump_free (IsmbPump *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbPump, ismb_pump_free)

G_END_DECLS
