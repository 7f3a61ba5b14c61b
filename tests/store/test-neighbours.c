/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/store/ismb-neighbours.h"

#include "tests/store/scratch.h"

typedef struct
{
  char *folder;
  IsmbStore *store;
  IsmbNeighbours *neighbours;
} Fixture;

static const char *const two[] = { "192.0.2.1", "fe80::1%eth0", NULL };
static const char *const one[] = { "192.0.2.9", NULL };

static void
open_neighbours (Fixture *fixture)
{
  g_autofree char *path = g_build_filename (fixture->folder, "blue.db", NULL);
  g_autoptr (GError) error = NULL;

  fixture->store = ismb_store_open (path, &error);
  g_assert_no_error (error);
  fixture->neighbours = ismb_neighbours_load (fixture->store, &error);
  g_assert_no_error (error);
}

static void
close_neighbours (Fixture *fixture)
{
  g_assert_finalize_object (g_steal_pointer (&fixture->neighbours));
  g_assert_finalize_object (g_steal_pointer (&fixture->store));
}

static void
reopen (Fixture *fixture)
{
  close_neighbours (fixture);
  open_neighbours (fixture);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = scratch_new ();
  open_neighbours (fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  close_neighbours (fixture);
  scratch_remove (fixture->folder);
}

static void
assert_only (Fixture *fixture, const char *domain, const char *const *addresses, guint16 port,
             const char *device_id)
{
  g_autoptr (GPtrArray) list = ismb_neighbours_list (fixture->neighbours);
  const IsmbNeighbour *neighbour;

  g_assert_cmpuint (list->len, ==, 1);
  neighbour = g_ptr_array_index (list, 0);
  g_assert_cmpstr (neighbour->domain, ==, domain);
  g_assert_cmpstrv (neighbour->addresses, addresses);
  g_assert_cmpuint (neighbour->port, ==, port);
  g_assert_cmpstr (neighbour->device_id, ==, device_id);
}

static void
test_stays (Fixture *fixture, gconstpointer data)
{
  ismb_neighbours_put (fixture->neighbours, "spine.02", two, 5269, "ABC");
  assert_only (fixture, "spine.02", two, 5269, "ABC");
  reopen (fixture);
  assert_only (fixture, "spine.02", two, 5269, "ABC");
}

static void
test_moves (Fixture *fixture, gconstpointer data)
{
  ismb_neighbours_put (fixture->neighbours, "spine.02", two, 5269, "ABC");
  ismb_neighbours_put (fixture->neighbours, "spine.02", one, 5270, NULL);
  reopen (fixture);
  assert_only (fixture, "spine.02", one, 5270, NULL);
}

static void
test_is_forgotten (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) list = NULL;

  ismb_neighbours_put (fixture->neighbours, "spine.02", two, 5269, "ABC");
  ismb_neighbours_remove (fixture->neighbours, "leaf.01");
  ismb_neighbours_remove (fixture->neighbours, "spine.02");
  reopen (fixture);
  list = ismb_neighbours_list (fixture->neighbours);
  g_assert_cmpuint (list->len, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, test) g_test_add ("/neighbours/" name, Fixture, NULL, set_up, test, tear_down)
  ADD ("stays", test_stays);
  ADD ("moves", test_moves);
  ADD ("is-forgotten", test_is_forgotten);
#undef ADD
  return g_test_run ();
}
