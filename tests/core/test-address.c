/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/core/ismb-address.h"

#include <string.h>

#include "ismb/core/ismb-error.h"

static char *
prepare (const char *text, gsize length, IsmbAddressParts *parts, GError **error)
{
  GString *out = g_string_new ("before ");

  if (ismb_address_prepare (text, length, out, parts, error))
    return g_string_free (g_string_erase (out, 0, strlen ("before ")), FALSE);
  g_assert_cmpstr (out->str, ==, "before ");
  g_string_free (out, TRUE);
  return NULL;
}

static const struct
{
  const char *text, *prepared;
  IsmbAddressParts parts;
} good[] = {
  { "a", "a", { 0, 1, 0 } },
  { "leaf1.0a1b2c", "leaf1.0a1b2c", { 0, 12, 0 } },
  { "u@d/r", "u@d/r", { 1, 1, 1 } },
  { "d/r", "d/r", { 0, 1, 1 } },
  { "u@d", "u@d", { 1, 1, 0 } },
  { "Juliet@Example.COM/Balcony", "juliet@example.com/Balcony", { 6, 11, 7 } },
  { "d/a@b/c d", "d/a@b/c d", { 0, 1, 7 } },
  { "u@d/r/s@t", "u@d/r/s@t", { 1, 1, 5 } },
  { "u@example.com./r", "u@example.com/r", { 1, 11, 1 } },
  { "my_switch.lan", "my_switch.lan", { 0, 13, 0 } },
  { "u@192.0.2.1", "u@192.0.2.1", { 1, 9, 0 } },
  { "u@[2001:DB8:0::1]/r", "u@[2001:db8::1]/r", { 1, 13, 1 } },
  { "#!$%()*+,;=?^`{|}~\\@d", "#!$%()*+,;=?^`{|}~\\@d", { 19, 1, 0 } },
  { "fu\303\237ball@d", "fussball@d", { 8, 1, 0 } },
  { "\316\243@d", "\317\203@d", { 2, 1, 0 } },                 /* capital sigma */
  { "u@B\303\234CHER.example", "u@b\303\274cher.example", { 1, 15, 0 } },
  { "u@d/\342\231\232", "u@d/\342\231\232", { 1, 1, 3 } },     /* a chess king */
  { "u@d/\302\252", "u@d/a", { 1, 1, 1 } },                    /* feminine ordinal indicator */
  { "e\314\201@d", "\303\251@d", { 2, 1, 0 } },                /* composed */
  { "a\302\255b@d", "ab@d", { 2, 1, 0 } },                     /* soft hyphen maps to nothing */
  { "\360\237\230\200@d", "\360\237\230\200@d", { 4, 1, 0 } }, /* newer than stringprep */
};

static void
test_good (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (GError) error = NULL;
      IsmbAddressParts parts, split;
      g_autofree char *prepared = prepare (good[i].text, strlen (good[i].text), &parts, &error);

      g_assert_no_error (error);
      g_assert_cmpstr (prepared, ==, good[i].prepared);
      ismb_address_split (prepared, &split);
      g_assert_cmpmem (&parts, sizeof parts, &good[i].parts, sizeof parts);
      g_assert_cmpmem (&split, sizeof split, &good[i].parts, sizeof split);
    }
}

static const char *const bad[] = {
  "", "@", "/", "@/", "u@", "@d", "@d/r", "u@/r", "/r", "d/", "u@d/",
  "u@u@d", "u@d@e", "a b@d", "a\"b@d", "a&b@d", "a'b@d", "a:b@d", "a<b@d", "a>b@d", "a\tb@d",
  "u@a b", "u@a\tb", "u@a\nb", "u@a\177b", "u@host:5222", "u@a<b", "u@a'b", "u@a&b", "u@a\\b",
  "u@.", "u@..", "u@a..", "u@.a", "u@a..b",
  "u@[", "u@[]", "u@[::1", "u@[::1]x", "u@::1", "u@[192.0.2.1]", "u@[fe80::1%eth0]", "u@[::g]",
  "u@d/a\nb", "u@d/a\177b",
  "u@d/\302\205",             /* a control of C1 */
  "u\302\240v@d",             /* no-break space */
  "u@d\302\240e",
  "u@d/\356\200\200",         /* private use */
  "u@d/\357\277\276",         /* no character */
  "u@d/\342\200\256x",        /* right-to-left override */
  "\327\220a@d",              /* both directions in one part */
  "\302\255@d",               /* nothing is left of it */
  "u@\302\255",
  "u@d/\302\255",
  "u\357\274\240v@d",         /* full-width @ and /, and [ with a mark */
  "u@d\357\274\240e",
  "u@d\357\274\217e",
  "u@\357\274\273\314\207",
  "u@a\342\204\200b",         /* a/c in one character */
  "\377@d", "u@\377", "u@d/\377",
  "u@d/\300\257",             /* a slash, overlong */
  "u@d/\355\240\200",         /* a surrogate */
  "u@d/\342\202",             /* cut short */
};

static void
test_bad (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;
      IsmbAddressParts parts;
      g_autofree char *prepared = prepare (bad[i], strlen (bad[i]), &parts, &error);

      g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_ADDRESS);
      g_assert_null (prepared);
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
    }
}

static void
test_nul_is_no_end (void)
{
  static const char *const texts[] = { "a\0b@d", "u@d\0e", "u@d/r\0s", "u@[::1\0]" };
  static const gsize lengths[] = { 5, 5, 7, 8 };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;
      IsmbAddressParts parts;

      g_assert_null (prepare (texts[i], lengths[i], &parts, &error));
      g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_ADDRESS);
    }
}

static void
test_reads_no_further (void)
{
  IsmbAddressParts parts;
  g_autofree char *text = g_memdup2 ("u@d/r", 5); /* no byte behind it: the sanitizer would see */
  g_autofree char *prepared = prepare (text, 3, &parts, NULL);

  g_assert_cmpstr (prepared, ==, "u@d");
}

/* `local`@`domain`/`resource`, each of that many bytes. */
static char *
fill (guint local, guint domain, guint resource, const char *with)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < local; i += strlen (with))
    g_string_append (text, with);
  g_string_append_c (text, '@');
  for (guint i = 0; i < domain; i += strlen (with))
    g_string_append (text, with);
  g_string_append_c (text, '/');
  for (guint i = 0; i < resource; i += strlen (with))
    g_string_append (text, with);
  return g_string_free (text, FALSE);
}

static void
test_lengths (gconstpointer data)
{
  const char *with = data;
  static const guint sizes[][3] = {
    { 1023, 1023, 1023 }, { 1026, 3, 3 }, { 3, 1026, 3 }, { 3, 3, 1026 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (GError) error = NULL;
      IsmbAddressParts parts;
      g_autofree char *text = fill (sizes[i][0], sizes[i][1], sizes[i][2], with);
      g_autofree char *prepared = prepare (text, strlen (text), &parts, &error);

      if (i > 0)
        {
          g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_ADDRESS);
          continue;
        }
      g_assert_no_error (error);
      g_assert_cmpuint (strlen (prepared), ==, ISMB_ADDRESS_MAX);
      g_assert_cmpuint (ismb_address_bare_length (&parts), ==, 2047);
    }
}

/* What fits before preparing may be too long after: these three bytes become thirty-three. */
static void
test_grows_while_prepared (void)
{
  static const char ligature[] = "\357\267\272";
  g_autoptr (GString) text = g_string_new ("d/");
  g_autoptr (GError) error = NULL;
  IsmbAddressParts parts;
  g_autofree char *prepared = NULL;

  for (guint i = 0; i < 31; i++)
    g_string_append (text, ligature);
  prepared = prepare (text->str, text->len, &parts, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (parts.resource, ==, 31 * 33);
  g_string_append (text, ligature);
  g_assert_null (prepare (text->str, text->len, &parts, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_ADDRESS);
}

static void
test_message (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) long_error = NULL;
  g_autofree char *text = fill (3000, 3, 3, "abc");
  IsmbAddressParts parts;

  g_assert_null (prepare ("a\033\"\377@d/\342\200\256", 10, &parts, &error));
  g_assert_cmpstr (error->message, ==,
                   "\"a\\u001b\\\"\\xff@d/\\u202e\" is no valid address: "
                   "its local part is not valid UTF-8");
  g_assert_null (prepare (text, strlen (text), &parts, &long_error));
  g_assert_cmpuint (strlen (long_error->message), <, 200);
}

static void
test_join (void)
{
  g_autoptr (GString) out = g_string_new ("> ");
  g_autoptr (GError) error = NULL;
  IsmbAddressParts parts;

  g_assert_true (ismb_address_join ("U", "D", "R/@", out, &parts, NULL));
  g_assert_cmpstr (out->str, ==, "> u@d/R/@");
  g_string_truncate (out, 2);
  g_assert_true (ismb_address_join (NULL, "d", NULL, out, &parts, NULL));
  g_assert_cmpstr (out->str, ==, "> d");
  g_assert_false (ismb_address_join ("a@b", "d", NULL, out, &parts, NULL));
  g_assert_false (ismb_address_join ("a", "d/e", NULL, out, &parts, NULL));
  g_assert_false (ismb_address_join ("", "d", NULL, out, &parts, NULL));
  g_assert_false (ismb_address_join ("a", "d", "", out, &parts, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_ADDRESS);
  g_assert_cmpstr (out->str, ==, "> d");
}

/* A character that is worth trying: ASCII, one with marks, a compatibility form, or any. */
static gunichar
random_character (void)
{
  switch (g_test_rand_int_range (0, 6))
    {
    case 0: return g_test_rand_int_range (0x20, 0x7f);
    case 1: return g_test_rand_int_range (0xa0, 0x370);
    case 2: return g_test_rand_int_range (0x370, 0x600);
    case 3: return g_test_rand_int_range (0x1e00, 0x2200);
    case 4: return g_test_rand_int_range (0xf900, 0x10000);
    default: return g_test_rand_int_range (0x1, 0xd800);
    }
}

static char *
random_address (void)
{
  GString *text = g_string_new (NULL);

  for (int n = g_test_rand_int_range (0, 4); n > 0; n--)
    g_string_append_unichar (text, random_character ());
  if (text->len > 0)
    g_string_append_c (text, '@');
  for (int n = g_test_rand_int_range (1, 4); n > 0; n--)
    g_string_append_unichar (text, random_character ());
  if (g_test_rand_bit ())
    g_string_append_c (text, '/');
  for (int n = g_test_rand_int_range (0, 4); n > 0; n--)
    g_string_append_unichar (text, random_character ());
  return g_string_free (text, FALSE);
}

/* What was prepared once is a key everywhere: preparing it again must not change it, nor where it
 * splits. */
static void
test_prepared_stays (void)
{
  guint accepted = 0;

  for (guint i = 0; i < 50000; i++)
    {
      g_autofree char *text = random_address ();
      g_autofree char *once = NULL;
      g_autofree char *twice = NULL;
      g_autoptr (GError) error = NULL;
      IsmbAddressParts parts, again, split;

      once = prepare (text, strlen (text), &parts, NULL);
      if (once == NULL)
        continue;
      accepted++;
      twice = prepare (once, strlen (once), &again, &error);
      g_assert_no_error (error);
      g_assert_cmpstr (twice, ==, once);
      ismb_address_split (once, &split);
      g_assert_cmpmem (&again, sizeof again, &parts, sizeof parts);
      g_assert_cmpmem (&split, sizeof split, &parts, sizeof parts);
    }
  g_assert_cmpuint (accepted, >, 1000);
}

static void
test_random_bytes (void)
{
  for (guint i = 0; i < 20000; i++)
    {
      char bytes[16];
      gsize length = g_test_rand_int_range (0, sizeof bytes);
      IsmbAddressParts parts;

      for (gsize n = 0; n < length; n++)
        bytes[n] = g_test_rand_int_range (0, 3) == 0 ? "@/.[]"[n % 5] : g_test_rand_int ();
      g_free (prepare (bytes, length, &parts, NULL));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/address/good", test_good);
  g_test_add_func ("/address/bad", test_bad);
  g_test_add_func ("/address/nul-is-no-end", test_nul_is_no_end);
  g_test_add_func ("/address/reads-no-further", test_reads_no_further);
  g_test_add_data_func ("/address/lengths/ascii", "abc", test_lengths);
  g_test_add_data_func ("/address/lengths/unicode", "\342\202\254", test_lengths);
  g_test_add_func ("/address/grows-while-prepared", test_grows_while_prepared);
  g_test_add_func ("/address/message", test_message);
  g_test_add_func ("/address/join", test_join);
  g_test_add_func ("/address/prepared-stays", test_prepared_stays);
  g_test_add_func ("/address/random-bytes", test_random_bytes);
  return g_test_run ();
}
