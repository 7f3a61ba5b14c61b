/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/store/ismb-drafts.h"

#include "tests/store/scratch.h"

#define WRITE "INSERT OR REPLACE INTO vcard VALUES (?,?)"

typedef struct
{
  char *folder;
  IsmbStore *store;
  IsmbDrafts *drafts;
  char *memory; /* the one row */
  guint restored;
} Fixture;

static void
restore (const char *account, const char *key, GVariant *row, gpointer owner)
{
  Fixture *fixture = owner;

  g_assert_cmpstr (account, ==, "ann");
  g_assert_cmpstr (key, ==, "");
  g_free (fixture->memory);
  fixture->memory = row != NULL ? g_variant_dup_string (row, NULL) : NULL;
  fixture->restored++;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;

  fixture->folder = scratch_new ();
  path = g_build_filename (fixture->folder, "blue.db", NULL);
  fixture->store = ismb_store_open (path, &error);
  g_assert_no_error (error);
  fixture->drafts = ismb_drafts_new (fixture->store, restore, fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  scratch_settle (fixture->store);
  g_clear_pointer (&fixture->drafts, ismb_drafts_close);
  g_assert_finalize_object (g_steal_pointer (&fixture->store));
  g_free (fixture->memory);
  scratch_remove (fixture->folder);
}

static void
change (Fixture *fixture, const char *text)
{
  GVariant *before = fixture->memory != NULL ? g_variant_new_string (fixture->memory) : NULL;

  ismb_drafts_write (fixture->drafts, "ann", "", before, g_variant_new_string (text), WRITE,
                     g_variant_new ("(ss)", "ann", text));
  g_free (fixture->memory);
  fixture->memory = g_strdup (text);
}

static void
refuse (Fixture *fixture)
{
  scratch_refuse (fixture->store, "vcard", TRUE);
}

static void
let_in (Fixture *fixture)
{
  scratch_refuse (fixture->store, "vcard", FALSE);
}

static void
assert_memory (Fixture *fixture, const char *text)
{
  scratch_settle (fixture->store);
  g_assert_cmpstr (fixture->memory, ==, text);
}

static void
test_stays (Fixture *fixture, gconstpointer data)
{
  change (fixture, "one");
  change (fixture, "two");
  assert_memory (fixture, "two");
  g_assert_cmpuint (fixture->restored, ==, 0);
}

/* With what came before it, which failed too, it goes back to what was committed last. */
static void
test_goes_back (Fixture *fixture, gconstpointer data)
{
  change (fixture, "one");
  refuse (fixture);
  change (fixture, "two");
  change (fixture, "three");
  assert_memory (fixture, "one");
  g_assert_cmpuint (fixture->restored, ==, 1);
  let_in (fixture);
  change (fixture, "four");
  assert_memory (fixture, "four");
}

static void
test_was_nothing (Fixture *fixture, gconstpointer data)
{
  refuse (fixture);
  change (fixture, "one");
  assert_memory (fixture, NULL);
  g_assert_cmpuint (fixture->restored, ==, 1);
}

/* What is newer and was committed is not touched. */
static void
test_newer_stays (Fixture *fixture, gconstpointer data)
{
  refuse (fixture);
  change (fixture, "one");
  ismb_store_write (fixture->store, "DROP TRIGGER refused", NULL, NULL, NULL);
  change (fixture, "two");
  assert_memory (fixture, "two");
  g_assert_cmpuint (fixture->restored, ==, 0);
}

static void
test_forgotten (Fixture *fixture, gconstpointer data)
{
  refuse (fixture);
  change (fixture, "one");
  ismb_drafts_forget (fixture->drafts, "bob");
  ismb_drafts_forget (fixture->drafts, "ann");
  scratch_settle (fixture->store);
  g_assert_cmpuint (fixture->restored, ==, 0);
}

static void
test_owner_goes (Fixture *fixture, gconstpointer data)
{
  refuse (fixture);
  change (fixture, "one");
  g_clear_pointer (&fixture->drafts, ismb_drafts_close);
  scratch_settle (fixture->store);
  g_assert_cmpuint (fixture->restored, ==, 0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add ("/drafts/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("stays", test_stays);
  ADD ("goes-back", test_goes_back);
  ADD ("was-nothing", test_was_nothing);
  ADD ("newer-stays", test_newer_stays);
  ADD ("forgotten", test_forgotten);
  ADD ("owner-goes", test_owner_goes);
#undef ADD
  return g_test_run ();
}
