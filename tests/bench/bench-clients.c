/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "ismb/ismb.h"

/* Two IsmbClients in one process and one loop: a message goes from the first to the second and
 * back, one at a time. Prints the median of a round trip, and the CPU time of this process for each
 * message, in microseconds. Usage: bench-clients PORT|RUNTIME-DIR DOMAIN PASSWORD ROUNDS [CA-FILE]
 * ROUNDS are what is measured; as many before them warm everything up. With the daemon's folder for
 * a port, they are clients of the switch they run on. */

typedef struct
{
  GMainLoop *loop;
  IsmbClient *ping, *pong;
  char *to;
  guint ready;
  guint rounds, done;
  gint64 *times;
  gint64 sent, cpu;
} Bench;

static gint64
cpu_now (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * G_USEC_PER_SEC + usage.ru_utime.tv_usec
         + usage.ru_stime.tv_usec;
}

static void
send_one (Bench *self)
{
  g_autoptr (GError) error = NULL;

  self->sent = g_get_monotonic_time ();
  if (!ismb_client_send_message (self->ping, self->to, "ping", NULL, NULL, &error))
    g_error ("%s", error->message);
}

static void
on_back (IsmbClient *client, IsmbMessage *message, gpointer user_data)
{
  Bench *self = user_data;

  if (self->done >= self->rounds)
    self->times[self->done - self->rounds] = g_get_monotonic_time () - self->sent;
  if (++self->done == self->rounds)
    self->cpu = cpu_now ();
  if (self->done < 2 * self->rounds)
    send_one (self);
  else
    g_main_loop_quit (self->loop);
}

static void
on_there (IsmbClient *client, IsmbMessage *message, gpointer user_data)
{
  Bench *self = user_data;
  g_autoptr (GError) error = NULL;

  if (!ismb_client_send_message (client, ismb_jid_get_full (ismb_client_get_bound_jid (self->ping)),
                                 "pong", NULL, NULL, &error))
    g_error ("%s", error->message);
}

static void
on_open (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Bench *self = user_data;
  g_autoptr (GError) error = NULL;

  if (!ismb_client_open_finish (ISMB_CLIENT (source), result, &error))
    g_error ("%s", error->message);
  if (++self->ready < 2)
    return;
  self->to = g_strdup (ismb_jid_get_full (ismb_client_get_bound_jid (self->pong)));
  send_one (self);
}

static IsmbClient *
make_client_at_home (const char *name, char **argv)
{
  return g_object_new (ISMB_TYPE_CLIENT, "name", name, "password", argv[3], "runtime-dir", argv[1],
                       NULL);
}

static IsmbClient *
make_client_of_port (const char *name, char **argv)
{
  g_autofree char *jid = g_strdup_printf ("%s@%s", name, argv[2]);
  IsmbClient *client = ismb_client_new_for_jid (jid, argv[3]);

  g_object_set (client, "server-host", "127.0.0.1", "server-port", (guint) atoi (argv[1]),
                "require-tls", argv[5] != NULL, "ca-file", argv[5], NULL);
  return client;
}

static IsmbClient *
make_client (Bench *self, const char *name, char **argv, gpointer on_message)
{
  gboolean at_home = g_path_is_absolute (argv[1]);
  IsmbClient *client = (at_home ? make_client_at_home : make_client_of_port) (name, argv);

  g_signal_connect (client, "message", G_CALLBACK (on_message), self);
  ismb_client_open_async (client, NULL, on_open, self);
  return client;
}

static int
compare (const void *a, const void *b)
{
  gint64 difference = *(const gint64 *) a - *(const gint64 *) b;

  return difference < 0 ? -1 : difference > 0;
}

int
main (int argc, char **argv)
{
  Bench self = { NULL };

  if (argc < 5)
    g_error ("usage: bench-clients PORT|RUNTIME-DIR DOMAIN PASSWORD ROUNDS [CA-FILE]");
  self.loop = g_main_loop_new (NULL, FALSE);
  self.rounds = atoi (argv[4]);
  self.times = g_new0 (gint64, self.rounds);
  self.ping = make_client (&self, "b0", argv, on_back);
  self.pong = make_client (&self, "b1", argv, on_there);
  g_main_loop_run (self.loop);
  self.cpu = cpu_now () - self.cpu;
  qsort (self.times, self.rounds, sizeof (gint64), compare);
  printf ("%" G_GINT64_FORMAT " %.1f\n", self.times[self.rounds / 2],
          self.cpu / (2.0 * self.rounds));
  return 0;
}
