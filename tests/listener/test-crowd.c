/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many may stand at a door before they say who they are. */
#include "config.h"

#include <arpa/inet.h>
#include <sys/resource.h>

#include "ismb/listener/ismb-crowd.h"

#define DESCRIPTORS 1024
#define PLACES (DESCRIPTORS / 8)

typedef struct
{
  IsmbCrowd *crowd;
  IsmbCrowdPlace places[PLACES];
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  struct rlimit limit = { DESCRIPTORS, DESCRIPTORS };

  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  fixture->crowd = ismb_crowd_new ();
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < PLACES; i++)
    ismb_crowd_leave (&fixture->places[i]);
  ismb_crowd_free (fixture->crowd);
}

static IsmbSource
from (const char *text)
{
  struct sockaddr_in v4 = { .sin_family = AF_INET };
  struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
  gboolean old = inet_pton (AF_INET, text, &v4.sin_addr) == 1;
  IsmbSource source;

  if (!old)
    g_assert_cmpint (inet_pton (AF_INET6, text, &v6.sin6_addr), ==, 1);
  ismb_source_init (&source, -1, old ? (struct sockaddr *) &v4 : (struct sockaddr *) &v6);
  return source;
}

/* As many of that source as are let in, from that place on; how many these were. */
static guint
fill (Fixture *fixture, guint first, IsmbSource source)
{
  guint i = first;

  while (i < PLACES && ismb_crowd_admits (fixture->crowd, &source))
    {
      ismb_crowd_join (fixture->crowd, &fixture->places[i], &fixture->places[i], &source);
      i++;
    }
  return i - first;
}

/* One host cannot take the places of the others, and has its own again when it leaves them. */
static void
test_shares (Fixture *fixture, gconstpointer data)
{
  guint first = fill (fixture, 0, from ("192.0.2.1"));

  g_assert_cmpuint (first, ==, PLACES / 16);
  g_assert_cmpuint (fill (fixture, first, from ("192.0.2.2")), ==, first);
  g_assert_cmpuint (fill (fixture, 2 * first, from ("127.0.0.1")), ==, PLACES / 2);
  ismb_crowd_leave (&fixture->places[0]);
  ismb_crowd_leave (&fixture->places[0]);
  g_assert_cmpuint (ismb_crowd_get_count (fixture->crowd), ==, 2 * first + PLACES / 2 - 1);
  g_assert_cmpuint (fill (fixture, PLACES - 1, from ("192.0.2.1")), ==, 1);
}

static void
test_networks (Fixture *fixture, gconstpointer data)
{
  guint first = fill (fixture, 0, from ("2001:db8::1"));

  g_assert_cmpuint (fill (fixture, first, from ("2001:db8::2:0:0:2")), ==, 0);
  g_assert_cmpuint (fill (fixture, first, from ("2001:db8:0:1::1")), ==, first);
  first = 2 * first;
  first += fill (fixture, first, from ("::ffff:192.0.2.1"));
  g_assert_cmpuint (fill (fixture, first, from ("192.0.2.1")), ==, 0);
}

/* Who comes and goes without end costs a handshake each time: from another host at a pace. */
static void
test_pace (Fixture *fixture, gconstpointer data)
{
  IsmbSource remote = from ("192.0.2.1"), other = from ("192.0.2.2"), local = from ("127.0.0.1");
  guint came = 0;

  for (; came < 2000 && ismb_crowd_admits (fixture->crowd, &remote); came++)
    {
      ismb_crowd_join (fixture->crowd, &fixture->places[0], &fixture->places[0], &remote);
      ismb_crowd_leave (&fixture->places[0]);
    }
  g_assert_cmpuint (came, >=, 250);
  g_assert_cmpuint (came, <, 2000);
  g_assert_true (ismb_crowd_admits (fixture->crowd, &other));
  for (came = 0; came < 2000; came++)
    {
      g_assert_true (ismb_crowd_admits (fixture->crowd, &local));
      ismb_crowd_join (fixture->crowd, &fixture->places[0], &fixture->places[0], &local);
      ismb_crowd_leave (&fixture->places[0]);
    }
}

static void
test_suspect (Fixture *fixture, gconstpointer data)
{
  IsmbSource remote = from ("192.0.2.1"), other = from ("192.0.2.2");

  for (guint i = 0; i < PLACES / 16 / 8; i++)
    {
      g_assert_true (ismb_crowd_admits_suspect (fixture->crowd, &remote));
      ismb_crowd_join (fixture->crowd, &fixture->places[i], &fixture->places[i], &remote);
    }
  g_assert_false (ismb_crowd_admits_suspect (fixture->crowd, &remote));
  g_assert_true (ismb_crowd_admits (fixture->crowd, &remote));
  g_assert_true (ismb_crowd_admits_suspect (fixture->crowd, &other));
}

/* A full crowd has the oldest make room. */
static void
test_excess (Fixture *fixture, gconstpointer data)
{
  guint count = fill (fixture, 0, from ("127.0.0.1"));

  for (guint i = 1; count < PLACES; i++)
    {
      g_autofree char *address = g_strdup_printf ("192.0.2.%u", i);

      g_assert_null (ismb_crowd_get_excess (fixture->crowd));
      count += fill (fixture, count, from (address));
    }
  g_assert_true (ismb_crowd_get_excess (fixture->crowd) == &fixture->places[0]);
  ismb_crowd_leave (&fixture->places[0]);
  g_assert_null (ismb_crowd_get_excess (fixture->crowd));
  g_assert_true (ismb_crowd_get_oldest (fixture->crowd) == &fixture->places[1]);
}

#define ADD(name, test) g_test_add ("/crowd/" name, Fixture, NULL, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("shares", test_shares);
  ADD ("networks", test_networks);
  ADD ("pace", test_pace);
  ADD ("suspect", test_suspect);
  ADD ("excess", test_excess);
  return g_test_run ();
}
