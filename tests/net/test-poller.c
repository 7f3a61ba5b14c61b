/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/net/ismb-poller.h"

#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ismb/core/ismb-error.h"

/* An event descriptor that is watched, and what happened to it. */
typedef struct
{
  IsmbWatch watch;
  IsmbPoller *poller;
  int fd;
  guint readies, flushes, deadlines;
  IsmbWatch *victims; /* removed when this one is ready */
  guint n_victims;
  GArray *order; /* of deadlines, by number */
  guint number;
} Bell;

static void
on_ready (IsmbWatch *watch, guint32 events)
{
  Bell *bell = (Bell *) watch;
  guint64 count;
  g_assert_cmpint (read (bell->fd, &count, sizeof count), ==, sizeof count);
  bell->readies++;
  ismb_poller_flush_later (bell->poller, watch);
  if (bell->n_victims > 0)
    ismb_poller_remove (bell->poller, bell->victims);
}

static void
on_flush (IsmbWatch *watch)
{
  ((Bell *) watch)->flushes++;
}

static void
on_deadline (IsmbWatch *watch)
{
  Bell *bell = (Bell *) watch;
  bell->deadlines++;
  if (bell->order != NULL)
    g_array_append_val (bell->order, bell->number);
}

static void
bell_init (Bell *bell, IsmbPoller *poller)
{
  g_autoptr (GError) error = NULL;
  *bell = (Bell){ .watch = { .ready = on_ready, .flush = on_flush, .deadline = on_deadline },
                  .poller = poller };
  bell->fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  g_assert_cmpint (bell->fd, >=, 0);
  ismb_poller_add (poller, &bell->watch, bell->fd, EPOLLIN, &error);
  g_assert_no_error (error);
}

static void
bell_clear (Bell *bell)
{
  ismb_poller_remove (bell->poller, &bell->watch);
  close (bell->fd);
}

static void
ring (Bell *bell)
{
  guint64 one = 1;
  g_assert_cmpint (write (bell->fd, &one, sizeof one), ==, sizeof one);
}

static void
test_ready_then_flush (void)
{
  g_autoptr (IsmbPoller) poller = ismb_poller_new (NULL);
  Bell bell;
  bell_init (&bell, poller);
  g_assert_false (g_main_context_iteration (NULL, FALSE));
  ring (&bell);
  g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (bell.readies, ==, 1);
  g_assert_cmpuint (bell.flushes, ==, 1);
  g_assert_false (g_main_context_iteration (NULL, FALSE));
  bell_clear (&bell);
}

/* Nobody's turn: the flush still comes, once, and without a descriptor too. */
static void
test_flush_outside_a_turn (void)
{
  g_autoptr (IsmbPoller) poller = ismb_poller_new (NULL);
  Bell bell, gone = { .watch = { .flush = on_flush } };
  bell_init (&bell, poller);
  ismb_poller_flush_later (poller, &bell.watch);
  ismb_poller_flush_later (poller, &bell.watch);
  ismb_poller_flush_later (poller, &gone.watch);
  g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (bell.flushes, ==, 1);
  g_assert_cmpuint (gone.flushes, ==, 1);
  ismb_poller_flush_later (poller, &gone.watch);
  ismb_poller_remove (poller, &gone.watch);
  g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (gone.flushes, ==, 1);
  bell_clear (&bell);
}

/* What an early one asks for in its flush comes in the same turn, whatever was asked for first. */
typedef struct
{
  IsmbWatch watch;
  Bell *other;
  guint seen; /* flushes of the other, when this one had its */
} Herald;

static void
on_herald (IsmbWatch *watch)
{
  Herald *herald = (Herald *) watch;

  herald->seen = herald->other->flushes;
  ismb_poller_flush_later (herald->other->poller, &herald->other->watch);
}

static void
test_early_flush (void)
{
  g_autoptr (IsmbPoller) poller = ismb_poller_new (NULL);
  Bell bell, other;
  Herald herald = { { .flush = on_herald, .early = TRUE }, &bell, G_MAXUINT };

  bell_init (&bell, poller);
  bell_init (&other, poller);
  ismb_poller_flush_later (poller, &other.watch);
  ismb_poller_flush_later (poller, &herald.watch);
  g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (herald.seen, ==, 0);
  g_assert_cmpuint (bell.flushes, ==, 1);
  g_assert_cmpuint (other.flushes, ==, 1);
  ismb_poller_remove (poller, &herald.watch);
  bell_clear (&other);
  bell_clear (&bell);
}

/* Two are ready in the same batch and each removes the other: one runs, its victim never. */
static void
test_remove_in_batch (void)
{
  g_autoptr (IsmbPoller) poller = ismb_poller_new (NULL);
  Bell bells[2];
  guint i;
  for (i = 0; i < 2; i++)
    bell_init (&bells[i], poller);
  for (i = 0; i < 2; i++)
    {
      bells[i].victims = &bells[1 - i].watch;
      bells[i].n_victims = 1;
      ring (&bells[i]);
    }
  g_main_context_iteration (NULL, TRUE);
  g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (bells[0].readies + bells[1].readies, ==, 1);
  g_assert_cmpuint (bells[0].flushes + bells[1].flushes, ==, 1);
  for (i = 0; i < 2; i++)
    bell_clear (&bells[i]);
}

static void
test_remove_itself (void)
{
  g_autoptr (IsmbPoller) poller = ismb_poller_new (NULL);
  Bell bell;
  bell_init (&bell, poller);
  bell.victims = &bell.watch;
  bell.n_victims = 1;
  ring (&bell);
  g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (bell.readies, ==, 1);
  g_assert_cmpuint (bell.flushes, ==, 0);
  ring (&bell);
  g_assert_false (g_main_context_iteration (NULL, FALSE));
  bell_clear (&bell);
}

static void
test_deadlines (void)
{
  g_autoptr (IsmbPoller) poller = ismb_poller_new (NULL);
  g_autoptr (GArray) order = g_array_new (FALSE, FALSE, sizeof (guint));
  static const guint milliseconds[] = { 30, 10, 20, 15 };
  Bell bells[4];
  guint i;
  for (i = 0; i < 4; i++)
    {
      bell_init (&bells[i], poller);
      bells[i].order = order;
      bells[i].number = i;
      ismb_poller_set_deadline (poller, &bells[i].watch, milliseconds[i]);
    }
  ismb_poller_set_deadline (poller, &bells[3].watch, 0);
  while (order->len < 3)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (g_array_index (order, guint, 0), ==, 1);
  g_assert_cmpuint (g_array_index (order, guint, 1), ==, 2);
  g_assert_cmpuint (g_array_index (order, guint, 2), ==, 0);
  g_assert_cmpuint (bells[3].deadlines, ==, 0);
  /* None is left, so nothing would wake the loop any more. */
  g_assert_false (g_main_context_pending (NULL));
  for (i = 0; i < 4; i++)
    bell_clear (&bells[i]);
}

/* Never before its time, wherever it was before; and not lost either. */
static void
test_deadline_moves (void)
{
  g_autoptr (IsmbPoller) poller = ismb_poller_new (NULL);
  gint64 due = g_get_monotonic_time () + 60 * 1000;
  Bell bell;

  bell_init (&bell, poller);
  ismb_poller_set_deadline (poller, &bell.watch, 20);
  ismb_poller_set_deadline (poller, &bell.watch, 60);
  while (bell.deadlines == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (g_get_monotonic_time (), >=, due);
  ismb_poller_set_deadline (poller, &bell.watch, 3600 * 1000);
  ismb_poller_set_deadline (poller, &bell.watch, 5);
  while (bell.deadlines == 1)
    g_main_context_iteration (NULL, TRUE);
  g_assert_false (g_main_context_pending (NULL));
  bell_clear (&bell);
}

static guint polls;

static int
count_poll (GPollFD *fds, guint count, int timeout)
{
  polls++;
  return g_poll (fds, count, timeout);
}

/* One that is put off, as with each stanza, costs no turn of the loop for each; nor does it keep
 * the loop turning from its old time to its new one. */
static void
test_deadline_put_off (void)
{
  g_autoptr (IsmbPoller) poller = ismb_poller_new (NULL);
  Bell bell;

  bell_init (&bell, poller);
  ismb_poller_set_deadline (poller, &bell.watch, 20);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_main_context_set_poll_func (NULL, count_poll);
  for (guint i = 0; i < 100; i++)
    {
      ismb_poller_set_deadline (poller, &bell.watch, 60 + i);
      g_assert_false (g_main_context_pending (NULL));
    }
  polls = 0;
  while (bell.deadlines == 0)
    g_main_context_iteration (NULL, TRUE);
  g_main_context_set_poll_func (NULL, NULL);
  g_assert_cmpuint (polls, <=, 8);
  bell_clear (&bell);
}

static void
test_context_goes_first (void)
{
  GMainContext *context = g_main_context_new ();
  g_autoptr (IsmbPoller) poller = ismb_poller_new (context);
  Bell one, two;

  bell_init (&one, poller);
  bell_init (&two, poller);
  ismb_poller_set_deadline (poller, &one.watch, 5000);
  ismb_poller_set_deadline (poller, &two.watch, 60000);
  g_main_context_unref (context);
  bell_clear (&one);
  bell_clear (&two);
}

static void
test_bad_descriptor (void)
{
  g_autoptr (IsmbPoller) poller = ismb_poller_new (NULL);
  g_autoptr (GError) error = NULL;
  IsmbWatch watch = { .ready = on_ready };
  g_assert_false (ismb_poller_add (poller, &watch, -1, EPOLLIN, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_FAILED);
  ismb_poller_remove (poller, &watch);
}

#define MANY 2000

/* More than select () could, all ready at once: each comes exactly once, 64 of them in a turn. */
static void
test_many (void)
{
  g_autoptr (IsmbPoller) poller = NULL;
  g_autofree Bell *bells = g_new (Bell, MANY);
  struct rlimit limit;
  guint i, turns = 0, rung = 0;
  getrlimit (RLIMIT_NOFILE, &limit);
  limit.rlim_cur = MIN (limit.rlim_max, MANY + 200);
  if (limit.rlim_cur < MANY + 100 || setrlimit (RLIMIT_NOFILE, &limit) < 0)
    {
      g_test_skip ("too few open files allowed");
      return;
    }
  poller = ismb_poller_new (NULL);
  for (i = 0; i < MANY; i++)
    {
      bell_init (&bells[i], poller);
      ring (&bells[i]);
    }
  while (g_main_context_iteration (NULL, FALSE))
    turns++;
  for (i = 0; i < MANY; i++)
    {
      rung += bells[i].readies;
      g_assert_cmpuint (bells[i].readies, ==, bells[i].flushes);
      bell_clear (&bells[i]);
    }
  g_assert_cmpuint (rung, ==, MANY);
  g_assert_cmpuint (turns, >=, MANY / 64);
}

typedef struct
{
  Bell bell;
  Bell *other;
  guint rounds;
} Nest;

static gboolean
on_round (gpointer user_data)
{
  Nest *nest = user_data;
  return ++nest->rounds < 3 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

/* A main loop inside a turn: as a caller's handler may run one. */
static void
on_ready_nested (IsmbWatch *watch, guint32 events)
{
  Nest *nest = (Nest *) watch;
  on_ready (watch, events);
  ring (nest->other);
  ismb_poller_set_deadline (nest->bell.poller, &nest->bell.watch, 1);
  g_timeout_add (2, on_round, nest);
  while (nest->rounds < 3)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (nest->other->readies + nest->bell.deadlines, ==, 0);
  g_assert_false (g_main_context_iteration (NULL, FALSE));
}

static void
test_loop_inside_a_turn (void)
{
  g_autoptr (IsmbPoller) poller = ismb_poller_new (NULL);
  Nest nest = { .rounds = 0 };
  Bell other;
  bell_init (&nest.bell, poller);
  bell_init (&other, poller);
  nest.bell.watch.ready = on_ready_nested;
  nest.other = &other;
  ring (&nest.bell);
  while (other.readies == 0 || nest.bell.deadlines == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (nest.bell.readies, ==, 1);
  g_assert_cmpuint (nest.bell.flushes, ==, 1);
  g_assert_false (g_main_context_iteration (NULL, FALSE));
  bell_clear (&nest.bell);
  bell_clear (&other);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/net/poller/ready-then-flush", test_ready_then_flush);
  g_test_add_func ("/net/poller/flush-outside-a-turn", test_flush_outside_a_turn);
  g_test_add_func ("/net/poller/early-flush", test_early_flush);
  g_test_add_func ("/net/poller/deadline-moves", test_deadline_moves);
  g_test_add_func ("/net/poller/deadline-put-off", test_deadline_put_off);
  g_test_add_func ("/net/poller/context-goes-first", test_context_goes_first);
  g_test_add_func ("/net/poller/remove-in-batch", test_remove_in_batch);
  g_test_add_func ("/net/poller/remove-itself", test_remove_itself);
  g_test_add_func ("/net/poller/loop-inside-a-turn", test_loop_inside_a_turn);
  g_test_add_func ("/net/poller/deadlines", test_deadlines);
  g_test_add_func ("/net/poller/bad-descriptor", test_bad_descriptor);
  g_test_add_func ("/net/poller/many", test_many);
  return g_test_run ();
}
