/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.transfer.draft"
#include "config.h"
#include "ismb/transfer/ismb-beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-random.h"
#include "ismb/transfer/ismb-beneath-private.h"

#define ATTEMPTS 16
/* Left free, at most: a full disk harms more than a file that did not come. */
#define RESERVE_MAX ((guint64) 64 * 1024 * 1024)

struct _IsmbDraft
{
  char *name;       /* relative to the root, for what we say */
  const char *last; /* its last part */
  int folder;
  int descriptor;
  char *temporary;  /* NULL: nothing to remove */
  guint64 size;
  guint64 written;
  gboolean overwrite;
};

/* The file to be replaced, if there is one. FALSE where it may not be. */
static gboolean
check_target (IsmbDraft *self, struct stat *info, gboolean *exists, GError **error)
{
  *exists = fstatat (self->folder, self->last, info, AT_SYMLINK_NOFOLLOW) == 0;
  if (!*exists && errno != ENOENT)
    _ismb_beneath_set_error (error, self->name, errno);
  else if (*exists && !S_ISREG (info->st_mode))
    g_set_error (error, ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED, "%s is no regular file", self->name);
  else if (*exists && !self->overwrite)
    g_set_error (error, ISMB_ERROR, ISMB_ERROR_EXISTS, "%s exists", self->name);
  else if (*exists && info->st_nlink > 1)
    g_set_error (error, ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED, "%s has a second name", self->name);
  else
    return TRUE;
  return FALSE;
}

/* Its lock tells ismb_beneath_clean () that it is no leftover. */
static gboolean
open_temporary (IsmbDraft *self, GError **error)
{
  for (int i = 0; i < ATTEMPTS; i++)
    {
      g_autofree char *token = ismb_random_token ();
      g_autofree char *name = g_strdup_printf (ISMB_BENEATH_TEMPORARY "%.16s", token);

      self->descriptor = openat (self->folder, name,
                                 O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
      if (self->descriptor < 0 && errno == EEXIST)
        continue;
      if (self->descriptor < 0)
        break;
      self->temporary = g_steal_pointer (&name);
      if (flock (self->descriptor, LOCK_EX | LOCK_NB) == 0)
        return TRUE;
      /* Somebody who cleans was faster, and removes it. */
      g_clear_pointer (&self->temporary, g_free);
      close (self->descriptor);
    }
  _ismb_beneath_set_error (error, self->name, errno);
  return FALSE;
}

/* Takes the room at once, so that files which come together do not promise themselves the same. */
static gboolean
take_room (IsmbDraft *self, GError **error)
{
  struct statvfs info;
  guint64 reserve, room;

  if (fstatvfs (self->descriptor, &info) != 0)
    return TRUE;
  reserve = MIN (RESERVE_MAX, (guint64) info.f_blocks * info.f_frsize / 20);
  room = (guint64) info.f_bavail * info.f_frsize;
  if (room < reserve || room - reserve < self->size)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
                   "%s: no room for %" G_GUINT64_FORMAT " bytes", self->name, self->size);
      return FALSE;
    }
  if (self->size == 0 || fallocate (self->descriptor, FALLOC_FL_KEEP_SIZE, 0, self->size) == 0
      || (errno != ENOSPC && errno != EDQUOT && errno != EFBIG))
    return TRUE;
  _ismb_beneath_set_error (error, self->name, errno);
  return FALSE;
}

IsmbDraft *
ismb_draft_new (IsmbBeneath *beneath, const char *name, guint64 size, gboolean overwrite,
                GError **error)
{
  g_autoptr (IsmbDraft) self = g_new0 (IsmbDraft, 1);
  const char *slash;
  struct stat info;
  gboolean exists;

  self->folder = self->descriptor = -1;
  self->name = g_strdup (name);
  slash = strrchr (self->name, '/');
  self->last = slash != NULL ? slash + 1 : self->name;
  self->size = size;
  self->overwrite = overwrite;
  self->folder = _ismb_beneath_open_folder (beneath, name, error);
  if (self->folder < 0 || !check_target (self, &info, &exists, error)
      || !open_temporary (self, error) || !take_room (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

gboolean
ismb_draft_write (IsmbDraft *self, const void *bytes, gsize length, GError **error)
{
  const char *at = bytes;

  if (length > self->size - self->written)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                   "%s: more than the %" G_GUINT64_FORMAT " bytes that were offered", self->name,
                   self->size);
      return FALSE;
    }
  while (length > 0)
    {
      gssize written = write (self->descriptor, at, length);

      if (written < 0 && errno == EINTR)
        continue;
      if (written < 0)
        {
          _ismb_beneath_set_error (error, self->name, errno);
          return FALSE;
        }
      at += written;
      length -= written;
      self->written += written;
    }
  return TRUE;
}

static gboolean
verify (IsmbDraft *self, const char *sha256, GError **error)
{
  g_autofree char *hash = NULL;

  if (self->written != self->size)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                   "%s: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " bytes came", self->name,
                   self->written, self->size);
      return FALSE;
    }
  hash = ismb_beneath_hash (self->descriptor, NULL, error);
  if (hash == NULL)
    return FALSE;
  if (g_str_equal (hash, sha256))
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: the SHA-256 differs", self->name);
  return FALSE;
}

/* A file that replaces one takes over its owner and rights, but no set-uid bits. */
static gboolean
set_rights (IsmbDraft *self, const struct stat *replaced, GError **error)
{
  mode_t mode = replaced != NULL ? replaced->st_mode & 0777 : 0644;

  if (replaced != NULL && fchown (self->descriptor, replaced->st_uid, replaced->st_gid) != 0
      && errno != EPERM)
    _ismb_beneath_set_error (error, self->name, errno);
  else if (fchmod (self->descriptor, mode) != 0 || fsync (self->descriptor) != 0)
    _ismb_beneath_set_error (error, self->name, errno);
  else
    return TRUE;
  return FALSE;
}

/* Into its place, and nothing else out of it. */
static int
move_without_replacing (IsmbDraft *self)
{
  if (renameat2 (self->folder, self->temporary, self->folder, self->last, RENAME_NOREPLACE) == 0)
    return 0;
  if (errno != EINVAL && errno != ENOSYS)
    return -1;
  /* A file system that does not know the flag; a new link replaces nothing either. */
  if (linkat (self->folder, self->temporary, self->folder, self->last, 0) != 0)
    return -1;
  return unlinkat (self->folder, self->temporary, 0);
}

static gboolean
move_into_place (IsmbDraft *self, GError **error)
{
  int moved = self->overwrite ? renameat (self->folder, self->temporary, self->folder, self->last)
                              : move_without_replacing (self);

  if (moved != 0)
    {
      _ismb_beneath_set_error (error, self->name, errno);
      return FALSE;
    }
  g_clear_pointer (&self->temporary, g_free);
  if (fsync (self->folder) == 0)
    return TRUE;
  _ismb_beneath_set_error (error, self->name, errno);
  return FALSE;
}

gboolean
ismb_draft_store (IsmbDraft *self, const char *sha256, GError **error)
{
  struct stat info;
  gboolean exists;

  return verify (self, sha256, error) && check_target (self, &info, &exists, error)
         && set_rights (self, exists ? &info : NULL, error) && move_into_place (self, error);
}

void
ismb_draft_free (IsmbDraft *self)
{
  if (self->temporary != NULL)
    unlinkat (self->folder, self->temporary, 0);
  if (self->descriptor >= 0)
    close (self->descriptor);
  if (self->folder >= 0)
    close (self->folder);
  g_free (self->temporary);
  g_free (self->name);
  g_free (self);
}
