/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/daemon/lone-switch.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

void
lone_switch_start (LoneSwitch *self)
{
  g_autoptr (GSubprocessLauncher) launcher
    = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
  g_autofree char *notes = g_build_filename (self->folder, "notes", NULL);
  g_autoptr (GError) error = NULL;
  char note[64] = "";

  g_subprocess_launcher_setenv (launcher, "NOTIFY_SOCKET", notes, TRUE);
  g_subprocess_launcher_set_stderr_file_path (launcher, self->log);
  self->daemon
    = g_subprocess_launcher_spawn (launcher, &error, SWITCHCTLD, "--config", self->config, NULL);
  g_assert_no_error (error);
  g_socket_receive (self->notes, note, sizeof note - 1, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (note, ==, "READY=1");
}

void
lone_switch_set_up (LoneSwitch *self, gconstpointer data)
{
  g_autoptr (GSocketAddress) address = NULL;
  g_autofree char *notes = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  self->folder = g_dir_make_tmp ("ismb-lone-XXXXXX", &error);
  g_assert_no_error (error);
  self->runtime_dir = g_build_filename (self->folder, "run", NULL);
  self->config = g_build_filename (self->folder, "switchctld.conf", NULL);
  self->log = g_build_filename (self->folder, "log", NULL);
  notes = g_build_filename (self->folder, "notes", NULL);
  address = g_unix_socket_address_new (notes);
  self->notes = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_DATAGRAM, 0, &error);
  g_assert_no_error (error);
  g_assert_true (g_socket_bind (self->notes, address, FALSE, NULL));
  g_socket_set_timeout (self->notes, 60);
  text = g_strdup_printf ("[daemon]\ndomain=sw1.001122\nstate-dir=%s/state\nruntime-dir=%s\n"
                          "[switch-control]\nfiles-root=%s\nexec-allow=/bin/echo;/bin/sh\n"
                          "[vr VR-Mgmt]\nlisten=127.0.0.1\nc2s-port=0\ns2s-port=0\ndiscovery=off\n%s",
                          self->folder, self->runtime_dir, self->folder,
                          data != NULL ? (const char *) data : "");
  g_assert_true (g_file_set_contents (self->config, text, -1, NULL));
  lone_switch_start (self);
}

static void
remove_all (const char *path)
{
  g_autoptr (GDir) dir = NULL;
  const char *name;

  if (g_file_test (path, G_FILE_TEST_IS_DIR) && !g_file_test (path, G_FILE_TEST_IS_SYMLINK))
    dir = g_dir_open (path, 0, NULL);
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      remove_all (child);
    }
  g_remove (path);
}

void
lone_switch_tear_down (LoneSwitch *self, gconstpointer data)
{
  if (self->daemon != NULL)
    {
      g_subprocess_send_signal (self->daemon, SIGTERM);
      g_subprocess_wait (self->daemon, NULL, NULL);
      g_assert_cmpint (g_subprocess_get_exit_status (self->daemon), ==, 0);
    }
  g_clear_object (&self->daemon);
  g_clear_object (&self->notes);
  remove_all (self->folder);
  g_free (self->config);
  g_free (self->log);
  g_free (self->runtime_dir);
  g_free (self->folder);
}

void
lone_switch_kill (LoneSwitch *self)
{
  g_subprocess_force_exit (self->daemon);
  g_subprocess_wait (self->daemon, NULL, NULL);
  g_clear_object (&self->daemon);
}

GSubprocess *
lone_switch_spawn_tool (LoneSwitch *self, const char *words)
{
  g_autofree char *line
    = g_strdup_printf ("%s --runtime-dir %s %s", SWITCHCTL, self->runtime_dir, words);
  g_auto (GStrv) argv = NULL;
  g_autoptr (GError) error = NULL;
  GSubprocess *tool;

  g_assert_true (g_shell_parse_argv (line, NULL, &argv, NULL));
  tool = g_subprocess_newv ((const char *const *) argv,
                            G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE, &error);
  g_assert_no_error (error);
  return tool;
}

char *
lone_switch_tool (LoneSwitch *self, const char *words, int expected_status)
{
  g_autoptr (GSubprocess) process = lone_switch_spawn_tool (self, words);
  g_autoptr (GError) error = NULL;
  char *said = NULL;

  g_subprocess_communicate_utf8 (process, NULL, NULL, &said, NULL, &error);
  g_assert_no_error (error);
  if (g_subprocess_get_exit_status (process) != expected_status)
    g_test_message ("%s: %s", words, said);
  g_assert_cmpint (g_subprocess_get_exit_status (process), ==, expected_status);
  return said;
}

void
lone_switch_assert (LoneSwitch *self, const char *words, int expected_status, const char *part)
{
  g_autofree char *said = lone_switch_tool (self, words, expected_status);

  if (strstr (said, part) == NULL)
    g_error ("%s: no \"%s\" in:\n%s", words, part, said);
}
