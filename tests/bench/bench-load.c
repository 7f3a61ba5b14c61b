/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/bench-session.h"

#define TOGETHER 16        /* clients that sign in at the same time */
#define ROUNDS_MAX 1000000 /* of which the time is kept */
#define WARM_UP 20         /* percent of the time, before anything is counted */
#define SETTLE 1000000     /* microseconds */
#define PATIENCE 60        /* seconds, for everything */

typedef struct
{
  int port, pid, pairs, outstanding, size, messages, sessions, idle, accounts;
  double seconds;
  char *domain, *password;
  gboolean tls;
} Options;

static Options options = {
  .pairs = 10,
  .outstanding = 32,
  .size = 100,
  .messages = 10000000,
  .sessions = 1000,
  .accounts = 20,
  .seconds = 2,
};

static const GOptionEntry entries[] = {
  { "port", 0, 0, G_OPTION_ARG_INT, &options.port, "Where the server is, on 127.0.0.1", "PORT" },
  { "pid", 0, 0, G_OPTION_ARG_INT, &options.pid, "Its process, whose time and memory are measured",
    "PID" },
  { "domain", 0, 0, G_OPTION_ARG_STRING, &options.domain, "Its domain", "DOMAIN" },
  { "password", 0, 0, G_OPTION_ARG_STRING, &options.password, "Of the accounts b0, b1, ...",
    "PASSWORD" },
  { "accounts", 0, 0, G_OPTION_ARG_INT, &options.accounts, "How many accounts there are", "N" },
  { "tls", 0, 0, G_OPTION_ARG_NONE, &options.tls, "By STARTTLS", NULL },
  { "pairs", 0, 0, G_OPTION_ARG_INT, &options.pairs, "route: senders, each with its receiver",
    "N" },
  { "outstanding", 0, 0, G_OPTION_ARG_INT, &options.outstanding,
    "route: messages of a pair under way", "N" },
  { "size", 0, 0, G_OPTION_ARG_INT, &options.size, "route, echo: bytes of a body", "BYTES" },
  { "seconds", 0, 0, G_OPTION_ARG_DOUBLE, &options.seconds, "route, echo: end after so long",
    "SECONDS" },
  { "messages", 0, 0, G_OPTION_ARG_INT, &options.messages, "route, echo: end after so many", "N" },
  { "idle", 0, 0, G_OPTION_ARG_INT, &options.idle, "route: sessions beside it that do nothing",
    "N" },
  { "sessions", 0, 0, G_OPTION_ARG_INT, &options.sessions, "login: how many", "N" },
  { NULL },
};

static GPtrArray *sessions; /* BenchSession, owned */
static char **accounts;
static guint n_bound;
static gboolean is_over; /* what comes now is not answered any more */
static guint64 n_messages;
static GArray *rounds; /* of guint32 microseconds, while they are measured; or NULL */

/* ------------------------------------------------------------------ the server's costs */

/* Nanoseconds of CPU time that the server has used, all its threads together. */
static gint64
server_cpu (void)
{
  struct timespec spent;
  clockid_t clock;

  if (clock_getcpuclockid (options.pid, &clock) != 0 || clock_gettime (clock, &spent) != 0)
    bench_die ("there is no process %d", options.pid);
  return spent.tv_sec * G_GINT64_CONSTANT (1000000000) + spent.tv_nsec;
}

/* Bytes of its memory that are resident. */
static gint64
server_memory (void)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/statm", options.pid);
  g_autofree char *text = NULL;
  const char *pages;

  if (!g_file_get_contents (path, &text, NULL, NULL) || (pages = strchr (text, ' ')) == NULL)
    bench_die ("cannot read %s", path);
  return g_ascii_strtoll (pages, NULL, 10) * sysconf (_SC_PAGESIZE);
}

/* ------------------------------------------------------------------ the sessions */

static void
send_message (BenchSession *session)
{
  bench_session_send (session, session->text, session->length);
}

static void
on_bound (BenchSession *session)
{
  n_bound++;
}

static void
on_routed (BenchSession *receiver, guint count)
{
  n_messages += count;
  for (guint i = 0; i < count && !is_over; i++)
    send_message (receiver->peer);
}

/* The first of a pair measures the time, the second only answers. */
static void
on_echoed (BenchSession *session, guint count)
{
  n_messages++;
  if (session->sent_at > 0 && rounds != NULL && rounds->len < ROUNDS_MAX)
    {
      guint32 took = (guint32) (g_get_monotonic_time () - session->sent_at);

      g_array_append_val (rounds, took);
    }
  if (is_over)
    return;
  if (session->sent_at > 0)
    session->sent_at = g_get_monotonic_time ();
  send_message (session);
}

static const BenchCallbacks route_callbacks = { on_bound, on_routed };
static const BenchCallbacks echo_callbacks = { on_bound, on_echoed };

/* Signs in so many more. */
static void
sign_in (BenchTarget *target, guint count)
{
  guint all = sessions->len + count;

  while (n_bound < all)
    {
      while (sessions->len < all && sessions->len - n_bound < TOGETHER)
        {
          g_autofree char *resource = g_strdup_printf ("r%u", sessions->len);

          g_ptr_array_add (
              sessions,
              bench_session_new (target, accounts[sessions->len % options.accounts], resource));
        }
      bench_target_turn (target, 1000);
    }
}

static void
join (BenchSession *from, BenchSession *to)
{
  g_autofree char *body = g_strnfill (options.size, 'x');
  char *text =
      g_strdup_printf ("<message to='%s@%s/%s' type='chat' id='m1'><body>%s</body></message>",
                       to->account, options.domain, to->resource, body);

  from->peer = to;
  from->text = text;
  from->length = strlen (text);
}

static void
sign_in_pairs (BenchTarget *target, guint pairs)
{
  guint first = sessions->len;

  sign_in (target, 2 * pairs);
  for (guint i = first; i < sessions->len; i += 2)
    {
      join (g_ptr_array_index (sessions, i), g_ptr_array_index (sessions, i + 1));
      join (g_ptr_array_index (sessions, i + 1), g_ptr_array_index (sessions, i));
    }
}

/* ------------------------------------------------------------------ what is measured */

static void
turn_until (BenchTarget *target, gint64 end, guint64 messages)
{
  while (g_get_monotonic_time () < end && n_messages < messages)
    bench_target_turn (target, 100);
}

/* Prints what a message cost, between the end of the warm-up and the end. */
static void
measure_messages (BenchTarget *target)
{
  gint64 start = g_get_monotonic_time (), length = (gint64) (options.seconds * G_USEC_PER_SEC), cpu;
  guint64 before;

  turn_until (target, start + length * WARM_UP / 100, (guint64) options.messages * WARM_UP / 100);
  before = n_messages;
  rounds = g_array_new (FALSE, FALSE, sizeof (guint32));
  cpu = server_cpu ();
  start = g_get_monotonic_time ();
  turn_until (target, start + length, options.messages);
  cpu = server_cpu () - cpu;
  if (n_messages == before)
    bench_die ("no message came through");
  printf ("{\"messages\": %" G_GUINT64_FORMAT ", \"seconds\": %.3f, \"cpu\": %.0f",
          n_messages - before, (g_get_monotonic_time () - start) / 1e6,
          (double) cpu / (n_messages - before));
}

static int
compare_rounds (gconstpointer a, gconstpointer b)
{
  guint32 first = *(const guint32 *) a, second = *(const guint32 *) b;

  return (first > second) - (first < second);
}

static void
print_rounds (void)
{
  g_array_sort (rounds, compare_rounds);
  printf (", \"p50\": %u, \"p99\": %u", g_array_index (rounds, guint32, rounds->len / 2),
          g_array_index (rounds, guint32, (gsize) rounds->len * 99 / 100));
}

static void
run_route (BenchTarget *target)
{
  guint first;

  sign_in (target, options.idle);
  first = sessions->len;
  sign_in_pairs (target, options.pairs);
  for (guint i = first; i < sessions->len; i += 2)
    for (int j = 0; j < options.outstanding; j++)
      send_message (g_ptr_array_index (sessions, i));
  measure_messages (target);
  puts ("}");
}

static void
run_echo (BenchTarget *target)
{
  BenchSession *first;

  sign_in_pairs (target, 1);
  first = g_ptr_array_index (sessions, 0);
  first->sent_at = g_get_monotonic_time ();
  send_message (first);
  measure_messages (target);
  print_rounds ();
  puts ("}");
}

/* Prints what a login and an idle session cost. The first few pay for what is made once. */
static void
run_login (BenchTarget *target)
{
  gint64 cpu, memory;

  sign_in (target, TOGETHER + options.accounts);
  memory = server_memory ();
  cpu = server_cpu ();
  sign_in (target, options.sessions);
  cpu = server_cpu () - cpu;
  turn_until (target, g_get_monotonic_time () + SETTLE, G_MAXUINT64);
  printf ("{\"cpu\": %.0f, \"memory\": %.0f}\n", (double) cpu / options.sessions,
          (double) (server_memory () - memory) / options.sessions);
}

/* Ends everything, and returns when the server has taken note. */
static void
leave (BenchTarget *target)
{
  gint64 before, now = 0;

  is_over = TRUE;
  turn_until (target, g_get_monotonic_time () + 100000, G_MAXUINT64);
  g_ptr_array_set_size (sessions, 0);
  do
    {
      before = now;
      g_usleep (50000);
      now = server_cpu ();
    }
  while (now - before > 1000000);
}

static const struct
{
  const char *name;
  void (*run) (BenchTarget *target);
  const BenchCallbacks *callbacks;
} loads[] = {
  { "route", run_route, &route_callbacks },
  { "echo", run_echo, &echo_callbacks },
  { "login", run_login, &route_callbacks },
};

static void
run (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (loads); i++)
    if (g_str_equal (loads[i].name, name))
      {
        BenchTarget *target = bench_target_new ((guint16) options.port, options.domain,
                                                options.password, options.tls, loads[i].callbacks);

        loads[i].run (target);
        leave (target);
        bench_target_free (target);
        return;
      }
  bench_die ("there is no load %s; there are route, echo and login", name);
}

static void
prepare (void)
{
  struct rlimit limit;

  getrlimit (RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit (RLIMIT_NOFILE, &limit);
  alarm (PATIENCE);
  sessions = g_ptr_array_new_with_free_func ((GDestroyNotify) bench_session_free);
  accounts = g_new0 (char *, options.accounts + 1);
  for (int i = 0; i < options.accounts; i++)
    accounts[i] = g_strdup_printf ("b%d", i);
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new ("route|echo|login");
  g_autoptr (GError) error = NULL;

  g_option_context_set_summary (
      context, "Puts a load on an XMPP server and prints, as a line of JSON, what it cost\n"
               "the server: nanoseconds of CPU, bytes of memory; and a round trip in\n"
               "microseconds.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    bench_die ("%s", error->message);
  if (argc != 2 || options.port == 0 || options.pid == 0 || options.domain == NULL ||
      options.password == NULL || options.accounts < 1 || options.pairs < 1 || options.sessions < 1)
    bench_die ("a load, --port, --pid, --domain and --password are needed; see --help");
  prepare ();
  run (argv[1]);
  return 0;
}
