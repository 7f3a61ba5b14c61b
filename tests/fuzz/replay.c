/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

/* A fuzz target without libFuzzer, so that every build runs it: each file of the folder given, each
 * beginning of it, and some thousand small damages, the same ones each time. */

#define DAMAGES 2000

static guint runs;

static void
run (const guint8 *bytes, gsize length)
{
  LLVMFuzzerTestOneInput (bytes, length);
  runs++;
}

static void
replay_damaged (const guint8 *bytes, gsize length, GRand *random)
{
  static const char dangerous[] = "<>&'\"/!?=[]:;- \n\0\377x";
  g_autofree guint8 *copy = g_malloc (length + 1);
  guint i;
  for (i = 0; i < DAMAGES && length > 0; i++)
    {
      guint at = g_rand_int_range (random, 0, length), n = g_rand_int_range (random, 1, 4);
      memcpy (copy, bytes, length);
      while (n-- > 0)
        copy[(at + n) % length] = dangerous[g_rand_int_range (random, 0, sizeof dangerous - 1)];
      run (copy, length);
    }
}

static void
replay (const char *path)
{
  g_autofree char *text = NULL;
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  g_autoptr (GError) error = NULL;
  gsize length = 0, i;
  g_file_get_contents (path, &text, &length, &error);
  g_assert_no_error (error);
  for (i = 0; i <= length; i++)
    run ((const guint8 *) text, i);
  replay_damaged ((const guint8 *) text, length, random);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) folder = g_dir_open (argc == 2 ? argv[1] : "", 0, &error);
  const char *name;
  guint inputs = 0;
  if (folder == NULL)
    {
      g_printerr ("give one folder of inputs: %s\n", error->message);
      return 2;
    }
  while ((name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *path = g_build_filename (argv[1], name, NULL);
      replay (path);
      inputs++;
    }
  g_print ("%u inputs, %u runs\n", inputs, runs);
  return 0;
}
