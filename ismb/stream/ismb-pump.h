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

typedef struct
{
  /* From inside the pump's own work: these may not free it, and run no main loop. */
  void (*authenticated) (gpointer user_data);
  void (*refused) (const char *condition, gpointer user_data); /* one way to sign in */
  void (*emptied) (gpointer user_data); /* all that was to be sent has left */
  /* At the end of a turn: so many bytes wait for libstrophe. May run a main loop and may free the
   * pump. */
  void (*given) (gsize bytes, gpointer user_data);
} IsmbPumpCallbacks;

/* How to sign in. */
typedef struct
{
  const char *password;
  gboolean secret;          /* nobody reads along (TLS, unix socket) */
  const IsmbResume *resume; /* NULL: a new session */
} IsmbPumpPlan;

/* `stream` is a GSocketConnection, or TLS on one. Takes `fd`. Works in the thread's default main
 * context. */
IsmbPump *ismb_pump_new (GIOStream *stream, int fd, const IsmbPumpPlan *plan,
                         const IsmbPumpCallbacks *callbacks, gpointer user_data);
/* Why signing in failed, as the server named it, e.g. "not-authorized"; NULL: it did not say no. */
const char *ismb_pump_get_auth_failure (IsmbPump *self);
/* Whether nothing of what the server offers would do: libstrophe ended the stream for that. */
gboolean ismb_pump_has_given_up (IsmbPump *self);
/* How the session stands once libstrophe is ready; the pump's. */
const IsmbSession *ismb_pump_get_session (IsmbPump *self);
/* Whether the network has ended, and what it broke by: NULL, it was closed. */
gboolean ismb_pump_has_ended (IsmbPump *self, const GError **error);
/* Once the session is bound, past libstrophe, which would only hand it on: with the next turn, or
 * the next flush. */
void  ismb_pump_send       (IsmbPump *self, const char *xml, gsize length);
void  ismb_pump_flush      (IsmbPump *self);
/* Of what it was given, libstrophe has not read so many bytes. */
void  ismb_pump_note_unread (IsmbPump *self, gsize bytes);
gsize ismb_pump_get_queued (IsmbPump *self); /* bytes that the network has not taken */
/* Closes both sides; what libstrophe wrote and the network takes at once still leaves. */
void ismb_pump_free (IsmbPump *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbPump, ismb_pump_free)

G_END_DECLS
