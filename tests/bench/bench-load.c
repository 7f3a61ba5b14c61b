/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/bench-session.h"

#define TOGETHER 16        /* clients that sign in at the same time */
#define ROUNDS_MAX 1000000 /* of which the time is kept */
#define WARM_UP 20         /* percent of the time, before anything is counted */
#define SETTLE 1000000     /* microseconds */
#define PATIENCE 300       /* seconds, for everything */
#define SERVERS_MAX 2

typedef struct
{
  int pairs, outstanding, size, sessions, idle, accounts;
  double seconds;
  char **ports, **pids, **domains, *password;
  gboolean tls, bare, managed;
} Options;

static Options options = {
  .pairs = 10,
  .outstanding = 32,
  .size = 100,
  .sessions = 1000,
  .accounts = 20,
  .seconds = 2,
};

static const GOptionEntry entries[] = {
  { "port", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.ports,
    "Where the server is, on 127.0.0.1; twice: route from one to the other", "PORT" },
  { "pid", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.pids,
    "A process whose time and memory are measured", "PID" },
  { "domain", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.domains, "The server's domain, each",
    "DOMAIN" },
  { "password", 0, 0, G_OPTION_ARG_STRING, &options.password, "Of the accounts b0, b1, ...",
    "PASSWORD" },
  { "accounts", 0, 0, G_OPTION_ARG_INT, &options.accounts, "How many accounts there are", "N" },
  { "tls", 0, 0, G_OPTION_ARG_NONE, &options.tls, "By STARTTLS", NULL },
  { "bare", 0, 0, G_OPTION_ARG_NONE, &options.bare, "Nobody signs in: it is bench-relay", NULL },
  { "managed", 0, 0, G_OPTION_ARG_NONE, &options.managed, "With XEP-0198", NULL },
  { "pairs", 0, 0, G_OPTION_ARG_INT, &options.pairs, "route: senders, each with its receiver",
    "N" },
  { "outstanding", 0, 0, G_OPTION_ARG_INT, &options.outstanding,
    "route: messages of a pair under way; with 1 the round trips are measured; presence: changes "
    "under way", "N" },
  { "size", 0, 0, G_OPTION_ARG_INT, &options.size, "route: bytes of a body", "BYTES" },
  { "seconds", 0, 0, G_OPTION_ARG_DOUBLE, &options.seconds, "route, presence: end after so long",
    "SECONDS" },
  { "idle", 0, 0, G_OPTION_ARG_INT, &options.idle, "route: sessions beside it that do nothing",
    "N" },
  { "sessions", 0, 0, G_OPTION_ARG_INT, &options.sessions,
    "login: how many; presence: how many see it", "N" },
  { NULL },
};

static BenchServer servers[SERVERS_MAX];
static guint n_servers;
static GPtrArray *sessions; /* BenchSession, owned */
static char **accounts;
static char *body; /* what every message says */
static guint n_bound;
static gboolean is_over; /* what comes now is not answered any more */
static guint64 n_delivered;
static GArray *rounds; /* of guint32 microseconds, while they are measured; or NULL */

/* ------------------------------------------------------------------ the servers' costs */

/* Nanoseconds of CPU time that they have used, all their threads together. */
static gint64
server_cpu (void)
{
  gint64 sum = 0;

  for (char **pid = options.pids; *pid != NULL; pid++)
    {
      struct timespec spent;
      clockid_t clock;

      if (clock_getcpuclockid (atoi (*pid), &clock) != 0 || clock_gettime (clock, &spent) != 0)
        bench_die ("there is no process %s", *pid);
      sum += spent.tv_sec * G_GINT64_CONSTANT (1000000000) + spent.tv_nsec;
    }
  return sum;
}

/* Bytes of the first one's memory that are resident and are no file's: pages of libraries come and
 * go, and no session takes any. */
static gint64
server_memory (void)
{
  g_autofree char *path = g_strdup_printf ("/proc/%s/statm", options.pids[0]);
  g_autofree char *text = NULL;
  long size, resident, shared;

  if (!g_file_get_contents (path, &text, NULL, NULL)
      || sscanf (text, "%ld %ld %ld", &size, &resident, &shared) != 3)
    bench_die ("cannot read %s", path);
  return (gint64) (resident - shared) * sysconf (_SC_PAGESIZE);
}

/* ------------------------------------------------------------------ stanzas */

/* What stands behind `name` and one more character, a quote or a bracket; NULL where it does
 * not. */
static const char *
find_value (const char *xml, gsize length, const char *name)
{
  const char *at = memmem (xml, length, name, strlen (name));

  return at != NULL ? at + strlen (name) + 1 : NULL;
}

static void
check_number (BenchSession *session, const char *xml, gsize length, const char *name)
{
  const char *value = find_value (xml, length, name);

  if (value == NULL || g_ascii_strtoull (value, NULL, 10) != session->received)
    bench_die ("%s: expected number %" G_GUINT64_FORMAT ", got %.*s", session->account,
               session->received, (int) MIN (length, 300), xml);
  session->received++;
}

/* Each arrives once, in its order, whole. */
static void
check_message (BenchSession *session, const char *xml, gsize length)
{
  const char *text;

  if (!g_str_has_prefix (xml, "<message") || memmem (xml, length, "<error", 6) != NULL)
    bench_die ("%s: came instead of a message: %.*s", session->account, (int) MIN (length, 300),
               xml);
  check_number (session, xml, length, " id=");
  text = find_value (xml, length, "<body");
  if (text == NULL || (gsize) options.size > length - (text - xml) ||
      memcmp (text, body, options.size) != 0 || text[options.size] != '<')
    bench_die ("%s: a message has changed: %.*s", session->account, (int) MIN (length, 300), xml);
}

static void
send_message (BenchSession *session)
{
  static const char middle[] = "'><body>", end[] = "</body></message>";
  char number[24];
  int digits = g_snprintf (number, sizeof number, "%" G_GUINT64_FORMAT, session->sent++);

  bench_session_send (session, session->head->str, session->head->len);
  bench_session_send (session, number, digits);
  bench_session_send (session, middle, sizeof middle - 1);
  bench_session_send (session, body, options.size);
  bench_session_send (session, end, sizeof end - 1);
  bench_session_sent (session);
}

static void
note_round (BenchSession *session)
{
  gint64 now = g_get_monotonic_time ();
  guint32 took = (guint32) (now - session->sent_at);

  if (rounds != NULL && rounds->len < ROUNDS_MAX)
    g_array_append_val (rounds, took);
  session->sent_at = now;
}

/* With one under way, the first of a pair measures the time, the second only answers. */
static void
on_routed (BenchSession *session, const char *xml, gsize length)
{
  check_message (session, xml, length);
  n_delivered++;
  if (is_over)
    return;
  if (session->sent_at > 0)
    note_round (session);
  send_message (session);
}

static void
on_bound (BenchSession *session)
{
  n_bound++;
}

static const BenchCallbacks route_callbacks = { on_bound, on_routed };

/* ------------------------------------------------------------------ sessions */

/* Signs in so many more; with two servers, at each in turn. */
static void
sign_in (BenchLoop *loop, guint count)
{
  guint all = sessions->len + count;

  while (n_bound < all)
    {
      while (sessions->len < all && sessions->len - n_bound < TOGETHER)
        {
          g_autofree char *resource = g_strdup_printf ("r%u", sessions->len);
          guint i = sessions->len;

          g_ptr_array_add (sessions, bench_session_new (loop, &servers[i % n_servers],
                                                        accounts[i % options.accounts], resource));
        }
      bench_loop_turn (loop, 1000);
    }
}

static void
join (BenchSession *from, BenchSession *to)
{
  from->peer = to;
  from->head = g_string_new (NULL);
  g_string_printf (from->head, "<message to='%s@%s/%s' type='chat' id='", to->account,
                   to->server->domain, to->resource);
}

static void
sign_in_pairs (BenchLoop *loop, guint pairs)
{
  guint first = sessions->len;

  sign_in (loop, 2 * pairs);
  for (guint i = first; i < sessions->len; i += 2)
    {
      join (g_ptr_array_index (sessions, i), g_ptr_array_index (sessions, i + 1));
      join (g_ptr_array_index (sessions, i + 1), g_ptr_array_index (sessions, i));
    }
}

/* ------------------------------------------------------------------ what is measured */

static void
turn_until (BenchLoop *loop, gint64 end)
{
  while (g_get_monotonic_time () < end)
    bench_loop_turn (loop, 100);
}

/* Prints what a delivery cost, between the end of the warm-up and the end. */
static void
measure_deliveries (BenchLoop *loop)
{
  gint64 start = g_get_monotonic_time (), length = (gint64) (options.seconds * G_USEC_PER_SEC), cpu;
  guint64 before;

  turn_until (loop, start + length * WARM_UP / 100);
  before = n_delivered;
  rounds = g_array_new (FALSE, FALSE, sizeof (guint32));
  cpu = server_cpu ();
  start = g_get_monotonic_time ();
  turn_until (loop, start + length);
  cpu = server_cpu () - cpu;
  if (n_delivered == before)
    bench_die ("nothing came through");
  printf ("{\"delivered\": %" G_GUINT64_FORMAT ", \"seconds\": %.3f, \"cpu\": %.0f",
          n_delivered - before, (g_get_monotonic_time () - start) / 1e6,
          (double) cpu / (n_delivered - before));
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
run_route (BenchLoop *loop)
{
  guint first;

  sign_in (loop, options.idle);
  first = sessions->len;
  sign_in_pairs (loop, options.pairs);
  for (guint i = first; i < sessions->len; i += 2)
    {
      BenchSession *session = g_ptr_array_index (sessions, i);

      if (options.outstanding == 1)
        session->sent_at = g_get_monotonic_time ();
      for (int j = 0; j < options.outstanding; j++)
        send_message (session);
    }
  measure_deliveries (loop);
  if (rounds->len > 0)
    print_rounds ();
  puts ("}");
}

/* Prints what a login and an idle session cost. The first few pay for what is made once. */
static void
run_login (BenchLoop *loop)
{
  gint64 cpu, memory;

  sign_in (loop, TOGETHER + options.accounts);
  memory = server_memory ();
  cpu = server_cpu ();
  sign_in (loop, options.sessions);
  cpu = server_cpu () - cpu;
  turn_until (loop, g_get_monotonic_time () + SETTLE);
  printf ("{\"cpu\": %.0f, \"memory\": %.0f}\n", (double) cpu / options.sessions,
          (double) (server_memory () - memory) / options.sessions);
}

/* ------------------------------------------------------------------ presence */

static BenchSession *star;      /* whom all others see */
static guint n_subscribed;      /* who have seen it once */
static guint64 n_broadcasts;

/* What all see is numbered, in its <status/>: none is missed, none comes twice. */
static void
broadcast (void)
{
  char xml[96];
  int length = g_snprintf (xml, sizeof xml,
                           "<presence><status>n%" G_GUINT64_FORMAT "</status></presence>",
                           n_broadcasts++);

  bench_session_send (star, xml, length);
  bench_session_sent (star);
}

static void
grant (const char *xml, gsize length)
{
  const char *from = find_value (xml, length, " from=");
  g_autofree char *answer = NULL;

  if (from == NULL)
    bench_die ("a request of nobody: %.*s", (int) length, xml);
  answer = g_strdup_printf ("<presence to='%.*s' type='subscribed'/>",
                            (int) strcspn (from, "'\""), from);
  bench_session_send (star, answer, strlen (answer));
}

/* When as many have seen one as there are to see it, the next goes out. */
static void
on_seen (BenchSession *session, const char *xml, gsize length)
{
  check_number (session, xml, length, "<status>");
  n_delivered++;
  if (n_delivered % (sessions->len - 1) == 0 && !is_over)
    broadcast ();
}

static void
on_presence_of_star (BenchSession *session, const char *xml, gsize length)
{
  if (session->sent == 0)
    n_subscribed++;
  session->sent = 1;
  if (memmem (xml, length, "<status>n", 9) != NULL)
    on_seen (session, xml, length);
}

static void
on_presence (BenchSession *session, const char *xml, gsize length)
{
  gboolean request = memmem (xml, length, "\"subscribe\"", 11) != NULL ||
                     memmem (xml, length, "'subscribe'", 11) != NULL;

  if (!g_str_has_prefix (xml, "<presence"))
    return;
  if (session == star && request)
    grant (xml, length);
  else if (session != star && memmem (xml, length, " type=", 6) == NULL &&
           memmem (xml, length, star->resource, strlen (star->resource)) != NULL)
    on_presence_of_star (session, xml, length);
}

static const BenchCallbacks presence_callbacks = { on_bound, on_presence };

static void
subscribe (BenchSession *session)
{
  g_autofree char *xml =
      g_strdup_printf ("<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>"
                       "<presence/><presence to='%s@%s' type='subscribe'/>",
                       star->account, star->server->domain);

  bench_session_send (session, xml, strlen (xml));
}

static void
run_presence (BenchLoop *loop)
{
  sign_in (loop, options.sessions + 1);
  star = g_ptr_array_index (sessions, 0);
  g_free (star->resource);
  star->resource = g_strdup_printf ("%s@%s/r0", star->account, star->server->domain);
  bench_session_send (star, "<presence/>", 11);
  for (guint i = 1; i < sessions->len; i++)
    {
      subscribe (g_ptr_array_index (sessions, i));
      while (n_subscribed + 2 * TOGETHER < i)
        bench_loop_turn (loop, 1000);
    }
  while (n_subscribed < sessions->len - 1)
    bench_loop_turn (loop, 1000);
  turn_until (loop, g_get_monotonic_time () + SETTLE);
  for (int i = 0; i < options.outstanding; i++)
    broadcast ();
  measure_deliveries (loop);
  puts ("}");
}

/* ------------------------------------------------------------------ all of it */

static const struct
{
  const char *name;
  void (*run) (BenchLoop *loop);
  const BenchCallbacks *callbacks;
} loads[] = {
  { "route", run_route, &route_callbacks },
  { "login", run_login, &route_callbacks },
  { "presence", run_presence, &presence_callbacks },
};

/* Ends everything, and returns when the server has taken note. */
static void
leave (BenchLoop *loop)
{
  gint64 before, now = 0;

  is_over = TRUE;
  turn_until (loop, g_get_monotonic_time () + 100000);
  g_ptr_array_set_size (sessions, 0);
  do
    {
      before = now;
      g_usleep (50000);
      now = server_cpu ();
    }
  while (now - before > 1000000);
}

static void
run (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (loads); i++)
    if (g_str_equal (loads[i].name, name))
      {
        BenchLoop *loop = bench_loop_new (options.password, loads[i].callbacks);

        loads[i].run (loop);
        leave (loop);
        bench_loop_free (loop);
        return;
      }
  bench_die ("there is no load %s; there are route, login and presence", name);
}

static void
make_body (void)
{
  body = g_malloc (options.size + 1);
  for (int i = 0; i < options.size; i++)
    body[i] = (char) ('a' + (i * 7 + i / 26) % 26);
  body[options.size] = '\0';
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
  for (n_servers = 0; options.ports[n_servers] != NULL; n_servers++)
    servers[n_servers] = (BenchServer) {
      .port = (guint16) atoi (options.ports[n_servers]),
      .domain = options.domains[n_servers],
      .tls = options.tls,
      .bare = options.bare,
      .managed = options.managed,
    };
  make_body ();
}

static gboolean
are_sound (void)
{
  guint ports = options.ports != NULL ? g_strv_length (options.ports) : 0;

  return ports >= 1 && ports <= SERVERS_MAX && options.pids != NULL && options.pids[0] != NULL &&
         options.domains != NULL && g_strv_length (options.domains) == ports &&
         options.password != NULL && options.accounts >= 1 && options.pairs >= 1 &&
         options.sessions >= 1 && options.size >= 1 && options.outstanding >= 1;
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new ("route|login|presence");
  g_autoptr (GError) error = NULL;

  g_option_context_set_summary (
      context, "Puts a load on an XMPP server, checks that every stanza arrives once, in its\n"
               "order and unchanged, and prints, as a line of JSON, what it cost the server:\n"
               "nanoseconds of CPU, bytes of memory; and a round trip in microseconds.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    bench_die ("%s", error->message);
  if (argc != 2 || !are_sound ())
    bench_die ("a load, --port, --pid, --domain and --password are needed; see --help");
  prepare ();
  run (argv[1]);
  return 0;
}
