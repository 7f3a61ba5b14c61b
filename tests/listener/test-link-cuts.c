/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What two switches say to each other while the wire between them breaks, one of them is killed,
 * both dial at once, or one is away. */
#include "config.h"

#include <string.h>

#include "ismb/core/ismb-namespaces.h"
#include "link-lab.h"
#include "tests/support/ismb-test-cutter.h"

#define ONE "one.000001"
#define TWO "two.000002"

/* One end: what it says, and what it has of what the other says. */
typedef struct
{
  Switch *home;
  IsmbLink *link;
  IsmbTestCutter *relay;  /* to the other one */
  const char *from, *to;
  guint said;
  GHashTable *heard; /* id to how often */
  guint next;        /* that is to come, where nothing may be missing */
  GPtrArray *held;   /* IsmbFrame, in our custody */
} End;

typedef struct
{
  End one, two;
} Fixture;

static Fixture *now;

static guint
number_of (const IsmbFrame *frame)
{
  return (guint) g_ascii_strtoull (frame->id + 1, NULL, 10);
}

static void
take (End *self, IsmbFrame *frame)
{
  guint times = GPOINTER_TO_UINT (g_hash_table_lookup (self->heard, frame->id));

  g_hash_table_insert (self->heard, g_strdup (frame->id), GUINT_TO_POINTER (times + 1));
  if (number_of (frame) == self->next)
    self->next++;
  if (g_test_rand_int_range (0, 3) == 0)
    g_ptr_array_add (self->held, ismb_frame_ref (frame));
}

static void
heard_by_one (IsmbFrame *frame)
{
  take (&now->one, frame);
}

static void
heard_by_two (IsmbFrame *frame)
{
  take (&now->two, frame);
}

static void
release_some (End *self)
{
  while (self->held->len > 0 && g_test_rand_int_range (0, 4) == 0)
    g_ptr_array_remove_index_fast (self->held, g_test_rand_int_range (0, self->held->len));
}

static void
talk (End *self)
{
  g_autofree char *id = g_strdup_printf ("m%u", self->said++);
  g_autofree char *body = g_strnfill (g_test_rand_int_range (1, 800), 'x');

  say_body (self->home, self->link, self->from, self->to, id, body);
}

static void
begin_end (End *self, Switch *home, Switch *other, const char *from, const char *to)
{
  const char *const addresses[] = { "127.0.0.1", NULL };

  *self = (End) { .home = home, .from = from, .to = to };
  self->relay = ismb_test_cutter_new (home->loop, other->port);
  self->link = link_to (home, other->domain);
  ismb_link_set_candidate (self->link, addresses, ismb_test_cutter_get_port (self->relay), NULL);
  self->heard = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->held = g_ptr_array_new_with_free_func ((GDestroyNotify) ismb_frame_unref);
  home->context.rest = 1;
}

static void
end_end (End *self)
{
  g_ptr_array_unref (self->held);
  ismb_test_cutter_free (self->relay);
  g_hash_table_unref (self->heard);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  Switch *one, *two;

  switches = g_ptr_array_new_with_free_func (remove_switch);
  now = fixture;
  one = add_switch (ONE, NULL, "VR-Mgmt");
  two = add_switch (TWO, one, "VR-Mgmt");
  one->heard = heard_by_one;
  two->heard = heard_by_two;
  begin_end (&fixture->one, one, two, "a@" ONE "/x", "b@" TWO);
  begin_end (&fixture->two, two, one, "b@" TWO "/y", "a@" ONE);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  Switch *one = fixture->one.home, *two = fixture->two.home;

  one->heard = two->heard = NULL;
  end_end (&fixture->one);
  end_end (&fixture->two);
  g_clear_pointer (&switches, g_ptr_array_unref);
}

static guint
count_cuts (Fixture *fixture)
{
  return ismb_test_cutter_count_cuts (fixture->one.relay) + ismb_test_cutter_count_cuts (fixture->two.relay);
}

static guint
count_open (Fixture *fixture)
{
  return ismb_test_cutter_count_open (fixture->one.relay) + ismb_test_cutter_count_open (fixture->two.relay);
}

static void
set_limit (Fixture *fixture, guint bytes)
{
  ismb_test_cutter_set_limit (fixture->one.relay, bytes, ISMB_TEST_CUT_ANY);
  ismb_test_cutter_set_limit (fixture->two.relay, bytes, ISMB_TEST_CUT_ANY);
}

static gboolean
has_all (const End *self, const End *other)
{
  return self->next == other->said;
}

static void
assert_once (const End *self, const End *other)
{
  GHashTableIter iter;
  gpointer id, times;

  g_assert_cmpuint (self->next, ==, other->said); /* in their order */
  g_hash_table_iter_init (&iter, self->heard);
  while (g_hash_table_iter_next (&iter, &id, &times))
    if (GPOINTER_TO_UINT (times) != 1)
      g_error ("%s came %u times", (char *) id, GPOINTER_TO_UINT (times));
  g_assert_cmpstr (self->home->bounced->str, ==, "");
}

static void
share (Fixture *fixture)
{
  ismb_link_set_persistent (fixture->one.link, TRUE);
  ismb_link_set_persistent (fixture->two.link, TRUE);
}

/* The pauses between dials are tried elsewhere. */
static void
hurry (Fixture *fixture)
{
  ismb_link_resume (fixture->one.link);
  ismb_link_resume (fixture->two.link);
}

static void
talk_and_turn (Fixture *fixture)
{
  if (g_test_rand_int_range (0, 8) == 0 && fixture->one.said < fixture->two.next + 500)
    talk (&fixture->one);
  if (g_test_rand_int_range (0, 8) == 0 && fixture->two.said < fixture->one.next + 500)
    talk (&fixture->two);
  release_some (&fixture->one);
  release_some (&fixture->two);
  turn ();
}

static guint
how_many (guint normal)
{
  return g_test_slow () ? 10 * normal : normal;
}

/* Both processes live: each message comes once, and in its order. */
static void
test_cuts (Fixture *fixture, gconstpointer data)
{
  guint cuts = how_many (100), seen = 0;

  share (fixture);
  wait_until (ismb_link_get_state (fixture->one.link) == ISMB_LINK_STATE_UP
              && ismb_link_get_state (fixture->two.link) == ISMB_LINK_STATE_UP);
  set_limit (fixture, 50000);
  ismb_test_cutter_cut (fixture->one.relay, ISMB_TEST_CUT_ANY);
  ismb_test_cutter_cut (fixture->two.relay, ISMB_TEST_CUT_ANY);
  while (count_cuts (fixture) < cuts)
    {
      talk_and_turn (fixture);
      if (count_cuts (fixture) == seen && count_open (fixture) > 0)
        continue;
      seen = count_cuts (fixture);
      hurry (fixture);
    }
  set_limit (fixture, 0);
  ismb_test_cutter_cut (fixture->one.relay, ISMB_TEST_CUT_ANY);
  ismb_test_cutter_cut (fixture->two.relay, ISMB_TEST_CUT_ANY);
  hurry (fixture);
  wait_until (has_all (&fixture->one, &fixture->two) && has_all (&fixture->two, &fixture->one));
  assert_once (&fixture->one, &fixture->two);
  assert_once (&fixture->two, &fixture->one);
  g_test_message ("%u and %u messages over %u cuts", fixture->one.said, fixture->two.said, cuts);
}

static void
forget (End *self, const IsmbFrame *frame)
{
  guint times = GPOINTER_TO_UINT (g_hash_table_lookup (self->heard, frame->id));

  if (times > 1)
    g_hash_table_insert (self->heard, g_strdup (frame->id), GUINT_TO_POINTER (times - 1));
  else
    g_hash_table_remove (self->heard, frame->id);
}

/* What was in its custody is gone with it, and what it had not said: its clients say it again.
 * Of what came twice, since two streams were under way at once, one may have been passed on, and
 * answered for. */
static void
kill_two (Fixture *fixture)
{
  const char *const addresses[] = { "127.0.0.1", NULL };
  End *two = &fixture->two;

  for (guint i = 0; i < two->held->len; i++)
    forget (two, g_ptr_array_index (two->held, i));
  cut_off (two->home);
  g_ptr_array_set_size (two->held, 0);
  two->link = link_to (two->home, ONE);
  ismb_link_set_candidate (two->link, addresses, ismb_test_cutter_get_port (two->relay), NULL);
  ismb_link_set_persistent (two->link, TRUE);
  hurry (fixture);
}

static guint
count_missing (const End *self, const End *other)
{
  guint missing = 0;

  for (guint i = 0; i < other->said; i++)
    {
      g_autofree char *id = g_strdup_printf ("m%u", i);

      missing += !g_hash_table_contains (self->heard, id);
    }
  return missing;
}

static void
talk_and_kill (Fixture *fixture)
{
  for (guint turns = g_test_rand_int_range (1, 200); turns > 0; turns--)
    {
      if (g_test_rand_int_range (0, 6) == 0)
        talk (&fixture->one);
      release_some (&fixture->two);
      turn ();
    }
  kill_two (fixture);
}

/* Killed and back: what it took and had not answered for comes again, under the same id. All of it
 * has to arrive now and then, or more waits for an answer than a link takes. */
static void
test_killed (Fixture *fixture, gconstpointer data)
{
  share (fixture);
  wait_until (ismb_link_get_state (fixture->one.link) == ISMB_LINK_STATE_UP);
  for (guint rounds = how_many (1); rounds > 0; rounds--)
    {
      for (guint kills = 0; kills < 30; kills++)
        talk_and_kill (fixture);
      wait_until (count_missing (&fixture->two, &fixture->one) == 0);
      g_ptr_array_set_size (fixture->two.held, 0);
    }
  g_assert_cmpstr (fixture->one.home->bounced->str, ==, "");
}

/* Each finds the other at the same moment, and says something at once. */
static void
test_both_dial (Fixture *fixture, gconstpointer data)
{
  for (guint rounds = how_many (50); rounds > 0; rounds--)
    {
      guint late = g_test_rand_int_range (0, 60);

      talk (&fixture->one);
      ismb_link_dial (fixture->one.link);
      while (late-- > 0)
        turn ();
      talk (&fixture->two);
      ismb_link_dial (fixture->two.link);
      wait_until (has_all (&fixture->one, &fixture->two) && has_all (&fixture->two, &fixture->one));
      wait_until (count_open (fixture) == 1);
      wait_until (ismb_link_get_state (fixture->one.link) == ISMB_LINK_STATE_UP
                  && ismb_link_get_state (fixture->two.link) == ISMB_LINK_STATE_UP);
      assert_once (&fixture->one, &fixture->two);
      assert_once (&fixture->two, &fixture->one);
      g_assert_null (strstr (fixture->one.home->states->str, "lost"));
      g_assert_null (strstr (fixture->two.home->states->str, "lost"));
      ismb_link_close (fixture->one.link, "reset");
      ismb_link_close (fixture->two.link, "reset");
      wait_until (count_open (fixture) == 0);
    }
}

/* The other process is gone, and nothing tells us; it is known by what it opens anew. */
static void
test_stale (Fixture *fixture, gconstpointer data)
{
  const char *const addresses[] = { "127.0.0.1", NULL };
  g_autoptr (IsmbLink) silent = NULL; /* stands there, and says nothing */
  g_autofree char *domain = NULL;

  ismb_link_set_persistent (fixture->one.link, TRUE);
  wait_until (ismb_link_get_state (fixture->two.link) == ISMB_LINK_STATE_UP);
  g_hash_table_steal_extended (fixture->two.home->links, ONE, (gpointer *) &domain,
                               (gpointer *) &silent);
  fixture->two.link = link_to (fixture->two.home, ONE);
  ismb_link_set_candidate (fixture->two.link, addresses,
                           ismb_test_cutter_get_port (fixture->two.relay), NULL);
  talk (&fixture->two);
  wait_until (has_all (&fixture->one, &fixture->two));
  talk (&fixture->one);
  wait_until (has_all (&fixture->two, &fixture->one));
  g_assert_true (g_str_has_suffix (fixture->one.home->states->str, "up\nlost\nup\n"));
}

static void
settle (IsmbReceipt *receipt)
{
  receipt->settle = NULL;
}

/* It has arrived when this returns; its receipt is settled when that has been acknowledged. */
static void
talk_with_receipt (Fixture *fixture, IsmbReceipt *receipt)
{
  End *self = &fixture->one;
  g_autofree char *id = g_strdup_printf ("m%u", self->said++);
  g_autoptr (IsmbTree) tree = ismb_tree_new ("message", ISMB_NS_CLIENT);
  IsmbNode *root = ismb_tree_root (tree);
  g_autoptr (IsmbFrame) message = NULL;

  ismb_tree_set (tree, root, "from", self->from);
  ismb_tree_set (tree, root, "to", self->to);
  ismb_tree_set (tree, root, "id", id);
  message = ismb_frame_new_from_tree (tree);
  ismb_receipt_init (receipt, settle);
  ismb_frame_set_receipt (message, receipt);
  ismb_receipt_unref (receipt);
  ismb_sink_deliver (ISMB_SINK (self->link), message);
  wait_until (has_all (&fixture->two, self));
}

static void
prove_and_stop_two (Fixture *fixture)
{
  IsmbReceipt receipt;

  talk_with_receipt (fixture, &receipt);
  g_ptr_array_set_size (fixture->two.held, 0);
  wait_until (receipt.settle == NULL);
  stop_listening (fixture->two.home);
  cut_off (fixture->two.home);
  ismb_test_cutter_cut (fixture->one.relay, ISMB_TEST_CUT_ANY);
  wait_until (ismb_link_get_state (fixture->one.link) == ISMB_LINK_STATE_LOST);
}

/* Known, and away: what is to arrive waits for it, and what has waited too long goes back. */
static void
test_waits (Fixture *fixture, gconstpointer data)
{
  Switch *one = fixture->one.home;
  gint64 said;

  one->context.queue_time = 300;
  prove_and_stop_two (fixture);
  said = g_get_monotonic_time ();
  talk (&fixture->one);
  g_assert_cmpstr (one->bounced->str, ==, "");
  wait_until (count_lines (one->bounced) == 1);
  g_assert_cmpint (g_get_monotonic_time () - said, >=, 300000);
  g_assert_cmpstr (one->bounced->str, ==, "m1 remote-server-timeout\n");

  one->context.queue_time = 20000;
  talk (&fixture->one);
  listen_on_loopback (fixture->two.home);
  ismb_test_cutter_free (fixture->one.relay);
  fixture->one.relay = ismb_test_cutter_new (one->loop, fixture->two.home->port);
  introduce (one, TWO, fixture->two.home);
  hurry (fixture);
  wait_until (g_hash_table_contains (fixture->two.heard, "m2"));
  g_assert_cmpuint (count_lines (one->bounced), ==, 1);
}

static void
test_waits_within_bounds (Fixture *fixture, gconstpointer data)
{
  Switch *one = fixture->one.home;

  one->context.queue_bytes = 20000;
  prove_and_stop_two (fixture);
  while (one->bounced->len == 0)
    talk (&fixture->one);
  g_assert_nonnull (strstr (one->bounced->str, " resource-constraint\n"));
  g_assert_cmpuint (fixture->one.said, >, 10);
  g_assert_cmpuint (fixture->one.said, <, 200);
}

static void
send_iq (End *self, const char *type, const char *to)
{
  g_autoptr (IsmbTree) tree = ismb_tree_new ("iq", ISMB_NS_CLIENT);
  IsmbNode *root = ismb_tree_root (tree);
  g_autoptr (IsmbFrame) iq = NULL;

  ismb_tree_set (tree, root, "from", self->from);
  ismb_tree_set (tree, root, "to", to);
  ismb_tree_set (tree, root, "type", type);
  ismb_tree_set (tree, root, "id", "q1");
  ismb_tree_add (tree, root, "ping", ISMB_NS_PING);
  iq = ismb_frame_new_from_tree (tree);
  ismb_sink_deliver (ISMB_SINK (self->link), iq);
}

/* Who asks wants to know now. */
static void
test_requests_do_not_wait (Fixture *fixture, gconstpointer data)
{
  Switch *one = fixture->one.home;

  prove_and_stop_two (fixture);
  send_iq (&fixture->one, "get", fixture->one.to);
  talk (&fixture->one);
  wait_until (one->bounced->len > 0);
  g_assert_cmpstr (one->bounced->str, ==, "q1 remote-server-timeout\n");
}

/* The next hop's answer is held back by who takes what comes there, and ours with it. */
static void
test_custody (Fixture *fixture, gconstpointer data)
{
  IsmbReceipt receipt;

  do
    {
      talk_with_receipt (fixture, &receipt);
      if (fixture->two.held->len == 0)
        wait_until (receipt.settle == NULL);
    }
  while (fixture->two.held->len == 0);
  ismb_test_cutter_cut (fixture->one.relay, ISMB_TEST_CUT_ANY);
  talk (&fixture->one); /* on the next stream */
  wait_until (has_all (&fixture->two, &fixture->one));
  g_assert_nonnull (receipt.settle);
  g_ptr_array_set_size (fixture->two.held, 0);
  wait_until (receipt.settle == NULL);
}

/* Behind a message that somebody holds an answered request is not acknowledged; its asker has heard
 * all the same, and hears nothing more when its receiver is killed. */
static void
test_answered_once (Fixture *fixture, gconstpointer data)
{
  End *one = &fixture->one, *two = &fixture->two;

  share (fixture);
  while (two->held->len == 0)
    {
      talk (one);
      wait_until (has_all (two, one));
    }
  send_iq (one, "get", two->from);
  wait_until (g_hash_table_contains (two->heard, "q1"));
  send_iq (two, "result", one->from);
  wait_until (g_hash_table_contains (one->heard, "q1"));
  kill_two (fixture);
  talk (one);
  wait_until (count_missing (two, one) == 0);
  g_assert_cmpstr (one->home->bounced->str, ==, "");
}

#define ADD(name, test) g_test_add ("/link-cuts/" name, Fixture, NULL, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("cuts", test_cuts);
  ADD ("killed", test_killed);
  ADD ("both-dial", test_both_dial);
  ADD ("stale", test_stale);
  ADD ("waits", test_waits);
  ADD ("waits-within-bounds", test_waits_within_bounds);
  ADD ("requests-do-not-wait", test_requests_do_not_wait);
  ADD ("custody", test_custody);
  ADD ("answered-once", test_answered_once);
  return g_test_run ();
}
