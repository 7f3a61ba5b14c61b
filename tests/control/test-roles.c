/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "switchctl/control/roles.h"

typedef struct
{
  SwitchRoles *roles;
  IsmbJid *desk, *phone, *other;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->roles = switch_roles_new ();
  fixture->desk = ismb_jid_new ("ada@sw1.test/desk", NULL);
  fixture->phone = ismb_jid_new ("ada@sw1.test/phone", NULL);
  fixture->other = ismb_jid_new ("ada@sw2.test/desk", NULL);
  switch_roles_keep (fixture->roles, fixture->desk, "operator", 0);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  switch_roles_free (fixture->roles);
  g_object_unref (fixture->desk);
  g_object_unref (fixture->phone);
  g_object_unref (fixture->other);
}

/* A role is the account's, wherever it sits; another switch's account of that name has its own. */
static void
test_is_of_the_account (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpstr (switch_roles_lookup (fixture->roles, fixture->phone, 1), ==, "operator");
  g_assert_null (switch_roles_lookup (fixture->roles, fixture->other, 1));
  switch_roles_keep (fixture->roles, fixture->phone, "client", 1);
  g_assert_cmpstr (switch_roles_lookup (fixture->roles, fixture->desk, 2), ==, "client");
}

static void
test_is_believed_for_a_minute (Fixture *fixture, gconstpointer data)
{
  const gint64 minute = 60 * G_USEC_PER_SEC;

  g_assert_cmpstr (switch_roles_lookup (fixture->roles, fixture->desk, minute - 1), ==,
                   "operator");
  g_assert_null (switch_roles_lookup (fixture->roles, fixture->desk, minute));
}

static void
test_is_forgotten (Fixture *fixture, gconstpointer data)
{
  switch_roles_keep (fixture->roles, fixture->other, "switch", 0);
  switch_roles_forget (fixture->roles, "sw1.test");
  g_assert_null (switch_roles_lookup (fixture->roles, fixture->desk, 1));
  g_assert_cmpstr (switch_roles_lookup (fixture->roles, fixture->other, 1), ==, "switch");
  switch_roles_forget (fixture->roles, NULL);
  g_assert_null (switch_roles_lookup (fixture->roles, fixture->other, 1));
}

#define ADD(name, test) \
  g_test_add ("/control/roles/" name, Fixture, NULL, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("is-of-the-account", test_is_of_the_account);
  ADD ("is-believed-for-a-minute", test_is_believed_for_a_minute);
  ADD ("is-forgotten", test_is_forgotten);
  return g_test_run ();
}
