/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "switchctl/control/duration.h"

static void
test_parse (void)
{
  static const struct
  {
    const char *text;
    gint64 seconds; /* -1: none */
  } cases[] = {
    { "0s", 0 },        { "90s", 90 },       { "15m", 900 },  { "2h", 7200 }, { "7d", 604800 },
    { "3650d", 3650 * 86400 }, { "3651d", -1 }, { "", -1 },   { "s", -1 },    { "1", -1 },
    { "-1s", -1 },      { "1 s", -1 },       { "1h30m", -1 }, { "1w", -1 },   { "0x10s", -1 },
    { "99999999999999999999s", -1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      gint64 seconds = -1;
      gboolean parsed = switch_duration_parse (cases[i].text, &seconds);

      g_test_message ("%s", cases[i].text);
      g_assert_cmpint (parsed, ==, cases[i].seconds >= 0);
      g_assert_cmpint (seconds, ==, cases[i].seconds);
    }
}

static void
assert_text (gint64 seconds, const char *expected)
{
  g_autofree char *text = switch_duration_to_text (seconds);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_to_text (void)
{
  assert_text (0, "0 seconds");
  assert_text (1, "1 second");
  assert_text (119, "1 minute");
  assert_text (7200, "2 hours");
  assert_text (90 * 86400 - 1, "89 days");
  assert_text (-5, "0 seconds");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/control/duration/parse", test_parse);
  g_test_add_func ("/control/duration/to-text", test_to_text);
  return g_test_run ();
}
