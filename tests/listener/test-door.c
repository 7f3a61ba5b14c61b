/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A listener whose process has no descriptor left. */
#include "config.h"

#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "ismb/listener/ismb-listener.h"
#include "xmpp-client.h"

#define STRANGERS 200

static guint
count_open (void)
{
  DIR *folder = opendir ("/proc/self/fd");
  guint count = 0;

  while (readdir (folder) != NULL)
    count++;
  closedir (folder);
  return count - 3; /* of them ".", ".." and the folder itself */
}

static void
set_limit (rlim_t limit)
{
  struct rlimit now;

  getrlimit (RLIMIT_NOFILE, &now);
  now.rlim_cur = limit;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &now), ==, 0);
}

/* Every descriptor that is left. */
static GArray *
take_all (void)
{
  GArray *taken = g_array_new (FALSE, FALSE, sizeof (int));
  int fd;

  while ((fd = open ("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
    g_array_append_val (taken, fd);
  return taken;
}

static void
give_back (GArray *taken)
{
  for (guint i = 0; i < taken->len; i++)
    close (g_array_index (taken, int, i));
  g_array_unref (taken);
}

/* A process of its own comes over and over, and is refused, once `gate` is closed. */
static pid_t
let_strangers_in (guint16 port, const int *gate)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = g_htons (port),
                                 .sin_addr.s_addr = g_htonl (INADDR_LOOPBACK) };
  pid_t child = fork ();
  char byte;

  if (child != 0)
    return child;
  close (gate[1]);
  if (read (gate[0], &byte, 1) != 0)
    _exit (3);
  for (guint i = 0; i < STRANGERS; i++)
    {
      int fd = socket (AF_INET, SOCK_STREAM, 0);

      if (fd < 0 || connect (fd, (struct sockaddr *) &address, sizeof address) < 0)
        _exit (1);
      /* Refused at once: it is not left waiting. */
      if (read (fd, &byte, 1) > 0)
        _exit (2);
      close (fd);
    }
  _exit (0);
}

static double
cpu_seconds (void)
{
  return (double) clock () / CLOCKS_PER_SEC;
}

static guint warnings;

static GLogWriterOutput
count_warnings (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  for (gsize i = 0; i < n_fields; i++)
    if (level == G_LOG_LEVEL_WARNING && strcmp (fields[i].key, "MESSAGE") == 0
        && strstr (fields[i].value, "connections are refused until others end") != NULL)
      {
        warnings++;
        return G_LOG_WRITER_HANDLED;
      }
  return g_log_writer_default (level, fields, n_fields, user_data);
}

static void
on_child (GPid pid, int status, gpointer user_data)
{
  *(int *) user_data = status;
}

static void
test_no_descriptors (void)
{
  g_autoptr (IsmbListener) listener = ismb_listener_new ("blue");
  g_autoptr (XmppClient) ada = NULL, late = NULL;
  g_autoptr (GError) error = NULL;
  GArray *taken;
  int status = -1, gate[2];
  double before;
  guint16 port;
  pid_t child;

  ismb_listener_create_account (listener, "ada", "secret", &error);
  port = ismb_listener_start (listener, 0, &error);
  g_assert_no_error (error);
  ada = xmpp_client_new (port);
  xmpp_client_sign_in (ada, "ada", "localhost", "secret", "desk");

  g_assert_cmpint (pipe (gate), ==, 0);
  child = let_strangers_in (port, gate);
  g_child_watch_add (child, on_child, &status);
  set_limit (count_open () + 16);
  taken = take_all ();
  close (gate[0]);
  g_assert_cmpint (open ("/dev/null", O_RDONLY | O_CLOEXEC), ==, gate[0]);
  close (gate[1]);
  g_assert_cmpint (open ("/dev/null", O_RDONLY | O_CLOEXEC), ==, gate[1]);
  before = cpu_seconds ();
  while (status < 0)
    {
      /* She is not disturbed by those who do not get in. */
      xmpp_client_send (ada, "<message to='ada@localhost/desk'><body>still here</body></message>");
      g_free (xmpp_client_expect (ada, "still here"));
    }
  g_assert_cmpint (status, ==, 0);
  g_assert_cmpuint (warnings, ==, 1);
  g_assert_cmpfloat (cpu_seconds () - before, <, 5.0);
  close (gate[0]);
  close (gate[1]);
  give_back (taken);
  late = xmpp_client_new (port);
  xmpp_client_sign_in (late, "ada", "localhost", "secret", "lap");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (count_warnings, NULL, NULL);
  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_ERROR);
  g_test_add_func ("/door/no-descriptors", test_no_descriptors);
  return g_test_run ();
}
