/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an operator sees of the audit table: a real switchctld, asked by the real switchctl. */
#include "config.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

#include "tests/daemon/lone-switch.h"

static void
say (LoneSwitch *fixture, const char *words, int expected_status)
{
  g_autofree char *said = lone_switch_tool (fixture, words, expected_status);
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
test_tells_what_happened (LoneSwitch *fixture, gconstpointer data)
{
  g_autofree char *json = NULL;
  g_autofree char *none = NULL;

  lone_switch_assert (fixture, "audit verify", 0, "there are no rows");
  say (fixture, "account add bob --role client --password secret", 0);
  say (fixture, "fabric init lab", 0);
  say (fixture, "run --on local 'echo one' 'sh -c \"exit 3\"'", 1);
  say (fixture, "account remove bob", 0);
  lone_switch_assert (fixture, "audit", 0, "account allowed by built-in: uid:");
  lone_switch_assert (fixture, "audit", 0, "create client bob");
  lone_switch_assert (fixture, "audit", 0, "init lab");
  lone_switch_assert (fixture, "audit", 0, "remove bob");
  lone_switch_assert (fixture, "audit", 0, "commands allowed by built-in: ");
  lone_switch_assert (fixture, "audit", 0, "outcome of 3\n    0 3\n");
  lone_switch_assert (fixture, "audit --since 1h", 0, "init lab");
  none = lone_switch_tool (fixture, "audit --since 2999-01-01", 0);
  g_assert_cmpstr (none, ==, "");
  json = lone_switch_tool (fixture, "audit --json", 0);
  g_assert_cmpuint (count_lines (json), ==, 5);
  g_assert_nonnull (strstr (json, "\"role\":\"operator\""));
  g_assert_nonnull (strstr (json, "\"origin\":\"sw1.001122\""));
  g_assert_nonnull (strstr (json, "\"device\":\""));
  lone_switch_assert (fixture, "audit verify", 0, "rows 1 to 5 are as they were written");
  lone_switch_assert (fixture, "audit --since yesterday", 2, "no time and no duration");
  lone_switch_assert (fixture, "audit verify this", 2, "Usage");
}

static void
tamper (LoneSwitch *fixture, const char *sql)
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
test_finds_what_was_changed (LoneSwitch *fixture, gconstpointer data)
{
  say (fixture, "account add bob --password secret", 0);
  say (fixture, "account add eve --password secret", 0);
  say (fixture, "account remove bob", 0);
  tamper (fixture, "DROP TRIGGER audit_stays; UPDATE audit SET who = 'uid:7' WHERE id = 2");
  lone_switch_assert (fixture, "audit verify", 1, "row 2 was changed");
  tamper (fixture, "DELETE FROM audit WHERE id = 2");
  lone_switch_assert (fixture, "audit verify", 1, "row 2 is missing");
  lone_switch_assert (fixture, "--json audit verify", 1, "\"intact\" : false");
}

/* Began, and nobody knows how it ended: that is what stands there. */
static void
test_survives_a_kill (LoneSwitch *fixture, gconstpointer data)
{
  g_autofree char *busy = g_build_filename (fixture->folder, "busy", NULL);
  g_autofree char *words = g_strdup_printf ("run --on local \"sh -c 'echo >%s; exec sleep 1000'\"", busy);
  g_autoptr (GSubprocess) runner = lone_switch_spawn_tool (fixture, words);
  g_autofree char *json = NULL;

  while (!g_file_test (busy, G_FILE_TEST_EXISTS))
    g_usleep (1000);
  lone_switch_kill (fixture);
  g_subprocess_force_exit (runner);
  g_subprocess_wait (runner, NULL, NULL);
  lone_switch_start (fixture);
  json = lone_switch_tool (fixture, "audit --json", 0);
  g_assert_cmpuint (count_lines (json), ==, 1);
  g_assert_nonnull (strstr (json, "\"verdict\":\"allowed\""));
  g_assert_null (strstr (json, "\"outcome\""));
  lone_switch_assert (fixture, "audit verify", 0, "rows 1 to 1 are");
}

/* The virtual router is up again before all that was stopped has let go. */
static void
test_virtual_router_comes_again (LoneSwitch *fixture, gconstpointer data)
{
  g_autofree char *busy = g_build_filename (fixture->folder, "busy", NULL);
  g_autofree char *words = g_strdup_printf ("run --on local \"sh -c 'echo >%s; exec sleep 1000'\"", busy);
  g_autoptr (GSubprocess) runner = lone_switch_spawn_tool (fixture, words);

  while (!g_file_test (busy, G_FILE_TEST_EXISTS))
    g_usleep (1000);
  say (fixture, "vr disable VR-Mgmt", 0);
  say (fixture, "vr enable VR-Mgmt", 0);
  g_subprocess_force_exit (runner);
  g_subprocess_wait (runner, NULL, NULL);
  lone_switch_assert (fixture, "audit", 0, "outcome of 1\n    cancelled");
  say (fixture, "account add bob --password secret", 0);
  lone_switch_assert (fixture, "audit verify", 0, "rows 1 to 3 are");
}

static void
test_no_virtual_router (LoneSwitch *fixture, gconstpointer data)
{
  say (fixture, "vr disable VR-Mgmt", 0);
  lone_switch_assert (fixture, "audit", 1, "vr enable VR-Mgmt");
  lone_switch_assert (fixture, "audit verify", 1, "vr enable VR-Mgmt");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func)                                                                            \
  g_test_add ("/daemon/audit/" name, LoneSwitch, NULL, lone_switch_set_up, func,                   \
              lone_switch_tear_down)
  ADD ("tells-what-happened", test_tells_what_happened);
  ADD ("finds-what-was-changed", test_finds_what_was_changed);
  ADD ("survives-a-kill", test_survives_a_kill);
  ADD ("virtual-router-comes-again", test_virtual_router_comes_again);
  ADD ("no-virtual-router", test_no_virtual_router);
#undef ADD
  return g_test_run ();
}
