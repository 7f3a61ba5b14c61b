/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _IsmbCommandSession IsmbCommandSession;
/* IsmbCommandFunc, before there is a session. */
typedef gboolean (*IsmbCommandStepFunc) (IsmbCommandSession *session, gpointer user_data,
                                         GError **error);

/* What a program does in a step of a command. */
typedef struct
{
  IsmbCommandStepFunc func; /* NULL: there is no such step */
  gpointer data;
  GDestroyNotify destroy;
} IsmbCommandStep;

/* What frees its data may look at it again. */
static inline void
ismb_command_step_clear (IsmbCommandStep *step)
{
  IsmbCommandStep old = *step;

  *step = (IsmbCommandStep){ NULL };
  if (old.destroy != NULL)
    old.destroy (old.data);
}

static inline void
ismb_command_step_set (IsmbCommandStep *step, IsmbCommandStepFunc func, gpointer data,
                       GDestroyNotify destroy)
{
  ismb_command_step_clear (step);
  *step = (IsmbCommandStep){ func, data, destroy };
}

static inline IsmbCommandStep
ismb_command_step_steal (IsmbCommandStep *step)
{
  IsmbCommandStep stolen = *step;

  *step = (IsmbCommandStep){ NULL };
  return stolen;
}

G_END_DECLS
