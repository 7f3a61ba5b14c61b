/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <glib/gstdio.h>

#include "ismb/store/ismb-store.h"

/* A folder of a test's own, with files and no folders in it. */
static inline char *
scratch_new (void)
{
  g_autoptr (GError) error = NULL;
  char *path = g_dir_make_tmp ("ismb-test-XXXXXX", &error);

  g_assert_no_error (error);
  return path;
}

static inline void
scratch_remove (char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name = NULL;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *file = g_build_filename (path, name, NULL);
      g_assert_cmpint (g_unlink (file), ==, 0);
    }
  g_assert_cmpint (g_rmdir (path), ==, 0);
  g_free (path);
}

static inline guint
scratch_mode (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  GStatBuf info;

  g_assert_cmpint (g_stat (path, &info), ==, 0);
  return info.st_mode & 0777;
}

/* What is written into `table` is refused from now on, or is no more. */
static inline void
scratch_refuse (IsmbStore *store, const char *table, gboolean refused)
{
  g_autofree char *sql
    = refused ? g_strdup_printf ("CREATE TRIGGER refused BEFORE INSERT ON %s"
                                 " BEGIN SELECT RAISE (ABORT, 'no room'); END",
                                 table)
              : g_strdup ("DROP TRIGGER refused");
  g_autoptr (GError) error = NULL;

  ismb_store_write_now (store, sql, NULL, &error);
  g_assert_no_error (error);
}

/* All that is on its way is committed or not, and whoever waits for that has heard of it. */
static inline void
scratch_settle (IsmbStore *store)
{
  ismb_store_sync (store, NULL);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}
