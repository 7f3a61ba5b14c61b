/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A store on a disk that is full, or read-only: a tmpfs in a mount namespace of our own. */
#include "config.h"
#include "ismb/store/ismb-offline.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include "tests/store/scratch.h"

#define WARNING "*nothing is stored until it can be*"

typedef struct
{
  char *disk;
  char *path;
  char *filler;
  IsmbStore *store;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->disk = scratch_new ();
  fixture->path = g_build_filename (fixture->disk, "blue.db", NULL);
  fixture->filler = g_build_filename (fixture->disk, "filler", NULL);
  g_assert_cmpint (mount ("none", fixture->disk, "tmpfs", 0, "size=2m"), ==, 0);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_object (&fixture->store);
  g_assert_cmpint (umount (fixture->disk), ==, 0);
  g_free (fixture->path);
  g_free (fixture->filler);
  scratch_remove (fixture->disk);
}

static void
fill (Fixture *fixture)
{
  static const char zeros[4096];
  int fd = open (fixture->filler, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

  g_assert_cmpint (fd, >=, 0);
  while (write (fd, zeros, sizeof zeros) > 0)
    ;
  g_assert_cmpint (errno, ==, ENOSPC);
  close (fd);
}

static void
make_room (Fixture *fixture)
{
  g_assert_cmpint (unlink (fixture->filler), ==, 0);
}

static void
set_read_only (Fixture *fixture, gboolean read_only)
{
  g_assert_cmpint (
      mount ("none", fixture->disk, NULL, MS_REMOUNT | (read_only ? MS_RDONLY : 0), NULL), ==, 0);
}

static void
open_store (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  fixture->store = ismb_store_open (fixture->path, &error);
  g_assert_no_error (error);
}

static void
open_store_without_room (Fixture *fixture)
{
  g_test_expect_message ("ismb.store", G_LOG_LEVEL_WARNING, WARNING);
  open_store (fixture);
  g_test_assert_expected_messages ();
}

static gboolean
create (Fixture *fixture, const char *name, GError **error)
{
  g_autoptr (IsmbAccounts) accounts = ismb_accounts_load (fixture->store, error);

  g_assert_nonnull (accounts);
  return ismb_accounts_create (accounts, name, "secret", ISMB_ROLE_CLIENT, FALSE, error);
}

static void
assert_cannot_create (Fixture *fixture, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbAccounts) accounts = NULL;

  g_assert_false (create (fixture, name, &error));
  g_assert_nonnull (error);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, fixture->path));
  accounts = ismb_accounts_load (fixture->store, NULL);
  g_assert_false (ismb_accounts_has (accounts, name));
}

/* Once a second it is tried whether there is room again. */
static void
create_at_last (Fixture *fixture, const char *name)
{
  while (!create (fixture, name, NULL))
    g_usleep (10000);
}

static void
assert_has (Fixture *fixture, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IsmbAccounts) accounts = ismb_accounts_load (fixture->store, &error);

  g_assert_no_error (error);
  g_assert_true (ismb_accounts_has (accounts, name));
}

static void
test_fills_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  char name[] = "a0";

  open_store (fixture);
  g_assert_true (create (fixture, "before", NULL));
  fill (fixture);
  while (create (fixture, name, &error)) /* what the log beside the file had room for */
    name[1]++;
  g_assert_nonnull (strstr (error->message, "make room on its disk"));
  assert_cannot_create (fixture, "meanwhile");
  assert_has (fixture, "before");
  make_room (fixture);
  create_at_last (fixture, "after");
  g_clear_object (&fixture->store);
  open_store (fixture);
  assert_has (fixture, "before");
  assert_has (fixture, "after");
}

static void
test_full_at_first_start (Fixture *fixture, gconstpointer data)
{
  fill (fixture);
  open_store_without_room (fixture);
  assert_cannot_create (fixture, "meanwhile");
  make_room (fixture);
  create_at_last (fixture, "after");
  g_clear_object (&fixture->store);
  open_store (fixture);
  assert_has (fixture, "after");
}

static void
test_full_at_start (Fixture *fixture, gconstpointer data)
{
  open_store (fixture);
  g_assert_true (create (fixture, "before", NULL));
  g_clear_object (&fixture->store);
  fill (fixture);
  open_store_without_room (fixture);
  assert_has (fixture, "before");
  assert_cannot_create (fixture, "meanwhile");
  make_room (fixture);
  create_at_last (fixture, "after");
  assert_has (fixture, "before");
}

static void
copy (Fixture *fixture, const char *suffix, gboolean back)
{
  g_autofree char *own = g_strconcat (fixture->path, suffix, NULL);
  g_autofree char *saved = g_strconcat (fixture->path, suffix, ".saved", NULL);
  g_autofree char *content = NULL;
  gsize length = 0;

  g_assert_true (g_file_get_contents (back ? saved : own, &content, &length, NULL));
  g_assert_true (g_file_set_contents (back ? own : saved, content, (gssize) length, NULL));
  if (back)
    g_assert_cmpint (unlink (saved), ==, 0);
}

/* Killed, so that what was written last is in the log beside the file alone. */
static void
leave_as_killed (Fixture *fixture)
{
  open_store (fixture);
  g_assert_true (create (fixture, "before", NULL));
  copy (fixture, "", FALSE);
  copy (fixture, "-wal", FALSE);
  g_clear_object (&fixture->store);
  copy (fixture, "", TRUE);
  copy (fixture, "-wal", TRUE);
}

static void
test_full_after_a_kill (Fixture *fixture, gconstpointer data)
{
  leave_as_killed (fixture);
  fill (fixture);
  open_store_without_room (fixture);
  assert_has (fixture, "before");
  assert_cannot_create (fixture, "meanwhile");
  make_room (fixture);
  create_at_last (fixture, "after");
  assert_has (fixture, "before");
}

static void
test_read_only (Fixture *fixture, gconstpointer data)
{
  if (data != NULL)
    leave_as_killed (fixture);
  else
    {
      open_store (fixture);
      g_assert_true (create (fixture, "before", NULL));
      g_clear_object (&fixture->store);
    }
  set_read_only (fixture, TRUE);
  open_store_without_room (fixture);
  assert_has (fixture, "before");
  assert_cannot_create (fixture, "meanwhile");
  set_read_only (fixture, FALSE);
  create_at_last (fixture, "after");
  assert_has (fixture, "before");
}

static void
test_read_only_at_first_start (Fixture *fixture, gconstpointer data)
{
  set_read_only (fixture, TRUE);
  open_store_without_room (fixture);
  assert_cannot_create (fixture, "meanwhile");
  set_read_only (fixture, FALSE);
  create_at_last (fixture, "after");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  if (unshare (CLONE_NEWNS) != 0 || mount ("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
    {
      g_print ("1..0 # SKIP no mount namespace for us\n");
      return 0;
    }
#define ADD(name, data, func) g_test_add ("/disk/" name, Fixture, data, set_up, func, tear_down)
  ADD ("fills-up", NULL, test_fills_up);
  ADD ("full-at-first-start", NULL, test_full_at_first_start);
  ADD ("full-at-start", NULL, test_full_at_start);
  ADD ("full-after-a-kill", NULL, test_full_after_a_kill);
  ADD ("read-only", NULL, test_read_only);
  ADD ("read-only-after-a-kill", "killed", test_read_only);
  ADD ("read-only-at-first-start", NULL, test_read_only_at_first_start);
#undef ADD
  return g_test_run ();
}
