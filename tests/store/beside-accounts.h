/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/store/ismb-accounts.h"
#include "tests/store/scratch.h"

/* The fixture of what is kept for accounts, each test with one such noun. */
typedef gpointer (*BesideAccountsLoad) (IsmbStore *store, IsmbAccounts *accounts, GError **error);

typedef struct
{
  char *folder;
  IsmbStore *store;
  IsmbAccounts *accounts;
  BesideAccountsLoad load;
  gpointer noun; /* what `load` gave */
} Fixture;

static inline void
create (Fixture *fixture, const char *account, gboolean transient)
{
  g_autoptr (GError) error = NULL;

  ismb_accounts_create (fixture->accounts, account, "secret", ISMB_ROLE_CLIENT, transient, &error);
  g_assert_no_error (error);
}

static inline void
open_all (Fixture *fixture)
{
  g_autofree char *path = g_build_filename (fixture->folder, "blue.db", NULL);
  g_autoptr (GError) error = NULL;

  fixture->store = ismb_store_open (path, &error);
  g_assert_no_error (error);
  fixture->accounts = ismb_accounts_load (fixture->store, &error);
  g_assert_no_error (error);
  fixture->noun = fixture->load (fixture->store, fixture->accounts, &error);
  g_assert_no_error (error);
}

static inline void
close_all (Fixture *fixture)
{
  GObject *noun = g_steal_pointer (&fixture->noun);

  g_assert_finalize_object (noun);
  g_assert_finalize_object (g_steal_pointer (&fixture->accounts));
  g_assert_finalize_object (g_steal_pointer (&fixture->store));
}

static inline void
reopen (Fixture *fixture)
{
  close_all (fixture);
  open_all (fixture);
}

/* With the accounts a and z. */
static inline void
begin (Fixture *fixture, BesideAccountsLoad load)
{
  fixture->folder = scratch_new ();
  fixture->load = load;
  open_all (fixture);
  create (fixture, "a", FALSE);
  create (fixture, "z", FALSE);
}

static inline void
tear_down (Fixture *fixture, gconstpointer data)
{
  close_all (fixture);
  scratch_remove (fixture->folder);
}
