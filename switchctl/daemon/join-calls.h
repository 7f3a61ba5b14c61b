/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The calls that wait for this switch to be in a fabric, each for so many seconds: those that
 * brought a token, to which that it was too late is an error, and those that only wait. */
typedef struct
{
  GPtrArray *waiting; /* of SwitchJoinCall, owned */
  /* For one that brought a token, why nobody let us in in time. (transfer full) */
  GError *(*explain) (gpointer owner);
  /* One has been told that it is too late. */
  void (*gave_up)    (gboolean by_token, gpointer owner);
  GObject *owner;
} SwitchJoinCalls;

void     switch_join_calls_init       (SwitchJoinCalls *self, GError *(*explain) (gpointer owner),
                                       void (*gave_up) (gboolean by_token, gpointer owner),
                                       GObject *owner);
/* After all have been answered. */
void     switch_join_calls_clear      (SwitchJoinCalls *self);
/* Takes `task`. */
void     switch_join_calls_add        (SwitchJoinCalls *self, GTask *task, guint seconds,
                                       gboolean by_token);
/* Those with a token, or those without. `error`: what they are told, or NULL: `joined`. */
void     switch_join_calls_answer     (SwitchJoinCalls *self, gboolean by_token, gboolean joined,
                                       const GError *error);
/* Does one wait that brought a token? */
gboolean switch_join_calls_have_token (const SwitchJoinCalls *self);

G_END_DECLS
