/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "switchctl/daemon/join-calls.h"

typedef struct
{
  SwitchJoinCalls *calls;
  GTask *task;
  guint timer;
  gboolean by_token;
} SwitchJoinCall;

void
switch_join_calls_init (SwitchJoinCalls *self, GError *(*explain) (gpointer owner),
                        void (*gave_up) (gboolean by_token, gpointer owner), GObject *owner)
{
  self->waiting = g_ptr_array_new ();
  self->explain = explain;
  self->gave_up = gave_up;
  self->owner = owner;
}

void
switch_join_calls_clear (SwitchJoinCalls *self)
{
  g_clear_pointer (&self->waiting, g_ptr_array_unref);
}

/* Takes `error`; frees the call. */
static void
answer (SwitchJoinCall *call, gboolean joined, GError *error)
{
  if (error != NULL)
    g_task_return_error (call->task, error);
  else
    g_task_return_boolean (call->task, joined);
  g_clear_handle_id (&call->timer, g_source_remove);
  g_object_unref (call->task);
  g_free (call);
}

static gboolean
on_too_late (gpointer user_data)
{
  SwitchJoinCall *call = user_data;
  SwitchJoinCalls *self = call->calls;
  g_autoptr (GObject) alive = g_object_ref (self->owner);
  gboolean by_token = call->by_token;
  GError *error = by_token ? self->explain (self->owner) : NULL;

  call->timer = 0;
  g_ptr_array_remove (self->waiting, call);
  answer (call, FALSE, error);
  self->gave_up (by_token, self->owner);
  return G_SOURCE_REMOVE;
}

void
switch_join_calls_add (SwitchJoinCalls *self, GTask *task, guint seconds, gboolean by_token)
{
  SwitchJoinCall *call = g_new0 (SwitchJoinCall, 1);

  call->calls = self;
  call->task = task;
  call->by_token = by_token;
  call->timer = g_timeout_add_seconds (seconds, on_too_late, call);
  g_ptr_array_add (self->waiting, call);
}

void
switch_join_calls_answer (SwitchJoinCalls *self, gboolean by_token, gboolean joined,
                          const GError *error)
{
  for (guint i = self->waiting->len; i > 0; i--)
    {
      SwitchJoinCall *call = g_ptr_array_index (self->waiting, i - 1);

      if (call->by_token != by_token)
        continue;
      g_ptr_array_remove_index (self->waiting, i - 1);
      answer (call, joined, error != NULL ? g_error_copy (error) : NULL);
    }
}

gboolean
switch_join_calls_have_token (const SwitchJoinCalls *self)
{
  for (guint i = 0; i < self->waiting->len; i++)
    if (((SwitchJoinCall *) g_ptr_array_index (self->waiting, i))->by_token)
      return TRUE;
  return FALSE;
}
