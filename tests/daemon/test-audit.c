/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an operator sees of the audit table: a real switchctld, asked by the real switchctl. */
#include "config.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sqlite3.h>
#include <string.h>

typedef struct
{
  char *folder;
  char *runtime_dir;
  char *config;
  GSocket *notes;
  GSubprocess *daemon;
} Fixture;

static void
start (Fixture *fixture)
{
  g_autoptr (GSubprocessLauncher) launcher
    = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  g_autofree char *notes = g_build_filename (fixture->folder, "notes", NULL);
  g_autoptr (GError) error = NULL;
  char note[64] = "";

  g_subprocess_launcher_setenv (launcher, "NOTIFY_SOCKET", notes, TRUE);
  fixture->daemon
    = g_subprocess_launcher_spawn (launcher, &error, SWITCHCTLD, "--config", fixture->config, NULL);
  g_assert_no_error (error);
  g_socket_receive (fixture->notes, note, sizeof note - 1, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (note, ==, "READY=1");
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GSocketAddress) address = NULL;
  g_autofree char *notes = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  fixture->folder = g_dir_make_tmp ("ismb-audit-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->runtime_dir = g_build_filename (fixture->folder, "run", NULL);
  fixture->config = g_build_filename (fixture->folder, "switchctld.conf", NULL);
  notes = g_build_filename (fixture->folder, "notes", NULL);
  address = g_unix_socket_address_new (notes);
  fixture->notes = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_DATAGRAM, 0, &error);
  g_assert_no_error (error);
  g_assert_true (g_socket_bind (fixture->notes, address, FALSE, NULL));
  g_socket_set_timeout (fixture->notes, 60);
  text = g_strdup_printf ("[daemon]\ndomain=sw1.001122\nstate-dir=%s/state\nruntime-dir=%s\n"
                          "[switch-control]\nfiles-root=%s\nexec-allow=/bin/echo;/bin/sh\n"
                          "[vr VR-Mgmt]\nlisten=127.0.0.1\nc2s-port=0\ns2s-port=0\ndiscovery=off\n",
                          fixture->folder, fixture->runtime_dir, fixture->folder);
  g_assert_true (g_file_set_contents (fixture->config, text, -1, NULL));
  start (fixture);
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

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_subprocess_send_signal (fixture->daemon, SIGTERM);
  g_subprocess_wait (fixture->daemon, NULL, NULL);
  g_assert_cmpint (g_subprocess_get_exit_status (fixture->daemon), ==, 0);
  g_clear_object (&fixture->daemon);
  g_clear_object (&fixture->notes);
  remove_all (fixture->folder);
  g_free (fixture->config);
  g_free (fixture->runtime_dir);
  g_free (fixture->folder);
}

static GSubprocess *
spawn_tool (Fixture *fixture, const char *words)
{
  g_autofree char *line
    = g_strdup_printf ("%s --runtime-dir %s %s", SWITCHCTL, fixture->runtime_dir, words);
  g_auto (GStrv) argv = NULL;
  g_autoptr (GError) error = NULL;
  GSubprocess *tool;

  g_assert_true (g_shell_parse_argv (line, NULL, &argv, NULL));
  tool = g_subprocess_newv ((const char *const *) argv,
                            G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE, &error);
  g_assert_no_error (error);
  return tool;
}

/* What it prints, in (transfer full). */
static char *
tool (Fixture *fixture, const char *words, int expected_status)
{
  g_autoptr (GSubprocess) process = spawn_tool (fixture, words);
  g_autoptr (GError) error = NULL;
  char *said = NULL;

  g_subprocess_communicate_utf8 (process, NULL, NULL, &said, NULL, &error);
  g_assert_no_error (error);
  if (g_subprocess_get_exit_status (process) != expected_status)
    g_test_message ("%s: %s", words, said);
  g_assert_cmpint (g_subprocess_get_exit_status (process), ==, expected_status);
  return said;
}

static void
say (Fixture *fixture, const char *words, int expected_status)
{
  g_autofree char *said = tool (fixture, words, expected_status);
}

static void
assert_says (Fixture *fixture, const char *words, int expected_status, const char *part)
{
  g_autofree char *said = tool (fixture, words, expected_status);

  if (strstr (said, part) == NULL)
    g_error ("%s: no \"%s\" in:\n%s", words, part, said);
}

static guint
count_lines (const char *text)
{
  guint count = 0;

  for (; *text != '\0'; text++)
    count += *text == '\n';
  return count;
}

static void
test_tells_what_happened (Fixture *fixture, gconstpointer data)
{
  g_autofree char *json = NULL;
  g_autofree char *none = NULL;

  assert_says (fixture, "audit verify", 0, "there are no rows");
  say (fixture, "account add bob --role client --password secret", 0);
  say (fixture, "fabric init lab", 0);
  say (fixture, "run --on local 'echo one' 'sh -c \"exit 3\"'", 1);
  say (fixture, "account remove bob", 0);
  assert_says (fixture, "audit", 0, "account allowed by built-in: uid:");
  assert_says (fixture, "audit", 0, "create client bob");
  assert_says (fixture, "audit", 0, "init lab");
  assert_says (fixture, "audit", 0, "remove bob");
  assert_says (fixture, "audit", 0, "commands allowed by built-in: ");
  assert_says (fixture, "audit", 0, "outcome of 3\n    0 3\n");
  assert_says (fixture, "audit --since 1h", 0, "init lab");
  none = tool (fixture, "audit --since 2999-01-01", 0);
  g_assert_cmpstr (none, ==, "");
  json = tool (fixture, "audit --json", 0);
  g_assert_cmpuint (count_lines (json), ==, 5);
  g_assert_nonnull (strstr (json, "\"role\":\"operator\""));
  g_assert_nonnull (strstr (json, "\"origin\":\"sw1.001122\""));
  g_assert_nonnull (strstr (json, "\"device\":\""));
  assert_says (fixture, "audit verify", 0, "rows 1 to 5 are as they were written");
  assert_says (fixture, "audit --since yesterday", 2, "no time and no duration");
  assert_says (fixture, "audit verify this", 2, "Usage");
}

static void
tamper (Fixture *fixture, const char *sql)
{
  g_autofree char *path = g_build_filename (fixture->folder, "state", "VR-Mgmt", "bus.db", NULL);
  char *message = NULL;
  sqlite3 *db = NULL;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  sqlite3_busy_timeout (db, 10000);
  sqlite3_exec (db, sql, NULL, NULL, &message);
  g_assert_cmpstr (message, ==, NULL);
  sqlite3_close (db);
}

static void
test_finds_what_was_changed (Fixture *fixture, gconstpointer data)
{
  say (fixture, "account add bob --password secret", 0);
  say (fixture, "account add eve --password secret", 0);
  say (fixture, "account remove bob", 0);
  tamper (fixture, "DROP TRIGGER audit_stays; UPDATE audit SET who = 'uid:7' WHERE id = 2");
  assert_says (fixture, "audit verify", 1, "row 2 was changed");
  tamper (fixture, "DELETE FROM audit WHERE id = 2");
  assert_says (fixture, "audit verify", 1, "row 2 is missing");
  assert_says (fixture, "--json audit verify", 1, "\"intact\" : false");
}

/* Began, and nobody knows how it ended: that is what stands there. */
static void
test_survives_a_kill (Fixture *fixture, gconstpointer data)
{
  g_autofree char *busy = g_build_filename (fixture->folder, "busy", NULL);
  g_autofree char *words = g_strdup_printf ("run --on local \"sh -c 'echo >%s; exec sleep 1000'\"", busy);
  g_autoptr (GSubprocess) runner = spawn_tool (fixture, words);
  g_autofree char *json = NULL;

  while (!g_file_test (busy, G_FILE_TEST_EXISTS))
    g_usleep (1000);
  g_subprocess_force_exit (fixture->daemon);
  g_subprocess_wait (fixture->daemon, NULL, NULL);
  g_clear_object (&fixture->daemon);
  g_subprocess_force_exit (runner);
  g_subprocess_wait (runner, NULL, NULL);
  start (fixture);
  json = tool (fixture, "audit --json", 0);
  g_assert_cmpuint (count_lines (json), ==, 1);
  g_assert_nonnull (strstr (json, "\"verdict\":\"allowed\""));
  g_assert_null (strstr (json, "\"outcome\""));
  assert_says (fixture, "audit verify", 0, "rows 1 to 1 are");
}

/* The virtual router is up again before all that was stopped has let go. */
static void
test_virtual_router_comes_again (Fixture *fixture, gconstpointer data)
{
  g_autofree char *busy = g_build_filename (fixture->folder, "busy", NULL);
  g_autofree char *words = g_strdup_printf ("run --on local \"sh -c 'echo >%s; exec sleep 1000'\"", busy);
  g_autoptr (GSubprocess) runner = spawn_tool (fixture, words);

  while (!g_file_test (busy, G_FILE_TEST_EXISTS))
    g_usleep (1000);
  say (fixture, "vr disable VR-Mgmt", 0);
  say (fixture, "vr enable VR-Mgmt", 0);
  g_subprocess_force_exit (runner);
  g_subprocess_wait (runner, NULL, NULL);
  assert_says (fixture, "audit", 0, "outcome of 1\n    cancelled");
  say (fixture, "account add bob --password secret", 0);
  assert_says (fixture, "audit verify", 0, "rows 1 to 3 are");
}

static void
test_no_virtual_router (Fixture *fixture, gconstpointer data)
{
  say (fixture, "vr disable VR-Mgmt", 0);
  assert_says (fixture, "audit", 1, "vr enable VR-Mgmt");
  assert_says (fixture, "audit verify", 1, "vr enable VR-Mgmt");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add ("/daemon/audit/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("tells-what-happened", test_tells_what_happened);
  ADD ("finds-what-was-changed", test_finds_what_was_changed);
  ADD ("survives-a-kill", test_survives_a_kill);
  ADD ("virtual-router-comes-again", test_virtual_router_comes_again);
  ADD ("no-virtual-router", test_no_virtual_router);
#undef ADD
  return g_test_run ();
}
