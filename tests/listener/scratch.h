/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/* A folder for one test, and its end. */
static inline char *
scratch_new (void)
{
  g_autoptr (GError) error = NULL;
  char *path = g_dir_make_tmp ("ismb-listener-XXXXXX", &error);

  g_assert_no_error (error);
  return path;
}

/* Takes `path`, which holds files only. */
static inline void
scratch_remove (char *path)
{
  g_autoptr (GFile) folder = g_file_new_for_path (path);
  g_autoptr (GFileEnumerator) files =
      g_file_enumerate_children (folder, "standard::name", 0, NULL, NULL);
  GFile *file = NULL;

  while (files != NULL && g_file_enumerator_iterate (files, NULL, &file, NULL, NULL) &&
         file != NULL)
    g_file_delete (file, NULL, NULL);
  g_file_delete (folder, NULL, NULL);
  g_free (path);
}
