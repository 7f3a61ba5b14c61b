/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.transfer.beneath"
#include "config.h"
#include "ismb/transfer/ismb-beneath.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ismb/core/ismb-error.h"
#include "ismb/transfer/ismb-beneath-private.h"

#define NAME_BYTES_MAX 4095
#define CLEAN_DEPTH_MAX 64

struct _IsmbBeneath
{
  gatomicrefcount references;
  char *root; /* as it was given, without a slash at its end */
  char *real; /* without symbolic links: the other way in which people write it */
  int descriptor;
};

IsmbBeneath *
ismb_beneath_new (const char *root, GError **error)
{
  IsmbBeneath *self;
  int descriptor = open (root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (descriptor < 0)
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_NOT_FOUND, "the files root %s: %s", root,
                   g_strerror (errno));
      return NULL;
    }
  self = g_new0 (IsmbBeneath, 1);
  g_atomic_ref_count_init (&self->references);
  self->root = g_canonicalize_filename (root, NULL);
  self->real = realpath (root, NULL);
  self->descriptor = descriptor;
  return self;
}

IsmbBeneath *
ismb_beneath_ref (IsmbBeneath *self)
{
  g_atomic_ref_count_inc (&self->references);
  return self;
}

void
ismb_beneath_unref (IsmbBeneath *self)
{
  if (!g_atomic_ref_count_dec (&self->references))
    return;
  close (self->descriptor);
  free (self->real);
  g_free (self->root);
  g_free (self);
}

const char *
ismb_beneath_get_root (IsmbBeneath *self)
{
  return self->root;
}

gboolean
_ismb_beneath_is_temporary (const char *component)
{
  return g_str_has_prefix (component, ISMB_BENEATH_TEMPORARY);
}

void
_ismb_beneath_set_error (GError **error, const char *name, int error_number)
{
  int code = error_number == ENOENT   ? ISMB_ERROR_NOT_FOUND
             : error_number == EEXIST ? ISMB_ERROR_EXISTS
                                      : ISMB_ERROR_NOT_ALLOWED;

  if (error_number == ENOSPC || error_number == EDQUOT || error_number == EFBIG)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "%s: %s", name, g_strerror (error_number));
  else if (error_number == ELOOP || error_number == EXDEV)
    g_set_error (error, ISMB_ERROR, code, "%s: a symbolic link is on the way", name);
  else
    g_set_error (error, ISMB_ERROR, code, "%s: %s", name, g_strerror (error_number));
}

/* Names */

static gboolean
refuse (const char *name, const char *why, GError **error)
{
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED, "the file name \"%s\" %s", name, why);
  return FALSE;
}

/* What of an absolute path follows `root` and a slash, or NULL. */
static const char *
below (const char *path, const char *root)
{
  gsize length = root != NULL ? strlen (root) : 0;

  if (length == 0 || strncmp (path, root, length) != 0)
    return NULL;
  if (g_str_equal (root, "/"))
    return path + 1;
  return path[length] == '/' ? path + length + 1 : NULL;
}

static gboolean
check_characters (const char *name, GError **error)
{
  if (strlen (name) > NAME_BYTES_MAX)
    {
      g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED, "the file name is too long");
      return FALSE;
    }
  if (!g_utf8_validate (name, -1, NULL))
    {
      g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED, "the file name is not UTF-8");
      return FALSE;
    }
  for (const char *at = name; *at != '\0'; at = g_utf8_next_char (at))
    if (g_unichar_iscntrl (g_utf8_get_char (at)) || *at == '\\')
      {
        g_set_error_literal (error, ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED,
                             "the file name has a control character or a backslash");
        return FALSE;
      }
  return TRUE;
}

static gboolean
check_components (const char *name, GError **error)
{
  g_auto (GStrv) components = g_strsplit (name, "/", -1);

  if (components[0] == NULL)
    return refuse (name, "is empty", error);
  for (char **component = components; *component != NULL; component++)
    {
      if (**component == '\0' || g_str_equal (*component, "."))
        return refuse (name, "has an empty part", error);
      if (g_str_equal (*component, ".."))
        return refuse (name, "leads upwards", error);
      if (strlen (*component) > NAME_MAX)
        return refuse (name, "has a part of more than 255 bytes", error);
      if (_ismb_beneath_is_temporary (*component))
        return refuse (name, "is one of those kept for files under way", error);
    }
  return TRUE;
}

char *
ismb_beneath_name (IsmbBeneath *self, const char *name, GError **error)
{
  const char *relative = name;

  if (!check_characters (name, error))
    return NULL;
  if (*name == '/')
    relative = below (name, self->root);
  if (relative == NULL)
    relative = below (name, self->real);
  if (relative == NULL)
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED, "%s is not below the files root %s",
                   name, self->root);
      return NULL;
    }
  return check_components (relative, error) ? g_strdup (relative) : NULL;
}

/* Ways */

/* One step, never through a symbolic link. */
static int
step (int folder, const char *component, int flags)
{
  return openat (folder, component, flags | O_NOFOLLOW | O_CLOEXEC);
}

/* Step by step, for kernels and sandboxes without openat2 (). */
static int
walk (int root, const char *path, int flags)
{
  g_auto (GStrv) components = g_strsplit (path, "/", -1);
  int at = root;

  for (gsize i = 0; components[i] != NULL; i++)
    {
      gboolean last = components[i + 1] == NULL;
      int next = step (at, components[i], last ? flags : O_PATH | O_DIRECTORY);
      int error_number = errno;

      if (at != root)
        close (at);
      errno = error_number;
      if (next < 0)
        return -1;
      at = next;
    }
  return at;
}

int
_ismb_beneath_open_at (IsmbBeneath *self, const char *path, int flags)
{
  struct open_how how = {
    .flags = (guint64) (flags | O_CLOEXEC),
    .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
  };
  int descriptor;

  do
    descriptor = (int) syscall (SYS_openat2, self->descriptor, path, &how, sizeof how);
  while (descriptor < 0 && (errno == EINTR || errno == EAGAIN));
  if (descriptor >= 0 || (errno != ENOSYS && errno != EPERM))
    return descriptor;
  return walk (self->descriptor, path, flags);
}

/* Enters the folder `component`, which is made first if it is missing. */
static int
enter (int folder, const char *component)
{
  int next = step (folder, component, O_RDONLY | O_DIRECTORY);

  if (next >= 0 || errno != ENOENT)
    return next;
  if (mkdirat (folder, component, 0755) == 0)
    fsync (folder);
  else if (errno != EEXIST)
    return -1;
  return step (folder, component, O_RDONLY | O_DIRECTORY);
}

static int
make_folders (IsmbBeneath *self, const char *path)
{
  g_auto (GStrv) components = g_strsplit (path, "/", -1);
  int at = self->descriptor;

  for (gsize i = 0; components[i] != NULL; i++)
    {
      int next = enter (at, components[i]);
      int error_number = errno;

      if (at != self->descriptor)
        close (at);
      errno = error_number;
      if (next < 0)
        return -1;
      at = next;
    }
  return at;
}

int
_ismb_beneath_open_folder (IsmbBeneath *self, const char *name, GError **error)
{
  const char *slash = strrchr (name, '/');
  g_autofree char *path = slash != NULL ? g_strndup (name, slash - name) : g_strdup (".");
  int folder;

  if (slash == NULL)
    folder = openat (self->descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  else
    folder = _ismb_beneath_open_at (self, path, O_RDONLY | O_DIRECTORY);
  if (folder < 0 && errno == ENOENT && slash != NULL)
    folder = make_folders (self, path);
  if (folder < 0)
    _ismb_beneath_set_error (error, name, errno);
  return folder;
}

int
ismb_beneath_open (IsmbBeneath *self, const char *name, guint64 *size, GError **error)
{
  /* Opening a FIFO or a device must neither wait nor do anything. */
  int descriptor = _ismb_beneath_open_at (self, name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  struct stat info;

  if (descriptor < 0)
    {
      _ismb_beneath_set_error (error, name, errno);
      return -1;
    }
  if (fstat (descriptor, &info) == 0 && S_ISREG (info.st_mode))
    {
      *size = info.st_size;
      return descriptor;
    }
  close (descriptor);
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED, "%s is no regular file", name);
  return -1;
}

/* Leftovers */

/* Whoever writes a temporary file holds its lock. */
static void
remove_if_left (int folder, const char *name)
{
  int descriptor = step (folder, name, O_RDONLY | O_NONBLOCK);
  struct stat info;

  if (descriptor < 0)
    return;
  if (fstat (descriptor, &info) == 0 && S_ISREG (info.st_mode)
      && flock (descriptor, LOCK_EX | LOCK_NB) == 0 && unlinkat (folder, name, 0) == 0)
    g_message ("removed %s, left by a transfer that was cut off", name);
  close (descriptor);
}

/* Takes the descriptor. */
static void
clean_folder (int descriptor, guint depth)
{
  DIR *folder = fdopendir (descriptor);
  struct dirent *entry;

  if (folder == NULL)
    {
      close (descriptor);
      return;
    }
  while ((entry = readdir (folder)) != NULL)
    {
      int below_descriptor = -1;

      if (_ismb_beneath_is_temporary (entry->d_name))
        remove_if_left (descriptor, entry->d_name);
      else if (entry->d_type == DT_DIR && depth < CLEAN_DEPTH_MAX
               && !g_str_equal (entry->d_name, ".") && !g_str_equal (entry->d_name, ".."))
        below_descriptor = step (descriptor, entry->d_name, O_RDONLY | O_DIRECTORY);
      if (below_descriptor >= 0)
        clean_folder (below_descriptor, depth + 1);
    }
  closedir (folder);
}

void
ismb_beneath_clean (IsmbBeneath *self)
{
  int root = openat (self->descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (root >= 0)
    clean_folder (root, 0);
}

char *
ismb_beneath_hash (int descriptor, GCancellable *cancellable, GError **error)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree guchar *block = g_malloc (256 * 1024);
  off_t offset = 0;

  while (!g_cancellable_set_error_if_cancelled (cancellable, error))
    {
      gssize length = pread (descriptor, block, 256 * 1024, offset);

      if (length == 0)
        return g_strdup (g_checksum_get_string (checksum));
      if (length < 0 && errno == EINTR)
        continue;
      if (length < 0)
        {
          g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED, "reading failed: %s",
                       g_strerror (errno));
          return NULL;
        }
      g_checksum_update (checksum, block, length);
      offset += length;
    }
  return NULL;
}
