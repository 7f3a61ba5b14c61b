/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two clients that talk both ways while the wire of each breaks: all arrives, once and, where the
 * server keeps it, in order. */
#include "config.h"

#include "tests/support/ismb-test-cutter.h"
#include "tests/support/ismb-test-guest.h"

#define DOMAIN "switch.test"
#define BYTES 30000 /* a connection carries fewer */
#define AHEAD 20    /* messages that are under way, at most */

static const char *const accounts[] = { "alice", "bob", NULL };

/* One who talks, over a wire of his own. */
typedef struct
{
  IsmbTestCutter *wire;
  IsmbTestGuest *guest;
  guint said;
} Talker;

static void
set_up (Talker *self, IsmbTestServer *server, const char *name)
{
  *self = (Talker){ ismb_test_cutter_new (NULL, ismb_test_server_get_port (server)),
                    ismb_test_guest_new (server, name) };
  g_object_set (ismb_test_guest_get_client (self->guest), "server-port",
                (guint) ismb_test_cutter_get_port (self->wire), "reconnect-delay", 2,
                "reconnect-max-delay", 20, NULL);
  ismb_test_guest_open (self->guest, TRUE);
  ismb_test_guest_await (self->guest, "sm_enabled", 1);
  ismb_test_cutter_set_limit (self->wire, BYTES, ISMB_TEST_CUT_ANY);
  ismb_test_cutter_cut (self->wire, ISMB_TEST_CUT_RESET);
}

static void
tear_down (Talker *self)
{
  ismb_test_guest_free (self->guest);
  ismb_test_cutter_free (self->wire);
}

static void
say_next (Talker *self, Talker *to)
{
  g_autofree char *body = g_strdup_printf ("%u", self->said++);

  ismb_test_guest_say (self->guest, ismb_test_guest_get_bare_jid (to->guest), body);
}

static void
keep_talking (Talker *self, Talker *to)
{
  while (self->said < ismb_test_guest_count_bodies (to->guest) + AHEAD)
    say_next (self, to);
}

/* Where a session is resumed, ejabberd 23.01 may pass a message that has just come in front of those
 * that it still has for the session: there each need only come once. */
static void
check_bodies (Talker *self, Talker *from, gboolean ordered)
{
  g_autofree gboolean *came = g_new0 (gboolean, from->said);

  for (guint i = 0; i < from->said; i++)
    {
      guint64 number = G_MAXUINT64;

      g_ascii_string_to_unsigned (ismb_test_guest_get_body (self->guest, i), 10, 0, from->said - 1,
                                  &number, NULL);
      g_assert_cmpuint (number, <, from->said);
      g_assert_false (came[number]);
      if (ordered)
        g_assert_cmpuint (number, ==, i);
      came[number] = TRUE;
    }
}

static void
check (Talker *self, Talker *from, gboolean ordered)
{
  ismb_test_cutter_set_limit (from->wire, 0, ISMB_TEST_CUT_ANY);
  ismb_test_cutter_set_limit (self->wire, 0, ISMB_TEST_CUT_ANY);
  ismb_test_guest_await_bodies (self->guest, from->said);
  check_bodies (self, from, ordered);
  g_assert_cmpuint (ismb_test_guest_count_bodies (self->guest), ==, from->said);
  g_assert_cmpuint (ismb_test_guest_count (self->guest, "session_start"), ==, 1);
}

static guint
count_cuts (Talker *one, Talker *other)
{
  return ismb_test_cutter_count_cuts (one->wire) + ismb_test_cutter_count_cuts (other->wire);
}

static void
test_talk (gconstpointer kind)
{
  g_autoptr (IsmbTestServer) server =
      ismb_test_server_new (GPOINTER_TO_INT (kind), DOMAIN, accounts);
  Talker alice, bob;

  if (server == NULL)
    {
      g_test_skip ("that server is not here");
      return;
    }
  set_up (&alice, server, "alice");
  set_up (&bob, server, "bob");
  while (count_cuts (&alice, &bob) < (g_test_slow () ? 334 : 20))
    {
      keep_talking (&alice, &bob);
      keep_talking (&bob, &alice);
      g_main_context_iteration (NULL, TRUE);
    }
  check (&alice, &bob, GPOINTER_TO_INT (kind) != ISMB_TEST_EJABBERD);
  check (&bob, &alice, GPOINTER_TO_INT (kind) != ISMB_TEST_EJABBERD);
  tear_down (&alice);
  tear_down (&bob);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (int kind = 0; kind < ISMB_TEST_N_SERVERS; kind++)
    {
      g_autofree char *path = g_strconcat ("/talk/", ismb_test_server_name (kind), NULL);

      g_test_add_data_func (path, GINT_TO_POINTER (kind), test_talk);
    }
  return g_test_run ();
}
