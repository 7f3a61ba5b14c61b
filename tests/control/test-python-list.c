/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "switchctl/control/python-list.h"

#include <string.h>

#include "ismb/core/ismb-error.h"

#define BODIES 10000

typedef struct
{
  const char *text;
  const char *items[4]; /* none and `refused` not set: the empty list */
  gboolean refused;
} Example;

static const Example examples[] = {
  { "['create vlan test', 'delete vlan test']", { "create vlan test", "delete vlan test" } },
  { "[]", { NULL } },
  { "[ ]\n", { NULL } },
  { "['a',]", { "a" } },
  { "  (['a'])", { "a" } },
  { "[('a'), (('b' 'c')),]", { "a", "bc" } },
  { "[u'a', R'\\n', \"it's\", '''x\n'y''']", { "a", "\\n", "it's", "x\n'y" } },
  { "['\\x41\\101\\u00e4\\U0001F600\\q\\\nz']", { "AA\303\244\360\237\230\200\\qz" } },
  { "[ # why\n 'a'  # this\n  'b' \\\n 'c'\n]  # end\n\n", { "abc" } },
  { "# first\n\n['a']", { "a" } },
  { "['a\\\r\nb', '''c\r\nd\re''']", { "ab", "c\nd\ne" } },
  { "", .refused = TRUE },
  { "['a'", .refused = TRUE },
  { "'a'", .refused = TRUE },
  { "['a'],", .refused = TRUE },
  { "('a',)", .refused = TRUE },
  { "[,]", .refused = TRUE },
  { "['a',,]", .refused = TRUE },
  { "['a' + 'b']", .refused = TRUE },
  { "[1]", .refused = TRUE },
  { "[None]", .refused = TRUE },
  { "[['a']]", .refused = TRUE },
  { "[b'a']", .refused = TRUE },
  { "[f'a']", .refused = TRUE },
  { "[ur'a']", .refused = TRUE },
  { "[r 'a']", .refused = TRUE },
  { "['a\nb']", .refused = TRUE },
  { "['a\\", .refused = TRUE },
  { "[r'\\']", .refused = TRUE },
  { "['\\x4']", .refused = TRUE },
  { "['\\0']", .refused = TRUE },
  { "['\\ud800']", .refused = TRUE },
  { "['\\U00110000']", .refused = TRUE },
  { "['\\N{BULLET}']", .refused = TRUE },
  { "\n ['a']", .refused = TRUE },
  { "['a'] \\\n", .refused = TRUE },
  { "['a']; ['b']", .refused = TRUE },
  { "__import__('os').system('reboot')", .refused = TRUE },
};

static void
test_examples (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (examples); i++)
    {
      g_autoptr (GError) error = NULL;
      g_auto (GStrv) items
        = switch_python_list_parse (examples[i].text, strlen (examples[i].text), &error);

      g_test_message ("%s", examples[i].text);
      if (examples[i].refused)
        {
          g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_STANZA);
          g_assert_null (items);
          continue;
        }
      g_assert_no_error (error);
      g_assert_cmpstrv (items, examples[i].items);
    }
}

static void
assert_refused (const char *text, gsize length)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (switch_python_list_parse (text, length, &error));
  g_assert_error (error, ISMB_ERROR, ISMB_ERROR_BAD_STANZA);
}

static char *
repeat (const char *part, guint count, const char *end)
{
  GString *text = g_string_new ("[");

  for (guint i = 0; i < count; i++)
    g_string_append (text, part);
  g_string_append (text, end);
  return g_string_free (text, FALSE);
}

static void
test_bounds (void)
{
  g_autofree char *most = repeat ("'a',", SWITCH_PYTHON_LIST_ITEMS_MAX, "]");
  g_autofree char *too_many = repeat ("'a',", SWITCH_PYTHON_LIST_ITEMS_MAX + 1, "]");
  g_autofree char *too_deep = repeat ("(", SWITCH_PYTHON_LIST_DEPTH_MAX + 1, "");
  g_autofree char *too_long = repeat (" ", SWITCH_PYTHON_LIST_TEXT_MAX, "]");
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) items = switch_python_list_parse (most, strlen (most), &error);

  g_assert_no_error (error);
  g_assert_cmpuint (g_strv_length (items), ==, SWITCH_PYTHON_LIST_ITEMS_MAX);
  assert_refused (too_many, strlen (too_many));
  assert_refused (too_deep, strlen (too_deep));
  assert_refused (too_long, strlen (too_long));
  assert_refused ("['\0']", 5);
  assert_refused ("['\xff']", 5);
}

/* Random lists and near misses */

static const char *const spaces[]
  = { " ", "\t", "\f", "\n", "\r\n", "\r", "\\\n", "# note\n", "  ", "\n  ", "\\\r\n", "#\\\n" };
static const char *const pieces[] = { "a",
                                      "show",
                                      " ",
                                      "vlan",
                                      "\\n",
                                      "\\x41",
                                      "\\x4",
                                      "\\101",
                                      "\\477",
                                      "\\0",
                                      "\\u00e4",
                                      "\\ud83d",
                                      "\\U0001f600",
                                      "\\U00110000",
                                      "\\q",
                                      "\\\\",
                                      "\\'",
                                      "\\\"",
                                      "\\\n",
                                      "\\\r\n",
                                      "\303\244",
                                      "\342\202\254",
                                      "\360\237\230\200",
                                      "'",
                                      "\"",
                                      "''",
                                      "\"\"",
                                      "#",
                                      "[",
                                      "]",
                                      "(",
                                      ",",
                                      "{x}",
                                      "\t",
                                      "\f",
                                      "\001",
                                      "\177",
                                      "\\N{BULLET}",
                                      "\n",
                                      "\r",
                                      "\\",
                                      "\302\205",
                                      "\342\200\250",
                                      "\302\240" };
static const char *const prefixes[]
  = { "", "", "", "", "", "", "r", "R", "u", "U", "b", "f", "ur", "br", "rb", "r " };
static const char *const quotes[] = { "'", "\"", "'''", "\"\"\"" };
static const char *const strangers[] = {
  "'", "\"", "[", "]", "(", ")", ",", "\\",       "\n",           " ",  "#", "\f", "\t", "+", "1",
  ";", "*",  ":", "r", "u", "b", "x", "\303\244", "\357\273\277", "\r", "''"
};

#define PICK(rand, array) array[g_rand_int_range (rand, 0, G_N_ELEMENTS (array))]

static gboolean
chance (GRand *rand, double likelihood)
{
  return g_rand_double (rand) < likelihood;
}

static void
add_space (GRand *rand, GString *out)
{
  while (chance (rand, 0.2))
    g_string_append (out, PICK (rand, spaces));
}

static void
add_literal (GRand *rand, GString *out)
{
  const char *quote = PICK (rand, quotes);

  g_string_append (out, chance (rand, 0.8) ? "" : PICK (rand, prefixes));
  g_string_append (out, quote);
  while (chance (rand, 0.6))
    g_string_append (out, chance (rand, 0.7) ? pieces[g_rand_int_range (rand, 0, 4)]
                                             : PICK (rand, pieces));
  g_string_append (out, quote);
}

static void
add_item (GRand *rand, GString *out)
{
  gboolean group = chance (rand, 0.1);

  g_string_append (out, group ? "(" : "");
  do
    {
      add_space (rand, out);
      add_literal (rand, out);
      add_space (rand, out);
    }
  while (chance (rand, 0.2));
  g_string_append (out, group ? ")" : "");
  add_space (rand, out);
}

static GString *
make_list (GRand *rand)
{
  GString *out = g_string_new (NULL);
  int groups = chance (rand, 0.1) ? g_rand_int_range (rand, 1, 4) : 0;
  int items = g_rand_int_range (rand, 0, 5);

  add_space (rand, out);
  for (int i = 0; i < groups; i++, add_space (rand, out))
    g_string_append_c (out, '(');
  g_string_append_c (out, '[');
  add_space (rand, out);
  for (int i = 0; i < items; i++)
    {
      add_item (rand, out);
      g_string_append (out, i + 1 < items || chance (rand, 0.2) ? "," : "");
      add_space (rand, out);
    }
  g_string_append_c (out, ']');
  for (int i = 0; i < groups; i++, add_space (rand, out))
    g_string_append_c (out, ')');
  add_space (rand, out);
  return out;
}

/* Cuts, doubles or adds something at a random character. */
static void
mutate (GRand *rand, GString *text)
{
  glong characters = g_utf8_strlen (text->str, text->len);
  glong where = g_rand_int_range (rand, 0, characters + 1);
  const char *at = g_utf8_offset_to_pointer (text->str, where);
  gssize offset = at - text->str;
  gssize length = where < characters ? g_utf8_next_char (at) - at : 0;
  g_autofree char *character = g_strndup (at, length);

  switch (g_rand_int_range (rand, 0, 3))
    {
    case 0:
      g_string_erase (text, offset, length);
      break;
    case 1:
      g_string_insert (text, offset, character);
      break;
    default:
      g_string_insert (text, offset, PICK (rand, strangers));
    }
}

static GPtrArray *
make_bodies (GRand *rand)
{
  GPtrArray *bodies = g_ptr_array_new_with_free_func (g_free);

  for (int i = 0; i < BODIES; i++)
    {
      GString *text = make_list (rand);

      for (int changes = chance (rand, 0.5) ? 0 : g_rand_int_range (rand, 1, 4); changes > 0;
           changes--)
        mutate (rand, text);
      g_ptr_array_add (bodies, g_string_free (text, FALSE));
    }
  return bodies;
}

/* The same bodies by CPython: each line one body in hex, answered by `-`, or by the list's items
 * in hex and what str () makes of them: `?` where that depends on how new the Unicode is that
 * one knows. */
static const char oracle[]
  = "import ast, sys, unicodedata\n"
    "def shown(items):\n"
    "    if any(unicodedata.category(c) == 'Cn' for item in items for c in item):\n"
    "        return '?'\n"
    "    return str(items).encode().hex()\n"
    "def read(line):\n"
    "    try:\n"
    "        items = ast.literal_eval(bytes.fromhex(line).decode())\n"
    "    except (SyntaxError, ValueError, TypeError, MemoryError):\n"
    "        return '-'\n"
    "    if type(items) is not list or any(type(item) is not str for item in items):\n"
    "        return '-'\n"
    "    if any(c == '\\0' or '\\ud800' <= c <= '\\udfff' for item in items for c in item):\n"
    "        return '-'\n"
    "    return ' '.join(['='] + ['x' + item.encode().hex() for item in items]) + '\\t' + shown(items)\n"
    "for line in sys.stdin:\n"
    "    print(read(line))\n";

static void
append_hex (GString *out, const char *text)
{
  for (; *text != '\0'; text++)
    g_string_append_printf (out, "%02x", (guchar) *text);
}

static char *
ask_python (GPtrArray *bodies)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) lines = g_string_new (NULL);
  g_autoptr (GSubprocess) python
    = g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error,
                        "/usr/bin/python3", "-I", "-W", "ignore", "-c", oracle, NULL);
  char *answers = NULL;

  g_assert_no_error (error);
  for (guint i = 0; i < bodies->len; i++)
    {
      append_hex (lines, bodies->pdata[i]);
      g_string_append_c (lines, '\n');
    }
  g_subprocess_communicate_utf8 (python, lines->str, NULL, &answers, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_successful (python));
  return answers;
}

/* In the oracle's words. */
static char *
answer (const char *body)
{
  g_auto (GStrv) items = switch_python_list_parse (body, strlen (body), NULL);
  g_autofree char *written = NULL;
  GString *out = NULL;

  if (items == NULL)
    return g_strdup ("-");
  out = g_string_new ("=");
  for (guint i = 0; items[i] != NULL; i++)
    {
      g_string_append (out, " x");
      append_hex (out, items[i]);
    }
  g_string_append_c (out, '\t');
  written = switch_python_list_write ((const char *const *) items);
  append_hex (out, written);
  return g_string_free (out, FALSE);
}

static gboolean
is_same (const char *ours, const char *pythons)
{
  const char *tab = strchr (pythons, '\t');

  if (tab != NULL && g_str_equal (tab + 1, "?"))
    return strncmp (ours, pythons, tab + 1 - pythons) == 0;
  return g_str_equal (ours, pythons);
}

static void
compare_with_python (guint32 seed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  g_autoptr (GPtrArray) bodies = make_bodies (rand);
  g_autofree char *text = ask_python (bodies);
  g_auto (GStrv) answers = g_strsplit (text, "\n", -1);
  guint accepted = 0;

  g_assert_cmpuint (g_strv_length (answers), ==, bodies->len + 1);
  for (guint i = 0; i < bodies->len; i++)
    {
      g_autofree char *ours = answer (bodies->pdata[i]);
      g_autofree char *escaped = g_strescape (bodies->pdata[i], NULL);

      if (g_str_equal (ours, "-") && strstr (bodies->pdata[i], "\\N{BULLET}") != NULL)
        continue;
      if (is_same (ours, answers[i]))
        {
          accepted += ours[0] == '=';
          continue;
        }
      g_test_message ("seed %u: %s", seed, escaped);
      g_assert_cmpstr (ours, ==, answers[i]);
    }
  g_test_message ("seed %u: %u of %u accepted", seed, accepted, bodies->len);
  g_assert_cmpuint (accepted, >, BODIES / 5);
  g_assert_cmpuint (accepted, <, BODIES * 4 / 5);
}

static void
test_like_python (void)
{
  if (!g_file_test ("/usr/bin/python3", G_FILE_TEST_IS_EXECUTABLE))
    {
      g_test_skip ("no /usr/bin/python3 to compare with");
      return;
    }
  compare_with_python (20110);
  compare_with_python (g_random_int ());
}

static void
test_write (void)
{
  const char *const items[] = { "it's", "say \"no\"", "both ' and \"", "tab\tnew\nbell\a\\", NULL };
  g_autofree char *text = switch_python_list_write (items);
  g_autofree char *empty = switch_python_list_write (items + 4);

  g_assert_cmpstr (text, ==,
                   "[\"it's\", 'say \"no\"', 'both \\' and \"', 'tab\\tnew\\nbell\\x07\\\\']");
  g_assert_cmpstr (empty, ==, "[]");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/control/python-list/examples", test_examples);
  g_test_add_func ("/control/python-list/bounds", test_bounds);
  g_test_add_func ("/control/python-list/like-python", test_like_python);
  g_test_add_func ("/control/python-list/write", test_write);
  return g_test_run ();
}
