/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/transfer/ismb-beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ismb/core/ismb-error.h"

typedef struct
{
  char *top;     /* holds the root and what stands outside it */
  char *root;
  char *outside;
  IsmbBeneath *beneath;
} Fixture;

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) folder = NULL;
  const char *name;

  if (!g_file_test (path, G_FILE_TEST_IS_SYMLINK))
    folder = g_dir_open (path, 0, NULL);
  while (folder != NULL && (name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      remove_tree (child);
    }
  g_assert_cmpint (g_remove (path), ==, 0);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->top = g_dir_make_tmp ("ismb-beneath-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->root = g_build_filename (fixture->top, "root", NULL);
  fixture->outside = g_build_filename (fixture->top, "outside", NULL);
  g_assert_cmpint (g_mkdir (fixture->root, 0755), ==, 0);
  g_assert_cmpint (g_mkdir (fixture->outside, 0755), ==, 0);
  fixture->beneath = ismb_beneath_new (fixture->root, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  ismb_beneath_unref (fixture->beneath);
  remove_tree (fixture->top);
  g_free (fixture->top);
  g_free (fixture->root);
  g_free (fixture->outside);
}

static char *
path_of (Fixture *fixture, const char *name)
{
  return g_build_filename (fixture->root, name, NULL);
}

static void
assert_content (const char *folder, const char *name, const char *content)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *found = NULL;
  g_autoptr (GError) error = NULL;

  g_file_get_contents (path, &found, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (found, ==, content);
}

static guint
count_entries (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  guint count = 0;

  while (g_dir_read_name (dir) != NULL)
    count++;
  return count;
}

static gboolean
store (Fixture *fixture, const char *name, const char *content, gboolean overwrite, GError **error)
{
  g_autofree char *hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, content, -1);
  g_autoptr (IsmbDraft) draft
    = ismb_draft_new (fixture->beneath, name, strlen (content), overwrite, error);

  return draft != NULL && ismb_draft_write (draft, content, strlen (content), error)
         && ismb_draft_store (draft, hash, error);
}

static void
assert_stores (Fixture *fixture, const char *name, const char *content, gboolean overwrite)
{
  g_autoptr (GError) error = NULL;

  store (fixture, name, content, overwrite, &error);
  g_assert_no_error (error);
  assert_content (fixture->root, name, content);
}

static void
assert_not_stored (Fixture *fixture, const char *name, gboolean overwrite, int code)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (store (fixture, name, "evil", overwrite, &error));
  g_assert_error (error, ISMB_ERROR, code);
}

static void
test_names (Fixture *fixture, gconstpointer data)
{
  static const char *const good[] = {
    "a", "a/b.c/d", ".hidden", "a b", "gr\303\274n", "...", "a..b"
  };
  static const char *const bad[] = { "",
                                     "/",
                                     "..",
                                     "../a",
                                     "a/..",
                                     "a/../b",
                                     "./a",
                                     ".",
                                     "a//b",
                                     "a/",
                                     "/etc/passwd",
                                     "a\\b",
                                     "a\nb",
                                     "a\177",
                                     "\377",
                                     ".ismb-0123456789abcdef",
                                     "x/.ismb-1/y",
                                     "a/./b" };
  g_autofree char *absolute = path_of (fixture, "x/y");
  g_autofree char *beside = g_strconcat (fixture->root, "-beside/x", NULL);
  g_autofree char *long_part = g_strnfill (256, 'a');
  g_autofree char *name = ismb_beneath_name (fixture->beneath, absolute, NULL);

  g_assert_cmpstr (name, ==, "x/y");
  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autofree char *same = ismb_beneath_name (fixture->beneath, good[i], NULL);

      g_assert_cmpstr (same, ==, good[i]);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (ismb_beneath_name (fixture->beneath, bad[i], &error));
      g_assert_error (error, ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED);
    }
  g_assert_null (ismb_beneath_name (fixture->beneath, beside, NULL));
  g_assert_null (ismb_beneath_name (fixture->beneath, fixture->root, NULL));
  g_assert_null (ismb_beneath_name (fixture->beneath, long_part, NULL));
}

static void
test_stores (Fixture *fixture, gconstpointer data)
{
  assert_stores (fixture, "plain", "one", FALSE);
  assert_stores (fixture, "new/folders/on/the/way", "two", FALSE);
  assert_stores (fixture, "empty", "", FALSE);
  assert_not_stored (fixture, "plain", FALSE, ISMB_ERROR_EXISTS);
  assert_content (fixture->root, "plain", "one");
  assert_stores (fixture, "plain", "three", TRUE);
  g_assert_cmpuint (count_entries (fixture->root), ==, 3);
}

static void
test_rights (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = path_of (fixture, "script");
  struct stat info;

  assert_stores (fixture, "script", "one", FALSE);
  g_assert_cmpint (stat (path, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 07777, ==, 0644);
  g_assert_cmpint (chmod (path, 04750), ==, 0);
  assert_stores (fixture, "script", "two", TRUE);
  g_assert_cmpint (stat (path, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 07777, ==, 0750);
}

static void
test_corrupt (Fixture *fixture, gconstpointer data)
{
  g_autofree char *hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, "good", 4);
  g_autoptr (IsmbDraft) wrong = ismb_draft_new (fixture->beneath, "a", 4, TRUE, NULL);
  g_autoptr (IsmbDraft) brief = ismb_draft_new (fixture->beneath, "b", 5, TRUE, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) brief_error = NULL;
  g_autoptr (GError) long_error = NULL;

  g_assert_true (ismb_draft_write (wrong, "evil", 4, NULL));
  g_assert_false (ismb_draft_write (wrong, "x", 1, &long_error));
  g_assert_error (long_error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
  g_assert_false (ismb_draft_store (wrong, hash, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
  g_assert_true (ismb_draft_write (brief, "good", 4, NULL));
  g_assert_false (ismb_draft_store (brief, hash, &brief_error));
  g_assert_error (brief_error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
  g_clear_pointer (&wrong, ismb_draft_free);
  g_clear_pointer (&brief, ismb_draft_free);
  g_assert_cmpuint (count_entries (fixture->root), ==, 0);
}

static void
test_appears_meanwhile (Fixture *fixture, gconstpointer data)
{
  g_autofree char *hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, "new", 3);
  g_autofree char *path = path_of (fixture, "a");
  g_autoptr (IsmbDraft) draft = ismb_draft_new (fixture->beneath, "a", 3, FALSE, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (ismb_draft_write (draft, "new", 3, NULL));
  g_assert_true (g_file_set_contents (path, "old", 3, NULL));
  g_assert_false (ismb_draft_store (draft, hash, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_EXISTS);
  assert_content (fixture->root, "a", "old");
}

static void
test_links_and_devices (Fixture *fixture, gconstpointer data)
{
  g_autofree char *victim = g_build_filename (fixture->outside, "victim", NULL);
  g_autofree char *folder = path_of (fixture, "folder");
  g_autofree char *file = path_of (fixture, "file");
  g_autofree char *fifo = path_of (fixture, "fifo");
  g_autofree char *hard = path_of (fixture, "hard");
  g_autofree char *sub = path_of (fixture, "sub");

  g_assert_true (g_file_set_contents (victim, "safe", 4, NULL));
  g_assert_cmpint (symlink ("../outside", folder), ==, 0);
  g_assert_cmpint (symlink (victim, file), ==, 0);
  g_assert_cmpint (link (victim, hard), ==, 0);
  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  g_assert_cmpint (mkdir (sub, 0700), ==, 0);
  assert_not_stored (fixture, "folder/victim", TRUE, ISMB_ERROR_NOT_ALLOWED);
  assert_not_stored (fixture, "folder/new/deep", TRUE, ISMB_ERROR_NOT_ALLOWED);
  assert_not_stored (fixture, "file", TRUE, ISMB_ERROR_NOT_ALLOWED);
  assert_not_stored (fixture, "file/x", TRUE, ISMB_ERROR_NOT_ALLOWED);
  assert_not_stored (fixture, "hard", TRUE, ISMB_ERROR_NOT_ALLOWED);
  assert_not_stored (fixture, "fifo", TRUE, ISMB_ERROR_NOT_ALLOWED);
  assert_not_stored (fixture, "sub", TRUE, ISMB_ERROR_NOT_ALLOWED);
  assert_content (fixture->outside, "victim", "safe");
  g_assert_cmpuint (count_entries (fixture->outside), ==, 1);
}

static void
assert_not_opened (Fixture *fixture, const char *name, int code)
{
  g_autoptr (GError) error = NULL;
  guint64 size;

  g_assert_cmpint (ismb_beneath_open (fixture->beneath, name, &size, &error), <, 0);
  g_assert_error (error, ISMB_ERROR, code);
}

static void
test_opens (Fixture *fixture, gconstpointer data)
{
  g_autofree char *link_path = path_of (fixture, "link");
  g_autofree char *fifo = path_of (fixture, "fifo");
  g_autofree char *hash = NULL;
  g_autofree char *expected = g_compute_checksum_for_string (G_CHECKSUM_SHA256, "one", 3);
  guint64 size = 0;
  int descriptor;

  assert_stores (fixture, "sub/plain", "one", FALSE);
  g_assert_cmpint (symlink ("sub/plain", link_path), ==, 0);
  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  descriptor = ismb_beneath_open (fixture->beneath, "sub/plain", &size, NULL);
  g_assert_cmpint (descriptor, >=, 0);
  g_assert_cmpuint (size, ==, 3);
  hash = ismb_beneath_hash (descriptor, NULL, NULL);
  g_assert_cmpstr (hash, ==, expected);
  close (descriptor);
  assert_not_opened (fixture, "missing", ISMB_ERROR_NOT_FOUND);
  assert_not_opened (fixture, "link", ISMB_ERROR_NOT_ALLOWED);
  assert_not_opened (fixture, "fifo", ISMB_ERROR_NOT_ALLOWED);
  assert_not_opened (fixture, "sub", ISMB_ERROR_NOT_ALLOWED);
}

/* Somebody with access to the root swaps a folder and a link that leads out, again and again. */
typedef struct
{
  char *folder;
  char *bait;
  int stop;
} Swapper;

static gpointer
swap (gpointer data)
{
  Swapper *swapper = data;

  while (!g_atomic_int_get (&swapper->stop))
    renameat2 (AT_FDCWD, swapper->folder, AT_FDCWD, swapper->bait, RENAME_EXCHANGE);
  return NULL;
}

static void
test_race (Fixture *fixture, gconstpointer data)
{
  Swapper swapper = { path_of (fixture, "folder"), path_of (fixture, "bait"), FALSE };
  GThread *thread;
  guint stored = 0;

  g_assert_cmpint (mkdir (swapper.folder, 0755), ==, 0);
  g_assert_cmpint (symlink ("../outside", swapper.bait), ==, 0);
  thread = g_thread_new ("swap", swap, &swapper);
  for (int i = 0; i < 2000; i++)
    stored += store (fixture, "folder/file", "x", TRUE, NULL);
  g_atomic_int_set (&swapper.stop, TRUE);
  g_thread_join (thread);
  g_test_message ("%u stored", stored);
  g_assert_cmpuint (count_entries (fixture->outside), ==, 0);
  g_free (swapper.folder);
  g_free (swapper.bait);
}

static void
test_cleans_leftovers (Fixture *fixture, gconstpointer data)
{
  g_autofree char *left = path_of (fixture, "sub/.ismb-0123456789abcdef");
  g_autofree char *bait = path_of (fixture, "out");
  g_autofree char *outside = g_build_filename (fixture->outside, ".ismb-0123456789abcdef", NULL);
  g_autofree char *hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, "new", 3);
  g_autoptr (IsmbDraft) draft = NULL;

  assert_stores (fixture, "sub/kept", "kept", FALSE);
  g_assert_true (g_file_set_contents (left, "half", 4, NULL));
  g_assert_true (g_file_set_contents (outside, "half", 4, NULL));
  g_assert_cmpint (symlink (fixture->outside, bait), ==, 0);
  draft = ismb_draft_new (fixture->beneath, "sub/new", 3, FALSE, NULL);
  ismb_beneath_clean (fixture->beneath);
  g_assert_false (g_file_test (left, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (outside, G_FILE_TEST_EXISTS));
  assert_content (fixture->root, "sub/kept", "kept");
  g_assert_true (ismb_draft_write (draft, "new", 3, NULL));
  g_assert_true (ismb_draft_store (draft, hash, NULL));
  assert_content (fixture->root, "sub/new", "new");
}

static void
test_no_root (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (ismb_beneath_new ("/proc/version", &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND);
}

/* The kernel's filter makes openat2 () unknown to a process, as old kernels and sandboxes do. */
static void
forbid_openat2 (void)
{
  struct sock_filter code[] = {
    BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr)),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = { G_N_ELEMENTS (code), code };

  g_assert_cmpint (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), ==, 0);
  g_assert_cmpint (prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), ==, 0);
  g_assert_cmpint (syscall (SYS_openat2, -1, NULL, NULL, 0), ==, -1);
  g_assert_cmpint (errno, ==, ENOSYS);
}

static void
test_without_openat2 (gconstpointer path)
{
  g_test_trap_subprocess (path, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
}

typedef void (*Test) (Fixture *fixture, gconstpointer data);

static void
run_walking (gconstpointer data)
{
  Fixture fixture;
  Test test = (Test) data;

  forbid_openat2 ();
  set_up (&fixture, NULL);
  test (&fixture, NULL);
  tear_down (&fixture, NULL);
}

static void
add (const char *name, Test test)
{
  g_autofree char *path = g_strconcat ("/transfer/beneath/", name, NULL);

  g_test_add (path, Fixture, NULL, set_up, test, tear_down);
}

/* The same once more where openat2 () is missing. */
static void
add_walking (const char *name, Test test)
{
  g_autofree char *path = g_strconcat ("/transfer/beneath/walking/", name, NULL);
  char *inner = g_strconcat (path, "/subprocess", NULL);

  add (name, test);
  g_test_add_data_func (inner, (gconstpointer) test, run_walking);
  g_test_add_data_func_full (path, inner, test_without_openat2, g_free);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("names", test_names);
  add_walking ("stores", test_stores);
  add ("rights", test_rights);
  add ("corrupt", test_corrupt);
  add ("appears-meanwhile", test_appears_meanwhile);
  add_walking ("links-and-devices", test_links_and_devices);
  add_walking ("opens", test_opens);
  add_walking ("race", test_race);
  add ("cleans-leftovers", test_cleans_leftovers);
  g_test_add_func ("/transfer/beneath/no-root", test_no_root);
  return g_test_run ();
}
