/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "switchctl/control/size.h"

static void
test_parse (void)
{
  static const struct
  {
    const char *text;
    guint64 bytes;
  } cases[] = {
    { "0", 0 }, { "10000", 10000 }, { "256k", 262144 }, { "1M", 1048576 }, { "1048576M", 1ull << 40 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      guint64 bytes = 1;

      g_assert_true (switch_size_parse (cases[i].text, &bytes));
      g_assert_cmpuint (bytes, ==, cases[i].bytes);
    }
}

static void
test_refuses (void)
{
  static const char *const texts[] = { "", "k", "-1", "+1", " 1", "1 k", "1K", "1kB", "0x10", "1.5M",
                                       "1048577M", "99999999999999999999999" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      guint64 bytes;

      g_assert_false (switch_size_parse (texts[i], &bytes));
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/size/parse", test_parse);
  g_test_add_func ("/size/refuses", test_refuses);
  return g_test_run ();
}
