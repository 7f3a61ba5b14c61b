/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "switchctl/control/engine-exec.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ismb/core/ismb-error.h"

static const char *const allow[]
  = { "/bin/echo", "/bin/sh", "/bin/cat", "/usr/bin/env", "/bin/false", "/nowhere/missing", NULL };

typedef struct
{
  GAsyncResult *result;
} Answer;

static void
on_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ((Answer *) user_data)->result = g_object_ref (result);
}

static SwitchResult *
run_cancellable (SwitchEngine *engine, const char *command, GCancellable *cancellable,
                 GError **error)
{
  Answer answer = { NULL };
  SwitchResult *result;

  switch_engine_run_async (engine, command, cancellable, on_done, &answer);
  while (answer.result == NULL)
    g_main_context_iteration (NULL, TRUE);
  result = switch_engine_run_finish (engine, answer.result, error);
  g_object_unref (answer.result);
  return result;
}

static SwitchResult *
run (SwitchEngine *engine, const char *command)
{
  g_autoptr (GError) error = NULL;
  SwitchResult *result = run_cancellable (engine, command, NULL, &error);

  g_assert_no_error (error);
  return result;
}

static SwitchEngine *
make_engine (void)
{
  g_autoptr (GError) error = NULL;
  SwitchEngine *engine = switch_engine_exec_new (allow, NULL, &error);

  g_assert_no_error (error);
  return engine;
}

static void
assert_runs (const char *command, int status, const char *text)
{
  g_autoptr (SwitchEngine) engine = make_engine ();
  g_autoptr (SwitchResult) result = run (engine, command);

  g_assert_cmpstr (result->text, ==, text);
  g_assert_cmpint (result->status, ==, status);
}

static void
test_runs (void)
{
  assert_runs ("echo hello", 0, "hello\n");
  assert_runs ("/bin/echo 'two  words' \"and\" more", 0, "two  words and more\n");
  assert_runs ("echo $HOME; `id` > /tmp/x && * | cat", 0, "$HOME; `id` > /tmp/x && * | cat\n");
  assert_runs ("cat", 0, "");
  assert_runs ("env", 0, "PATH=/usr/sbin:/usr/bin:/sbin:/bin\nLANG=C.UTF-8\n");
  assert_runs ("sh -c 'pwd; echo out; echo error >&2'", 0, "/\nout\nerror\n");
}

static void
test_fails (void)
{
  assert_runs ("sh -c 'echo bad vlan >&2; exit 3'", 3, "bad vlan\n");
  assert_runs ("false", 1, "exit status 1");
  assert_runs ("sh -c 'kill -9 $$'", SWITCH_STATUS_SIGNAL + SIGKILL, "ended by signal 9 (Killed)");
}

/* The daemon ignores SIGPIPE; a command that writes to nobody must end all the same. */
static void
test_signals_are_the_usual_ones (void)
{
  sighandler_t before = signal (SIGPIPE, SIG_IGN);

  assert_runs ("sh -c 'kill -PIPE $$'", SWITCH_STATUS_SIGNAL + SIGPIPE,
               "ended by signal 13 (Broken pipe)");
  signal (SIGPIPE, before);
}

/* However a command is written: these are the words that a policy decides about. */
static void
test_resolves (void)
{
  static const struct
  {
    const char *command, *words;
  } cases[] = {
    { "echo a", "/bin/echo|a" },
    { "/bin/echo a", "/bin/echo|a" },
    { "  e'ch'o\t\"a\" # b", "/bin/echo|a" },
    { "e\\cho\na", "/bin/echo|a" },
    { "echo 'a b' ''", "/bin/echo|a b|" },
    { "echo a;false", "/bin/echo|a;false" },
    { "ech a", NULL },
    { "echo;", NULL },
    { "/bin/../bin/echo a", NULL },
    { "echo 'a", NULL },
    { "", NULL },
  };
  g_autoptr (SwitchEngine) engine = make_engine ();

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_auto (GStrv) argv = switch_engine_resolve (engine, cases[i].command, &error);
      g_autofree char *words = argv != NULL ? g_strjoinv ("|", argv) : NULL;

      g_assert_cmpstr (words, ==, cases[i].words);
      if (words == NULL)
        g_assert_error (error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND);
      else
        g_assert_no_error (error);
    }
}

static void
test_refused (void)
{
  g_autoptr (SwitchEngine) engine = make_engine ();
  g_autoptr (SwitchResult) unbalanced = run (engine, "echo 'open");
  g_autoptr (SwitchResult) empty = run (engine, "");
  g_autoptr (SwitchResult) missing = run (engine, "missing now");

  assert_runs ("rm -rf /", SWITCH_STATUS_UNKNOWN, "unknown command: rm");
  assert_runs ("/usr/bin/echo x", SWITCH_STATUS_UNKNOWN, "unknown command: /usr/bin/echo");
  assert_runs ("../bin/echo x", SWITCH_STATUS_UNKNOWN, "unknown command: ../bin/echo");
  assert_runs ("nowhere", SWITCH_STATUS_UNKNOWN, "unknown command: nowhere");
  g_assert_cmpint (unbalanced->status, ==, SWITCH_STATUS_UNKNOWN);
  g_assert_cmpint (empty->status, ==, SWITCH_STATUS_UNKNOWN);
  g_assert_cmpint (missing->status, ==, SWITCH_STATUS_UNKNOWN);
  g_assert_nonnull (strstr (missing->text, "/nowhere/missing"));
}

static void
test_text_is_sayable (void)
{
  assert_runs ("sh -c 'printf \"a\\\\033[1mb\\\\000c\\\\377d\\\\tz\"'", 0,
               "a\357\277\275[1mb\357\277\275c\357\277\275d\tz");
}

static void
test_output_limit (void)
{
  g_autoptr (SwitchEngine) engine = make_engine ();
  g_autoptr (SwitchResult) result
    = run (engine, "sh -c 'i=0; while [ $i -lt 6000 ]; do echo "
                   "0123456789012345678901234567890123456789012345678901234567890123456789; "
                   "i=$((i+1)); done'");

  g_assert_cmpint (result->status, ==, 0);
  g_assert_nonnull (strstr (result->text, "[output truncated after 262144 bytes]"));
  g_assert_cmpuint (strlen (result->text), <, SWITCH_ENGINE_EXEC_OUTPUT_MAX + 100);
}

/* A pipe that lives as long as anybody holds its writing end: at its end, all of them are dead. */
typedef struct
{
  char *folder;
  char *fifo;
  int reader;
} Watch;

static Watch
watch_new (void)
{
  Watch watch;
  g_autoptr (GError) error = NULL;

  watch.folder = g_dir_make_tmp ("ismb-engine-XXXXXX", &error);
  g_assert_no_error (error);
  watch.fifo = g_build_filename (watch.folder, "alive", NULL);
  g_assert_cmpint (mkfifo (watch.fifo, 0600), ==, 0);
  watch.reader = open (watch.fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  g_assert_cmpint (watch.reader, >=, 0);
  return watch;
}

/* Blocks while somebody holds the pipe; the test's own time limit ends it. */
static void
watch_all_dead (Watch *watch)
{
  char byte;

  fcntl (watch->reader, F_SETFL, 0);
  while (read (watch->reader, &byte, 1) > 0)
    ;
  close (watch->reader);
  g_assert_cmpint (unlink (watch->fifo), ==, 0);
  g_assert_cmpint (rmdir (watch->folder), ==, 0);
  g_free (watch->fifo);
  g_free (watch->folder);
}

static void
test_deadline (gconstpointer prelude)
{
  g_autoptr (SwitchEngine) engine = make_engine ();
  g_autoptr (SwitchResult) result = NULL;
  Watch watch = watch_new ();
  g_autofree char *command
    = g_strdup_printf ("sh -c '%s exec 9>%s; echo started; sleep 1000 & sleep 1000'",
                       (const char *) prelude, watch.fifo);

  switch_engine_exec_set_deadline (SWITCH_ENGINE_EXEC (engine), 1000);
  result = run (engine, command);
  g_assert_cmpint (result->status, ==, SWITCH_STATUS_DEADLINE);
  g_assert_cmpstr (result->text, ==, "started\nkilled: no end within 1000 ms");
  watch_all_dead (&watch);
}

static void
test_leftovers_die (void)
{
  g_autoptr (SwitchEngine) engine = make_engine ();
  g_autoptr (SwitchResult) result = NULL;
  Watch watch = watch_new ();
  g_autofree char *command
    = g_strdup_printf ("sh -c 'exec 9>%s; sleep 1000 & echo done'", watch.fifo);

  result = run (engine, command);
  g_assert_cmpint (result->status, ==, 0);
  g_assert_cmpstr (result->text, ==, "done\n");
  watch_all_dead (&watch);
}

static gboolean
on_cancel (gpointer cancellable)
{
  g_cancellable_cancel (cancellable);
  return G_SOURCE_REMOVE;
}

static void
test_cancel (void)
{
  g_autoptr (SwitchEngine) engine = make_engine ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  Watch watch = watch_new ();
  g_autofree char *command = g_strdup_printf ("sh -c 'exec 9>%s; sleep 1000'", watch.fifo);

  g_timeout_add (100, on_cancel, cancellable);
  g_assert_null (run_cancellable (engine, command, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  watch_all_dead (&watch);
}

/* A thread of its own may enter a new namespace and leave ours alone; it is gone with the thread,
 * and a descriptor keeps the namespace. */
static gpointer
open_new_namespace (gpointer data)
{
  if (unshare (CLONE_NEWNET) != 0)
    return GINT_TO_POINTER (-1);
  return GINT_TO_POINTER (open ("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
}

static void
test_namespace (void)
{
  static const char *const programs[] = { "/bin/readlink", NULL };
  int descriptor
    = GPOINTER_TO_INT (g_thread_join (g_thread_new ("netns", open_new_namespace, NULL)));
  g_autofree char *path = NULL;
  g_autofree char *expected = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (SwitchEngine) engine = NULL;
  g_autoptr (SwitchResult) result = NULL;
  struct stat info;

  if (descriptor < 0)
    {
      g_test_skip ("no right to make a network namespace");
      return;
    }
  path = g_strdup_printf ("/proc/%d/fd/%d", getpid (), descriptor);
  g_assert_cmpint (fstat (descriptor, &info), ==, 0);
  expected = g_strdup_printf ("net:[%lu]\n", (gulong) info.st_ino);
  engine = switch_engine_exec_new (programs, path, &error);
  g_assert_no_error (error);
  result = run (engine, "readlink /proc/self/ns/net");
  g_assert_cmpstr (result->text, ==, expected);
  close (descriptor);
}

static void
test_bad_config (void)
{
  static const char *const relative[] = { "bin/echo", NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) netns_error = NULL;

  g_assert_null (switch_engine_exec_new (relative, NULL, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG);
  g_assert_null (switch_engine_exec_new (allow, "no-such-namespace", &netns_error));
  g_assert_error (netns_error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/control/engine-exec/runs", test_runs);
  g_test_add_func ("/control/engine-exec/fails", test_fails);
  g_test_add_func ("/control/engine-exec/signals", test_signals_are_the_usual_ones);
  g_test_add_func ("/control/engine-exec/resolves", test_resolves);
  g_test_add_func ("/control/engine-exec/refused", test_refused);
  g_test_add_func ("/control/engine-exec/text-is-sayable", test_text_is_sayable);
  g_test_add_func ("/control/engine-exec/output-limit", test_output_limit);
  g_test_add_data_func ("/control/engine-exec/deadline-kills-grandchildren", "", test_deadline);
  g_test_add_data_func ("/control/engine-exec/deadline-kills-the-stubborn",
                        "trap \"\" TERM;", test_deadline);
  g_test_add_func ("/control/engine-exec/leftovers-die", test_leftovers_die);
  g_test_add_func ("/control/engine-exec/cancel", test_cancel);
  g_test_add_func ("/control/engine-exec/namespace", test_namespace);
  g_test_add_func ("/control/engine-exec/bad-config", test_bad_config);
  return g_test_run ();
}
