/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A stock client, slixmpp, against our listener: in the clear, by STARTTLS and inside TLS from the
 * first byte. */
#include "config.h"

#include <string.h>

#include "ismb/listener/ismb-listener-private.h"
#include "scratch.h"

#define DOMAIN "leaf1.0a1b2c"
#define PYTHON "/usr/bin/python3"

typedef struct
{
  IsmbListener *listener;
  IsmbFabric *fabric;
  char *state_dir;
  guint16 port;
  guint log_handler, warnings; /* about channel binding */
} Fixture;

static void
on_warning (const char *domain, GLogLevelFlags level, const char *message, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_assert_nonnull (strstr (message, "channel binding"));
  fixture->warnings++;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  static const char *const vrs[] = { "blue", NULL };
  g_autoptr (GError) error = NULL;

  fixture->log_handler = g_log_set_handler ("ismb.listener.sessions", G_LOG_LEVEL_WARNING,
                                            on_warning, fixture);
  fixture->state_dir = scratch_new ();
  fixture->fabric = ismb_fabric_load (fixture->state_dir, DOMAIN, vrs, ISMB_FABRIC_CLOSED, &error);
  g_assert_no_error (error);
  fixture->listener = ismb_listener_new ("blue");
  g_object_set (fixture->listener, "domain", DOMAIN, NULL);
  _ismb_listener_set_fabric (fixture->listener, fixture->fabric);
  g_assert_true (ismb_listener_create_account (fixture->listener, "ada", "secret", &error));
  g_assert_true (ismb_listener_create_account (fixture->listener, "bob", "secret", &error));
  fixture->port = ismb_listener_start (fixture->listener, 0, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_assert_finalize_object (fixture->listener);
  g_assert_finalize_object (fixture->fabric);
  scratch_remove (fixture->state_dir);
  g_log_remove_handler ("ismb.listener.sessions", fixture->log_handler);
}

static gboolean
is_true (const char *statement)
{
  g_autoptr (GSubprocess) process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDERR_SILENCE, NULL,
                                                      PYTHON, "-c", statement, NULL);

  return process != NULL && g_subprocess_wait_check (process, NULL, NULL);
}

static void
on_script_done (GObject *process, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  g_subprocess_wait_check_finish (G_SUBPROCESS (process), result, &error);
  g_assert_no_error (error);
  *(gboolean *) user_data = TRUE;
}

static void
test_client (Fixture *fixture, gconstpointer mode)
{
  g_autofree char *script =
      g_test_build_filename (G_TEST_DIST, "listener", "slixmpp-client.py", NULL);
  g_autofree char *port = g_strdup_printf ("%u", fixture->port);
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;
  gboolean done = FALSE;

  if (!is_true ("import slixmpp"))
    {
      g_test_skip ("slixmpp is not installed");
      return;
    }
  process =
      g_subprocess_launcher_spawn (launcher, &error, PYTHON, script, port, DOMAIN, mode, NULL);
  g_assert_no_error (error);
  g_subprocess_wait_check_async (process, NULL, on_script_done, &done);
  while (!done)
    g_main_context_iteration (NULL, TRUE);
  /* Told once, however many clients come from there. */
  if (is_true ("import slixmpp; assert slixmpp.__version_info__ < (1, 9)"))
    g_assert_cmpuint (fixture->warnings, ==, g_str_equal (mode, "plain") ? 0 : 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL); /* warnings are looked at */
  g_test_add ("/slixmpp/plain", Fixture, "plain", set_up, test_client, tear_down);
  g_test_add ("/slixmpp/starttls", Fixture, "starttls", set_up, test_client, tear_down);
  g_test_add ("/slixmpp/direct", Fixture, "direct", set_up, test_client, tear_down);
  return g_test_run ();
}
