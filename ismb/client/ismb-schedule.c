/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/client/ismb-schedule.h"

#include "ismb/core/ismb-error.h"

struct _IsmbSchedule
{
  GObject *client; /* borrowed: it owns us */
  GHashTable *tasks; /* name to Task */
};

typedef struct
{
  IsmbSchedule *owner; /* NULL: it is done, or was removed */
  char *name;
  GSource *source;
  gboolean repeat;
  IsmbScheduleCallback callback;
  gpointer user_data;
  GDestroyNotify destroy;
} Task;

static void
task_clear (gpointer data)
{
  Task *task = data;

  if (task->destroy != NULL)
    task->destroy (task->user_data);
  g_source_unref (task->source);
  g_free (task->name);
}

static void
task_unref (gpointer data)
{
  g_rc_box_release_full (data, task_clear);
}

/* As it leaves the table. */
static void
task_end (gpointer data)
{
  Task *task = data;

  task->owner = NULL;
  g_source_destroy (task->source);
  task_unref (task);
}

IsmbSchedule *
ismb_schedule_new (GObject *client)
{
  IsmbSchedule *self = g_new0 (IsmbSchedule, 1);

  self->client = client;
  self->tasks = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, task_end);
  return self;
}

void
ismb_schedule_free (IsmbSchedule *self)
{
  g_hash_table_unref (self->tasks);
  g_free (self);
}

/* What is done once gives its name free first: it may do the next thing under it. */
static gboolean
on_time (gpointer data)
{
  Task *task = g_rc_box_acquire (data);
  g_autoptr (GObject) client = g_object_ref (task->owner->client);
  gboolean goes_on;

  if (!task->repeat)
    g_hash_table_remove (task->owner->tasks, task->name);
  task->callback (client, task->user_data);
  goes_on = task->owner != NULL;
  task_unref (task);
  return goes_on ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

gboolean
ismb_schedule_add (IsmbSchedule *self, const char *name, guint milliseconds, gboolean repeat,
                   IsmbScheduleCallback callback, gpointer user_data, GDestroyNotify destroy,
                   GError **error)
{
  Task *task;

  if (g_hash_table_contains (self->tasks, name))
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_EXISTS,
                   "\"%s\" is scheduled already: unschedule it first, or take another name", name);
      if (destroy != NULL)
        destroy (user_data);
      return FALSE;
    }
  task = g_rc_box_new0 (Task);
  task->owner = self;
  task->name = g_strdup (name);
  task->repeat = repeat;
  task->callback = callback;
  task->user_data = user_data;
  task->destroy = destroy;
  task->source = g_timeout_source_new (milliseconds);
  g_source_set_callback (task->source, on_time, task, NULL);
  g_source_attach (task->source, g_main_context_get_thread_default ());
  g_hash_table_insert (self->tasks, task->name, task);
  return TRUE;
}

gboolean
ismb_schedule_remove (IsmbSchedule *self, const char *name)
{
  return g_hash_table_remove (self->tasks, name);
}
