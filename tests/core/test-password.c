/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/core/ismb-password.h"

#include <string.h>

/* With RFC 4013's own examples. */
static void
test_prepares (void)
{
  static const char *const cases[][2] = {
    { "pencil", "pencil" },
    { "a B ~", "a B ~" },
    { "I\302\255X", "IX" },                  /* SOFT HYPHEN is nothing */
    { "USER", "USER" },                      /* no case is folded */
    { "\302\252", "a" },                     /* NFKC */
    { "\342\205\250", "IX" },
    { "e\314\201t\303\251", "\303\251t\303\251" }, /* both ways to write e acute */
    { "a\302\240b", "a b" },                 /* another space is a space */
    { "\360\237\224\221", "\360\237\224\221" },    /* newer than SASLprep */
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *prepared = ismb_password_prepare (cases[i][0]);
      g_autofree char *again = ismb_password_prepare (cases[i][1]);

      g_assert_cmpstr (prepared, ==, cases[i][1]);
      g_assert_cmpstr (again, ==, cases[i][1]);
    }
}

static void
test_refuses (void)
{
  static const char *const cases[] = {
    "",
    "\a",
    "a\nb",
    "\302\205",             /* a control character of Unicode */
    "\330\247" "1",         /* ends from left to right what begins from right to left */
    "\302\255",             /* nothing is left */
    "\356\200\200",         /* private use */
    "\377",
  };
  g_autofree char *longest = g_strnfill (1023, 'x');
  g_autofree char *too_long = g_strnfill (1024, 'x');
  g_autofree char *fits = ismb_password_prepare (longest);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_null (ismb_password_prepare (cases[i]));
  g_assert_cmpstr (fits, ==, longest);
  g_assert_null (ismb_password_prepare (too_long));
}

/* What grows as it is prepared is bounded, too. */
static void
test_growth (void)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < 300; i++)
    g_string_append (text, "\357\267\272"); /* one letter that stands for eighteen */
  g_assert_null (ismb_password_prepare (text->str));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/password/prepares", test_prepares);
  g_test_add_func ("/password/refuses", test_refuses);
  g_test_add_func ("/password/growth", test_growth);
  return g_test_run ();
}
