/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/support/ismb-test-stock.h"

#include <signal.h>
#include <sys/prctl.h>

#define PYTHON "/usr/bin/python3"

struct _IsmbTestStock
{
  IsmbTestGuest *master;
  GSubprocess *process;
  IsmbJid *jid;
};

static gboolean
is_installed (void)
{
  const char *const argv[] = { PYTHON, "-c", "import slixmpp", NULL };
  g_autoptr (GSubprocess) process =
      g_subprocess_newv (argv, G_SUBPROCESS_FLAGS_STDERR_SILENCE, NULL);

  return process != NULL && g_subprocess_wait_check (process, NULL, NULL);
}

static void
die_with_the_test (gpointer data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

/* An ASan that a test is built with is no matter of a Python. */
static GSubprocess *
spawn (const char *const *argv)
{
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
  g_autoptr (GError) error = NULL;
  GSubprocess *process;

  g_subprocess_launcher_set_child_setup (launcher, die_with_the_test, NULL, NULL);
  process = g_subprocess_launcher_spawnv (launcher, argv, &error);
  g_assert_no_error (error);
  return process;
}

IsmbTestStock *
ismb_test_stock_new (IsmbTestServer *server, const char *name, IsmbTestGuest *master)
{
  IsmbTestStock *self;
  g_autofree char *script = g_test_build_filename (G_TEST_DIST, "plugins", "slixmpp-peer.py", NULL);
  g_autofree char *port = g_strdup_printf ("%u", ismb_test_server_get_port (server));
  guint heard = ismb_test_guest_count_bodies (master);
  const char *argv[] = { PYTHON, script, port, ismb_test_server_get_domain (server), name,
                         ismb_test_guest_get_full_jid (master), NULL };

  if (!is_installed ())
    return NULL;
  self = g_new0 (IsmbTestStock, 1);
  self->master = master;
  self->process = spawn (argv);
  ismb_test_guest_await_bodies (master, heard + 1); /* its address */
  self->jid = ismb_jid_new (ismb_test_guest_get_body (master, heard), NULL);
  g_assert_nonnull (self->jid);
  return self;
}

void
ismb_test_stock_free (IsmbTestStock *self)
{
  g_subprocess_force_exit (self->process);
  g_subprocess_wait (self->process, NULL, NULL);
  g_object_unref (self->process);
  g_object_unref (self->jid);
  g_free (self);
}

IsmbJid *
ismb_test_stock_get_jid (IsmbTestStock *self)
{
  return self->jid;
}

void
ismb_test_stock_check (IsmbTestStock *self, const char *check)
{
  guint heard = ismb_test_guest_count_bodies (self->master);

  ismb_test_guest_say (self->master, ismb_jid_get_full (self->jid), check);
  ismb_test_guest_await_bodies (self->master, heard + 1);
  g_assert_cmpstr (ismb_test_guest_get_body (self->master, heard), ==, "fine");
}
