/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "switchctld.folder"

#include "config.h"
#include "switchctl/daemon/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "ismb/core/ismb-error.h"

gboolean
switch_folder_make (const char *path, int mode, GError **error)
{
  if (g_mkdir_with_parents (path, mode) == 0)
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED, "cannot make the folder %s: %s", path,
               g_strerror (errno));
  return FALSE;
}

int
switch_folder_lock (const char *path, GError **error)
{
  g_autofree char *file = g_build_filename (path, "lock", NULL);
  int fd = open (file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

  if (fd < 0)
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED, "cannot open %s: %s", file,
                   g_strerror (errno));
      return -1;
    }
  if (flock (fd, LOCK_EX | LOCK_NB) == 0)
    return fd;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_EXISTS,
               "another switchctld runs in %s: stop it first, or give this one folders of its own "
               "(state-dir=, runtime-dir=)",
               path);
  close (fd);
  return -1;
}
