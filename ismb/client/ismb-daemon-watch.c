/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.client.home"

#include "config.h"
#include "ismb/client/ismb-daemon-watch.h"

#include "ismb/local/ismb-control.h"

struct _IsmbDaemonWatch
{
  GFileMonitor *monitor; /* NULL: this system has none */
  void (*came) (gpointer user_data);
  gpointer user_data;
};

/* It is made for its owner alone, and its group let in after that. */
static void
on_changed (GFileMonitor *monitor, GFile *file, GFile *other, GFileMonitorEvent event,
            gpointer user_data)
{
  IsmbDaemonWatch *self = user_data;

  if (event == G_FILE_MONITOR_EVENT_CREATED || event == G_FILE_MONITOR_EVENT_ATTRIBUTE_CHANGED)
    self->came (self->user_data);
}

IsmbDaemonWatch *
ismb_daemon_watch_new (const char *runtime_dir, void (*came) (gpointer user_data),
                       gpointer user_data)
{
  IsmbDaemonWatch *self = g_new0 (IsmbDaemonWatch, 1);
  g_autofree char *path = ismb_control_socket_path (runtime_dir);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GError) error = NULL;

  self->came = came;
  self->user_data = user_data;
  self->monitor = g_file_monitor_file (file, G_FILE_MONITOR_NONE, NULL, &error);
  if (self->monitor != NULL)
    g_signal_connect (self->monitor, "changed", G_CALLBACK (on_changed), self);
  else
    g_debug ("%s is not watched: %s", path, error->message);
  return self;
}

void
ismb_daemon_watch_free (IsmbDaemonWatch *self)
{
  if (self->monitor != NULL)
    {
      g_signal_handlers_disconnect_by_data (self->monitor, self);
      g_file_monitor_cancel (self->monitor);
      g_object_unref (self->monitor);
    }
  g_free (self);
}
