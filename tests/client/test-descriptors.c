/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Clients in a process that has more descriptors open than select () can count. */
#include "config.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/support/ismb-test-cutter.h"
#include "tests/support/ismb-test-guest.h"

#define DOMAIN "switch.test"
#define DESCRIPTORS 1500

static const char *const accounts[] = { "alice", "bob", NULL };

static void
raise_limit (void)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  limit.rlim_cur = MAX (limit.rlim_cur, MIN (limit.rlim_max, 4 * DESCRIPTORS));
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
}

static GArray *
open_many (void)
{
  GArray *descriptors = g_array_new (FALSE, FALSE, sizeof (int));

  for (int i = 0; i < DESCRIPTORS; i++)
    {
      int fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);

      g_assert_cmpint (fd, >=, 0);
      g_array_append_val (descriptors, fd);
    }
  return descriptors;
}

static void
close_many (GArray *descriptors)
{
  for (guint i = 0; i < descriptors->len; i++)
    close (g_array_index (descriptors, int, i));
  g_array_unref (descriptors);
}

static void
exchange (IsmbTestGuest *from, IsmbTestGuest *to, const char *body)
{
  guint before = ismb_test_guest_count_bodies (to);

  ismb_test_guest_say (from, ismb_test_guest_get_full_jid (to), body);
  ismb_test_guest_await_bodies (to, before + 1);
  g_assert_cmpstr (ismb_test_guest_get_body (to, before), ==, body);
}

/* Made before, opened afterwards. */
static void
test_opens (void)
{
  g_autoptr (IsmbTestServer) server = ismb_test_server_new (ISMB_TEST_OURS, DOMAIN, accounts);
  IsmbTestGuest *alice = ismb_test_guest_new (server, "alice");
  IsmbTestGuest *bob = ismb_test_guest_new (server, "bob");
  GArray *descriptors = open_many ();

  ismb_test_guest_open (alice, FALSE);
  ismb_test_guest_open (bob, FALSE);
  exchange (alice, bob, "hello");
  exchange (bob, alice, "hello yourself");
  ismb_test_guest_free (alice);
  ismb_test_guest_free (bob);
  close_many (descriptors);
}

/* Opened before, and again and again afterwards. */
static void
test_comes_back (void)
{
  g_autoptr (IsmbTestServer) server = ismb_test_server_new (ISMB_TEST_OURS, DOMAIN, accounts);
  g_autoptr (IsmbTestCutter) wire = ismb_test_cutter_new (NULL, ismb_test_server_get_port (server));
  IsmbTestGuest *alice = ismb_test_guest_new (server, "alice");
  IsmbTestGuest *bob = ismb_test_guest_new (server, "bob");
  GArray *descriptors;

  g_object_set (ismb_test_guest_get_client (alice), "server-port",
                (guint) ismb_test_cutter_get_port (wire), NULL);
  ismb_test_guest_open (alice, FALSE);
  ismb_test_guest_open (bob, FALSE);
  descriptors = open_many ();
  for (guint i = 1; i <= 3; i++)
    {
      ismb_test_cutter_cut (wire, ISMB_TEST_CUT_RESET);
      ismb_test_guest_await (alice, "session_resumed", i);
      exchange (alice, bob, "hello");
      exchange (bob, alice, "hello yourself");
    }
  ismb_test_guest_free (alice);
  ismb_test_guest_free (bob);
  close_many (descriptors);
}

/* With stream management off each time is a new session. */
static void
test_begins_anew (void)
{
  g_autoptr (IsmbTestServer) server = ismb_test_server_new (ISMB_TEST_OURS, DOMAIN, accounts);
  g_autoptr (IsmbTestCutter) wire = ismb_test_cutter_new (NULL, ismb_test_server_get_port (server));
  IsmbTestGuest *alice = ismb_test_guest_new (server, "alice");
  GArray *descriptors;

  g_object_set (ismb_test_guest_get_client (alice), "server-port",
                (guint) ismb_test_cutter_get_port (wire), "stream-management", FALSE, NULL);
  ismb_test_guest_open (alice, FALSE);
  descriptors = open_many ();
  for (guint i = 1; i <= 3; i++)
    {
      ismb_test_cutter_cut (wire, ISMB_TEST_CUT_END);
      ismb_test_guest_await (alice, "session_start", i + 1);
      exchange (alice, alice, "hello");
    }
  ismb_test_guest_free (alice);
  close_many (descriptors);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  raise_limit ();
  g_test_add_func ("/descriptors/opens", test_opens);
  g_test_add_func ("/descriptors/comes-back", test_comes_back);
  g_test_add_func ("/descriptors/begins-anew", test_begins_anew);
  return g_test_run ();
}
