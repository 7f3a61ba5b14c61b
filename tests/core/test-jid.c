/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/core/ismb-jid.h"

#include "ismb/core/ismb-error.h"

static IsmbJid *
jid (const char *text)
{
  g_autoptr (GError) error = NULL;
  IsmbJid *made = ismb_jid_new (text, &error);

  g_assert_no_error (error);
  return made;
}

static void
assert_parts (IsmbJid *address, const char *local, const char *domain, const char *resource)
{
  g_assert_cmpstr (ismb_jid_get_local (address), ==, local);
  g_assert_cmpstr (ismb_jid_get_domain (address), ==, domain);
  g_assert_cmpstr (ismb_jid_get_resource (address), ==, resource);
}

static void
test_parts (void)
{
  g_autoptr (IsmbJid) full = jid ("CLI@Leaf1.0A1B2C/Shell/1");
  g_autoptr (IsmbJid) bare = jid ("cli@leaf1.0a1b2c");
  g_autoptr (IsmbJid) domain = jid ("leaf1.0a1b2c");
  g_autoptr (IsmbJid) service = jid ("leaf1.0a1b2c/a@b");

  assert_parts (full, "cli", "leaf1.0a1b2c", "Shell/1");
  assert_parts (bare, "cli", "leaf1.0a1b2c", NULL);
  assert_parts (domain, NULL, "leaf1.0a1b2c", NULL);
  assert_parts (service, NULL, "leaf1.0a1b2c", "a@b");
  g_assert_cmpstr (ismb_jid_get_full (full), ==, "cli@leaf1.0a1b2c/Shell/1");
  g_assert_cmpstr (ismb_jid_get_bare (full), ==, "cli@leaf1.0a1b2c");
  g_assert_cmpstr (ismb_jid_get_bare (service), ==, "leaf1.0a1b2c");
  g_assert_cmpstr (ismb_jid_get_full (bare), ==, ismb_jid_get_bare (bare));
}

static void
test_bad (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (ismb_jid_new ("cli@", &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_ADDRESS);
  g_assert_nonnull (g_strstr_len (error->message, -1, "cli@"));
}

static void
test_to_bare (void)
{
  g_autoptr (IsmbJid) full = jid ("cli@leaf1/shell");
  g_autoptr (IsmbJid) bare = ismb_jid_to_bare (full);
  g_autoptr (IsmbJid) again = ismb_jid_to_bare (bare);
  g_autoptr (IsmbJid) service = jid ("leaf1/shell");
  g_autoptr (IsmbJid) domain = ismb_jid_to_bare (service);

  assert_parts (bare, "cli", "leaf1", NULL);
  g_assert_cmpstr (ismb_jid_get_full (bare), ==, "cli@leaf1");
  g_assert_true (again == bare);
  assert_parts (domain, NULL, "leaf1", NULL);
}

static void
test_with_resource (void)
{
  g_autoptr (IsmbJid) full = jid ("cli@leaf1/shell");
  g_autoptr (IsmbJid) other = ismb_jid_with_resource (full, "Web", NULL);
  g_autoptr (IsmbJid) none = ismb_jid_with_resource (full, NULL, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (ismb_jid_get_full (other), ==, "cli@leaf1/Web");
  g_assert_cmpstr (ismb_jid_get_full (none), ==, "cli@leaf1");
  g_assert_null (ismb_jid_with_resource (full, "", &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_ADDRESS);
}

static void
test_from_parts (void)
{
  g_autoptr (IsmbJid) full = ismb_jid_new_from_parts ("CLI", "Leaf1", "Shell", NULL);
  g_autoptr (IsmbJid) domain = ismb_jid_new_from_parts (NULL, "leaf1", NULL, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (ismb_jid_get_full (full), ==, "cli@leaf1/Shell");
  g_assert_cmpstr (ismb_jid_get_full (domain), ==, "leaf1");
  g_assert_null (ismb_jid_new_from_parts ("root@spine1/x", "leaf1", NULL, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_ADDRESS);
}

static void
test_is_a_key (void)
{
  g_autoptr (GHashTable) table = g_hash_table_new_full ((GHashFunc) ismb_jid_hash,
                                                        (GEqualFunc) ismb_jid_equal,
                                                        g_object_unref, NULL);
  g_autoptr (IsmbJid) same = jid ("CLI@LEAF1./shell");
  g_autoptr (IsmbJid) other = jid ("cli@leaf1/Shell");

  g_hash_table_add (table, jid ("cli@leaf1/shell"));
  g_assert_true (g_hash_table_contains (table, same));
  g_assert_false (g_hash_table_contains (table, other));
}

/* Some are remembered, and which those are shows nowhere: neither in another spelling, nor once
 * many others came. */
static void
test_again (void)
{
  g_autoptr (IsmbJid) first = jid ("again@leaf1.0a1b2c/A");

  for (guint round = 0; round < 3; round++)
    {
      for (guint i = 0; i < 20; i++)
        {
          g_autofree char *text = g_strdup_printf ("again@leaf1.0a1b2c/%u", i / 2);
          g_autoptr (IsmbJid) each = jid (text);

          g_assert_cmpstr (ismb_jid_get_full (each), ==, text);
        }
      for (guint i = 0; i < 2; i++)
        {
          g_autoptr (IsmbJid) same = jid (i == 0 ? "Again@Leaf1.0A1B2C/A" : "again@leaf1.0a1b2c/A");
          g_autoptr (IsmbJid) other = jid ("again@leaf1.0a1b2c/a");

          g_assert_true (ismb_jid_equal (first, same));
          g_assert_false (ismb_jid_equal (first, other));
          assert_parts (same, "again", "leaf1.0a1b2c", "A");
        }
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/jid/parts", test_parts);
  g_test_add_func ("/jid/bad", test_bad);
  g_test_add_func ("/jid/to-bare", test_to_bare);
  g_test_add_func ("/jid/with-resource", test_with_resource);
  g_test_add_func ("/jid/from-parts", test_from_parts);
  g_test_add_func ("/jid/is-a-key", test_is_a_key);
  g_test_add_func ("/jid/again", test_again);
  return g_test_run ();
}
