/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "switchctl.control.engine-exec"
#include "config.h"
#include "switchctl/control/engine-exec.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ismb/core/ismb-error.h"

#define MERCY_MS 2000 /* between SIGTERM and SIGKILL */
#define STATUS_NO_NAMESPACE 126

struct _SwitchEngineExec
{
  GObject parent_instance;
  GStrv allow;
  char *netns; /* a path; NULL: our own */
  guint deadline;
};

/* One command under way: the data of its task, which the sources keep alive. */
typedef struct
{
  GPid pid;    /* also its group */
  int pidfd; /* readable once it ended; it stays a zombie until we reap it, so its number stays its
                own */
  int output;
  int netns;
  guint deadline;
  gint64 start;
  gboolean overdue;
  gboolean truncated;
  GString *text;
  GSource *on_output;
  GSource *on_end;
  GSource *on_cancel;
  GSource *timer;
} Run;

static void switch_engine_exec_engine_init (SwitchEngineInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (SwitchEngineExec, switch_engine_exec, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (SWITCH_TYPE_ENGINE,
                                                      switch_engine_exec_engine_init))

static void
switch_engine_exec_finalize (GObject *object)
{
  SwitchEngineExec *self = SWITCH_ENGINE_EXEC (object);

  g_strfreev (self->allow);
  g_free (self->netns);
  G_OBJECT_CLASS (switch_engine_exec_parent_class)->finalize (object);
}

static void
switch_engine_exec_class_init (SwitchEngineExecClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = switch_engine_exec_finalize;
}

static void
switch_engine_exec_init (SwitchEngineExec *self)
{
  self->deadline = SWITCH_ENGINE_EXEC_DEADLINE_MS;
}

static void
close_descriptor (int *descriptor)
{
  if (*descriptor >= 0)
    close (*descriptor);
  *descriptor = -1;
}

static void
clear_source (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
run_free (gpointer data)
{
  Run *run = data;

  close_descriptor (&run->pidfd);
  close_descriptor (&run->output);
  close_descriptor (&run->netns);
  g_string_free (run->text, TRUE);
  g_free (run);
}

static Run *
run_new (SwitchEngineExec *self)
{
  Run *run = g_new0 (Run, 1);

  run->pidfd = run->output = run->netns = -1;
  run->deadline = self->deadline;
  run->start = g_get_monotonic_time ();
  run->text = g_string_new (NULL);
  return run;
}

/* What is printed beyond the limit is read and dropped, so that the command does not stall. */
static void
keep_output (Run *run, const char *bytes, gsize length)
{
  gsize room = SWITCH_ENGINE_EXEC_OUTPUT_MAX - run->text->len;

  run->truncated = run->truncated || length > room;
  for (gsize i = 0; i < MIN (length, room); i++)
    g_string_append_c (run->text, bytes[i] != '\0' ? bytes[i] : '\001');
}

/* Reads what there is; FALSE once there will be no more. */
static gboolean
read_output (Run *run)
{
  char bytes[16384];

  for (;;)
    {
      gssize length = read (run->output, bytes, sizeof bytes);

      if (length > 0)
        keep_output (run, bytes, length);
      else if (length == 0 || (errno != EINTR && errno != EAGAIN))
        return FALSE;
      else if (errno == EAGAIN)
        return TRUE;
    }
}

static gboolean
on_output (int descriptor, GIOCondition condition, gpointer user_data)
{
  Run *run = g_task_get_task_data (user_data);

  if (read_output (run))
    return G_SOURCE_CONTINUE;
  g_clear_pointer (&run->on_output, g_source_unref);
  return G_SOURCE_REMOVE;
}

static gboolean
on_mercy_over (gpointer user_data)
{
  Run *run = g_task_get_task_data (user_data);

  kill (-run->pid, SIGKILL);
  g_clear_pointer (&run->timer, g_source_unref);
  return G_SOURCE_REMOVE;
}

static void
end_group (GTask *task)
{
  Run *run = g_task_get_task_data (task);

  kill (-run->pid, SIGTERM);
  clear_source (&run->timer);
  run->timer = g_timeout_source_new (MERCY_MS);
  g_task_attach_source (task, run->timer, on_mercy_over);
}

static gboolean
on_deadline (gpointer user_data)
{
  Run *run = g_task_get_task_data (user_data);

  run->overdue = TRUE;
  end_group (user_data);
  return G_SOURCE_REMOVE;
}

static gboolean
on_cancelled (GCancellable *cancellable, gpointer user_data)
{
  Run *run = g_task_get_task_data (user_data);

  clear_source (&run->on_cancel);
  end_group (user_data);
  return G_SOURCE_REMOVE;
}

static void
say (Run *run, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* Our own words, on a line of their own below the command's. */
static void
say (Run *run, const char *format, ...)
{
  va_list arguments;

  if (run->text->len > 0 && run->text->str[run->text->len - 1] != '\n')
    g_string_append_c (run->text, '\n');
  va_start (arguments, format);
  g_string_append_vprintf (run->text, format, arguments);
  va_end (arguments);
}

static int
judge (Run *run, int wait_status)
{
  if (run->truncated)
    say (run, "[output truncated after %d bytes]", SWITCH_ENGINE_EXEC_OUTPUT_MAX);
  if (run->overdue)
    {
      say (run, "killed: no end within %u ms", run->deadline);
      return SWITCH_STATUS_DEADLINE;
    }
  if (WIFSIGNALED (wait_status))
    {
      say (run, "ended by signal %d (%s)", WTERMSIG (wait_status),
           g_strsignal (WTERMSIG (wait_status)));
      return SWITCH_STATUS_SIGNAL + WTERMSIG (wait_status);
    }
  if (WEXITSTATUS (wait_status) != 0 && run->text->len == 0)
    say (run, "exit status %d", WEXITSTATUS (wait_status));
  return WEXITSTATUS (wait_status);
}

/* What the program left behind in its group goes with it. Until the program is reaped its number,
 * which is the group's, belongs to nobody else. */
static int
reap (Run *run)
{
  int wait_status = 0;

  kill (-run->pid, SIGKILL);
  while (waitpid (run->pid, &wait_status, 0) < 0 && errno == EINTR)
    ;
  return wait_status;
}

static gboolean
on_end (int descriptor, GIOCondition condition, gpointer user_data)
{
  g_autoptr (GTask) task = g_object_ref (user_data);
  Run *run = g_task_get_task_data (task);
  int status;

  clear_source (&run->timer);
  clear_source (&run->on_cancel);
  status = reap (run);
  read_output (run);
  clear_source (&run->on_output);
  clear_source (&run->on_end);
  status = judge (run, status);
  g_task_return_pointer (
    task, switch_result_new (status, run->text->str, g_get_monotonic_time () - run->start),
    (GDestroyNotify) switch_result_free);
  return G_SOURCE_REMOVE;
}

/* In the child, before exec: system calls only. */
static void
set_up_child (gpointer user_data)
{
  static const char complaint[] = "the network namespace cannot be entered";
  Run *run = user_data;

  setpgid (0, 0);
  if (run->netns < 0 || setns (run->netns, CLONE_NEWNET) == 0)
    return;
  if (write (STDERR_FILENO, complaint, sizeof complaint - 1) < 0)
    _exit (STATUS_NO_NAMESPACE + 1);
  _exit (STATUS_NO_NAMESPACE);
}

static gboolean
spawn (Run *run, char **argv, GError **error)
{
  char *environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", NULL };
  int pipe_ends[2];
  gboolean spawned;

  if (!g_unix_open_pipe (pipe_ends, FD_CLOEXEC, error))
    return FALSE;
  run->output = pipe_ends[0];
  spawned = g_unix_set_fd_nonblocking (run->output, TRUE, error)
            && g_spawn_async_with_fds ("/", argv, environment, G_SPAWN_DO_NOT_REAP_CHILD,
                                       set_up_child, run, &run->pid, -1, pipe_ends[1],
                                       pipe_ends[1], error);
  close (pipe_ends[1]);
  return spawned;
}

static gboolean
open_pidfd (Run *run, GError **error)
{
  run->pidfd = (int) syscall (SYS_pidfd_open, run->pid, 0);
  if (run->pidfd >= 0)
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED, "the command cannot be watched: %s",
               g_strerror (errno));
  reap (run);
  return FALSE;
}

static void
watch (GTask *task)
{
  Run *run = g_task_get_task_data (task);
  GCancellable *cancellable = g_task_get_cancellable (task);

  run->on_output = g_unix_fd_source_new (run->output, G_IO_IN | G_IO_HUP);
  run->on_end = g_unix_fd_source_new (run->pidfd, G_IO_IN);
  run->timer = g_timeout_source_new (run->deadline);
  g_task_attach_source (task, run->on_output, G_SOURCE_FUNC (on_output));
  g_task_attach_source (task, run->on_end, G_SOURCE_FUNC (on_end));
  g_task_attach_source (task, run->timer, on_deadline);
  if (cancellable == NULL)
    return;
  run->on_cancel = g_cancellable_source_new (cancellable);
  g_task_attach_source (task, run->on_cancel, G_SOURCE_FUNC (on_cancelled));
}

/* The allowed path that a command's first word stands for. */
static const char *
look_up (SwitchEngineExec *self, const char *word)
{
  gboolean bare = strchr (word, '/') == NULL;

  for (gsize i = 0; self->allow[i] != NULL; i++)
    {
      const char *name = bare ? strrchr (self->allow[i], '/') + 1 : self->allow[i];

      if (g_str_equal (name, word))
        return self->allow[i];
    }
  return NULL;
}

static GStrv
switch_engine_exec_resolve (SwitchEngine *engine, const char *command, GError **error)
{
  SwitchEngineExec *self = SWITCH_ENGINE_EXEC (engine);
  g_autoptr (GError) cause = NULL;
  g_auto (GStrv) argv = NULL;
  const char *path;

  if (!g_shell_parse_argv (command, NULL, &argv, &cause))
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND, "unknown command: %s (%s)", command,
                   cause->message);
      return NULL;
    }
  path = look_up (self, argv[0]);
  if (path == NULL)
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND, "unknown command: %s", argv[0]);
      return NULL;
    }
  g_free (argv[0]);
  argv[0] = g_strdup (path);
  return g_steal_pointer (&argv);
}

static gboolean
open_namespace (SwitchEngineExec *self, Run *run, GError **error)
{
  if (self->netns == NULL)
    return TRUE;
  run->netns = open (self->netns, O_RDONLY | O_CLOEXEC);
  if (run->netns >= 0)
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG, "engine-netns: %s: %s", self->netns,
               g_strerror (errno));
  return FALSE;
}

static void
return_unknown (GTask *task, const char *complaint)
{
  g_task_return_pointer (task, switch_result_new (SWITCH_STATUS_UNKNOWN, complaint, 0),
                         (GDestroyNotify) switch_result_free);
}

static void
start (GTask *task, char **argv)
{
  SwitchEngineExec *self = g_task_get_source_object (task);
  Run *run = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  if (!open_namespace (self, run, &error))
    g_task_return_error (task, g_steal_pointer (&error));
  else if (!spawn (run, argv, &error))
    return_unknown (task, error->message);
  else if (!open_pidfd (run, &error))
    g_task_return_error (task, g_steal_pointer (&error));
  else
    watch (task);
}

static void
switch_engine_exec_run_async (SwitchEngine *engine, const char *command, GCancellable *cancellable,
                              GAsyncReadyCallback callback, gpointer user_data)
{
  SwitchEngineExec *self = SWITCH_ENGINE_EXEC (engine);
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) argv = switch_engine_exec_resolve (engine, command, &error);

  g_task_set_source_tag (task, switch_engine_exec_run_async);
  g_task_set_task_data (task, run_new (self), run_free);
  if (g_task_return_error_if_cancelled (task))
    return;
  if (argv == NULL)
    return_unknown (task, error->message);
  else
    start (task, argv);
}

static SwitchResult *
switch_engine_exec_run_finish (SwitchEngine *engine, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
switch_engine_exec_engine_init (SwitchEngineInterface *iface)
{
  iface->resolve = switch_engine_exec_resolve;
  iface->run_async = switch_engine_exec_run_async;
  iface->run_finish = switch_engine_exec_run_finish;
}

static gboolean
check_allowed (const char *const *allow, GError **error)
{
  for (gsize i = 0; allow[i] != NULL; i++)
    if (!g_path_is_absolute (allow[i]) || g_str_has_suffix (allow[i], "/"))
      {
        g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG,
                     "exec-allow: \"%s\" is no absolute path of a program", allow[i]);
        return FALSE;
      }
  return TRUE;
}

static char *
netns_path (const char *netns)
{
  if (netns == NULL || *netns == '\0')
    return NULL;
  return strchr (netns, '/') != NULL ? g_strdup (netns) : g_strconcat ("/run/netns/", netns, NULL);
}

SwitchEngine *
switch_engine_exec_new (const char *const *allow, const char *netns, GError **error)
{
  g_autoptr (SwitchEngineExec) self = NULL;

  if (!check_allowed (allow, error))
    return NULL;
  self = g_object_new (SWITCH_TYPE_ENGINE_EXEC, NULL);
  self->allow = g_strdupv ((char **) allow);
  self->netns = netns_path (netns);
  if (self->netns != NULL && g_access (self->netns, R_OK) != 0)
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG, "engine-netns: %s: %s", self->netns,
                   g_strerror (errno));
      return NULL;
    }
  return SWITCH_ENGINE (g_steal_pointer (&self));
}

void
switch_engine_exec_set_deadline (SwitchEngineExec *self, guint milliseconds)
{
  self->deadline = milliseconds;
}
