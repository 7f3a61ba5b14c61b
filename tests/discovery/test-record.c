/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/discovery/ismb-mdns-record.h"

#include <string.h>

static void
test_host_name (void)
{
  g_autofree char *blue = ismb_mdns_host_name ("sw1.001122", "blue", "AAAA");
  g_autofree char *red = ismb_mdns_host_name ("sw1.001122", "red", "AAAA");
  g_autofree char *dashed = ismb_mdns_host_name ("sw1-001122", "blue", "AAAA");
  g_autofree char *twin = ismb_mdns_host_name ("sw1.001122", "blue", "BBBB");
  g_autofree char *name = g_strnfill (63, 'x');
  g_autofree char *longest = ismb_mdns_host_name (name, "blue", NULL);

  g_assert_true (g_str_has_prefix (blue, "sw1-001122-"));
  g_assert_true (g_str_has_suffix (blue, ".local"));
  g_assert_cmpstr (blue, !=, red);
  g_assert_cmpstr (blue, !=, dashed);
  g_assert_cmpstr (blue, !=, twin);
  g_assert_cmpuint (strcspn (longest, "."), ==, 63);
}

static void
test_domain (void)
{
  static const struct
  {
    const char *instance, *domain;
  } cases[] = {
    { "sw1.001122", "sw1.001122" },
    { "SW1.001122", "sw1.001122" },
    { "", NULL },
    { "user@sw1.001122", NULL },
    { "sw1.001122/resource", NULL },
    { "two words", NULL },
    { "line\nbreak", NULL },
    { "\xff\xfe", NULL },
    { "a123456789b123456789c123456789d123456789e123456789f123456789g123456789", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *domain = ismb_mdns_dup_domain (cases[i].instance);

      g_assert_cmpstr (domain, ==, cases[i].domain);
    }
}

static void
test_own_txt (void)
{
  g_autoptr (AvahiStringList) txt =
      ismb_mdns_txt_new ("VR-Mgmt", "ABCD2345", "0123456789abcdef0123456789abcdef");
  g_autofree char *vr = ismb_mdns_dup_vr (txt);
  g_autofree char *id = ismb_mdns_dup_id (txt);
  g_autofree char *fabric = ismb_mdns_dup_fabric (txt);

  g_assert_nonnull (avahi_string_list_find (txt, "txtvers"));
  g_assert_cmpstr (vr, ==, "VR-Mgmt");
  g_assert_cmpstr (id, ==, "ABCD2345");
  g_assert_cmpstr (fabric, ==, "0123456789abcdef");
}

static void
test_hostile_txt (void)
{
  g_autoptr (AvahiStringList) txt = NULL;
  g_autoptr (AvahiStringList) empty = avahi_string_list_new ("vr", "id", "fab=", NULL);
  g_autofree char *vr = NULL;
  g_autofree char *id = NULL;
  g_autofree char *fabric = NULL;
  g_autofree char *no_vr = ismb_mdns_dup_vr (empty);
  g_autofree char *no_fabric = ismb_mdns_dup_fabric (empty);
  g_autofree char *nothing = ismb_mdns_dup_id (NULL);

  txt = avahi_string_list_new ("vr=blue\033[2J", "id=not base32", "fab=0123456789ABCDEF", NULL);
  vr = ismb_mdns_dup_vr (txt);
  id = ismb_mdns_dup_id (txt);
  fabric = ismb_mdns_dup_fabric (txt);
  g_assert_cmpstr (vr, ==, "");
  g_assert_cmpstr (id, ==, "");
  g_assert_cmpstr (fabric, ==, "");
  g_assert_cmpstr (no_vr, ==, "");
  g_assert_cmpstr (no_fabric, ==, "");
  g_assert_cmpstr (nothing, ==, "");
}

static void
test_nul_in_txt (void)
{
  static const guint8 torn[] = "vr=blue\0red";
  g_autoptr (AvahiStringList) txt = avahi_string_list_add_arbitrary (NULL, torn, sizeof torn - 1);
  g_autofree char *vr = ismb_mdns_dup_vr (txt);

  g_assert_cmpstr (vr, ==, "");
}

static void
test_addresses (void)
{
  static const struct
  {
    const char *address, *text;
  } cases[] = {
    { "192.0.2.1", "192.0.2.1" },
    { "2001:db8::1", "2001:db8::1" },
    { "fe80::1", "fe80::1%eth0" },
    { "127.0.0.1", NULL },
    { "0.0.0.0", NULL },
    { "224.0.0.251", NULL },
    { "255.255.255.255", NULL },
    { "::1", NULL },
    { "::", NULL },
    { "ff02::fb", NULL },
    { "::ffff:127.0.0.1", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      AvahiAddress address;
      g_autofree char *text = NULL;

      g_assert_nonnull (avahi_address_parse (cases[i].address, AVAHI_PROTO_UNSPEC, &address));
      text = ismb_mdns_dup_address (&address, "eth0");
      g_assert_cmpstr (text, ==, cases[i].text);
    }
}

static void
test_order (void)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new ();
  static const char *const sorted[] = { "192.0.2.1", "192.0.2.2", "2001:db8::1", "fe80::1%eth0" };

  g_ptr_array_add (list, (gpointer) sorted[3]);
  g_ptr_array_add (list, (gpointer) sorted[2]);
  g_ptr_array_add (list, (gpointer) sorted[1]);
  g_ptr_array_add (list, (gpointer) sorted[0]);
  g_ptr_array_sort (list, ismb_mdns_compare_addresses);
  for (guint i = 0; i < G_N_ELEMENTS (sorted); i++)
    g_assert_cmpstr (g_ptr_array_index (list, i), ==, sorted[i]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/discovery/record/host-name", test_host_name);
  g_test_add_func ("/discovery/record/domain", test_domain);
  g_test_add_func ("/discovery/record/own-txt", test_own_txt);
  g_test_add_func ("/discovery/record/hostile-txt", test_hostile_txt);
  g_test_add_func ("/discovery/record/nul-in-txt", test_nul_in_txt);
  g_test_add_func ("/discovery/record/addresses", test_addresses);
  g_test_add_func ("/discovery/record/order", test_order);
  return g_test_run ();
}
