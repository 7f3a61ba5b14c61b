/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "switchctl/daemon/domain-part.h"

#include <glib/gstdio.h>
#include <string.h>

#include "ismb/core/ismb-error.h"

static void
test_label (void)
{
  static const struct
  {
    const char *host, *label;
  } cases[] = {
    { "test", "test" },           { "Test-1", "test-1" }, { "sw1.example.net", "sw1" },
    { "my_switch", "my-switch" }, { "--x--", "x" },       { "", "switch" },
    { "\xc3\xbc", "switch" },     { "sw\xc3\xbc", "sw" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *label = switch_domain_part_label (cases[i].host);

      g_assert_cmpstr (label, ==, cases[i].label);
    }
}

static void
test_long_label (void)
{
  g_autofree char *host = g_strnfill (200, 'x');
  g_autofree char *label = switch_domain_part_label (host);

  g_assert_cmpuint (strlen (label) + strlen (".001122"), ==, 63);
}

static char *
make_folder (void)
{
  g_autoptr (GError) error = NULL;
  char *folder = g_dir_make_tmp ("ismb-domain-XXXXXX", &error);

  g_assert_no_error (error);
  return folder;
}

static void
remove_folder (const char *folder)
{
  g_autofree char *file = g_build_filename (folder, "domain", NULL);

  g_unlink (file);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

static void
test_is_kept (void)
{
  g_autofree char *folder = make_folder ();
  g_autofree char *file = g_build_filename (folder, "domain", NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *derived = switch_domain_part (folder, NULL, &error);
  g_autofree char *kept = NULL;
  g_autofree char *configured = NULL;

  g_assert_no_error (error);
  g_assert_true (g_regex_match_simple ("^[a-z0-9-]+\\.[0-9a-f]{6}$", derived, 0, 0));
  g_assert_true (g_file_set_contents (file, "old-name.001122\n", -1, NULL));
  kept = switch_domain_part (folder, NULL, &error);
  g_assert_cmpstr (kept, ==, "old-name.001122");
  configured = switch_domain_part (folder, "sw1.001122", &error);
  g_assert_cmpstr (configured, ==, "sw1.001122");
  remove_folder (folder);
}

static void
test_damaged (void)
{
  g_autofree char *folder = make_folder ();
  g_autofree char *file = g_build_filename (folder, "domain", NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *domain = NULL;

  g_assert_true (g_file_set_contents (file, "not a domain@all\n", -1, NULL));
  domain = switch_domain_part (folder, NULL, &error);
  g_assert_null (domain);
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_ADDRESS);
  g_assert_true (g_str_has_prefix (error->message, file));
  remove_folder (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/daemon/domain-part/label", test_label);
  g_test_add_func ("/daemon/domain-part/long-label", test_long_label);
  g_test_add_func ("/daemon/domain-part/is-kept", test_is_kept);
  g_test_add_func ("/daemon/domain-part/damaged", test_damaged);
  return g_test_run ();
}
