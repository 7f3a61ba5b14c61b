/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.trust.key"

#include "config.h"
#include "ismb/trust/ismb-key-file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ismb/core/ismb-error.h"
#include "ismb/trust/ismb-certificate.h"

#define KEY_FILE_MAX 4096

void
ismb_key_file_wipe (char *secret)
{
  if (secret == NULL)
    return;
  explicit_bzero (secret, strlen (secret));
  g_free (secret);
}

static void
set_errno_error (GError **error, const char *deed, const char *path)
{
  int code = errno;

  g_set_error (error, ISMB_ERROR,
               code == ENOENT   ? ISMB_ERROR_NOT_FOUND
               : code == EEXIST ? ISMB_ERROR_EXISTS
               : code == EACCES ? ISMB_ERROR_NOT_ALLOWED
                                : ISMB_ERROR_FAILED,
               "cannot %s the key %s: %s", deed, path, g_strerror (code));
}

/* Asked of the open file, so that nobody can change what the answer was about. */
static gboolean
check_private (int fd, const char *path, GError **error)
{
  struct stat info;

  if (fstat (fd, &info) != 0)
    {
      set_errno_error (error, "read", path);
      return FALSE;
    }
  if (!S_ISREG (info.st_mode) || info.st_size > KEY_FILE_MAX)
    g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED, "%s is no key file", path);
  else if (info.st_uid != geteuid () && info.st_uid != 0)
    g_set_error (error, ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED,
                 "the key %s belongs to somebody else and is not used: chown it to uid %u", path,
                 (guint) geteuid ());
  else if ((info.st_mode & 077) != 0)
    g_set_error (error, ISMB_ERROR, ISMB_ERROR_NOT_ALLOWED,
                 "the key %s may be read by others and is not used: chmod 600 %s", path, path);
  else
    return TRUE;
  return FALSE;
}

/* Into `buffer`, which the caller wipes; -1 on failure. */
static gssize
read_private (const char *path, char buffer[KEY_FILE_MAX], GError **error)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  gssize size = -1;

  if (fd < 0)
    {
      set_errno_error (error, "read", path);
      return -1;
    }
  if (check_private (fd, path, error))
    {
      size = read (fd, buffer, KEY_FILE_MAX);
      if (size < 0)
        set_errno_error (error, "read", path);
    }
  close (fd);
  return size;
}

static gnutls_x509_privkey_t
parse (const char *path, const char *pem, gsize size, GError **error)
{
  g_auto (gnutls_x509_privkey_t) key = NULL;
  gnutls_datum_t datum = { (guint8 *) pem, size };
  int result = gnutls_x509_privkey_init (&key);

  if (result >= 0)
    result =
        gnutls_x509_privkey_import2 (key, &datum, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN);
  if (result >= 0)
    return g_steal_pointer (&key);
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED,
               "the key %s cannot be read: %s; restore it from a copy, or move it away to have a "
               "new one made",
               path, gnutls_strerror (result));
  return NULL;
}

gnutls_x509_privkey_t
ismb_key_file_load (const char *path, GError **error)
{
  char buffer[KEY_FILE_MAX];
  gssize size = read_private (path, buffer, error);
  gnutls_x509_privkey_t key = size >= 0 ? parse (path, buffer, size, error) : NULL;

  explicit_bzero (buffer, sizeof buffer);
  return key;
}

static gboolean
write_all (int fd, const char *text)
{
  gsize left = strlen (text);

  while (left > 0)
    {
      gssize written = write (fd, text, left);
      if (written < 0 && errno != EINTR)
        return FALSE;
      if (written > 0)
        {
          text += written;
          left -= written;
        }
    }
  return TRUE;
}

static gboolean
sync_folder (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean synced = fd >= 0 && fsync (fd) == 0;

  if (fd >= 0)
    close (fd);
  return synced;
}

/* Linked rather than renamed into place: of two who make the key at once, one must lose. */
static gboolean
write_new (const char *path, const char *text, GError **error)
{
  g_autofree char *temporary = g_strconcat (path, ".XXXXXX", NULL);
  int fd = g_mkstemp_full (temporary, O_WRONLY | O_CLOEXEC, 0600);
  gboolean written = FALSE;

  if (fd < 0)
    {
      set_errno_error (error, "write", path);
      return FALSE;
    }
  written =
      write_all (fd, text) && fsync (fd) == 0 && link (temporary, path) == 0 && sync_folder (path);
  if (!written)
    set_errno_error (error, "write", path);
  close (fd);
  g_unlink (temporary);
  return written;
}

char *
ismb_key_file_to_pem (gnutls_x509_privkey_t key, GError **error)
{
  gnutls_datum_t pem = { NULL, 0 };
  int result =
      gnutls_x509_privkey_export2_pkcs8 (key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &pem);
  char *text = NULL;

  if (result < 0)
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED, "cannot write a key: %s",
                   gnutls_strerror (result));
      return NULL;
    }
  text = g_strndup ((const char *) pem.data, pem.size);
  explicit_bzero (pem.data, pem.size);
  gnutls_free (pem.data);
  return text;
}

gnutls_x509_privkey_t
ismb_key_file_create (const char *path, GError **error)
{
  g_auto (gnutls_x509_privkey_t) key = ismb_certificate_new_key (error);
  g_autofree char *folder = g_path_get_dirname (path);
  char *pem = key != NULL ? ismb_key_file_to_pem (key, error) : NULL;
  gboolean written = FALSE;

  if (pem == NULL)
    return NULL;
  if (g_mkdir_with_parents (folder, 0700) == 0)
    written = write_new (path, pem, error);
  else
    set_errno_error (error, "make the folder of", path);
  ismb_key_file_wipe (pem);
  return written ? g_steal_pointer (&key) : NULL;
}

/* What a file system that writes in place has kept of the key. The name may be another file's by
 * now. */
static gboolean
wipe_contents (int fd)
{
  char zeros[KEY_FILE_MAX] = { 0 };
  struct stat info;

  return fstat (fd, &info) == 0 && info.st_size <= KEY_FILE_MAX &&
         pwrite (fd, zeros, (gsize) info.st_size, 0) == info.st_size && fsync (fd) == 0;
}

/* After the deed: a crash before it must find the key. */
static gboolean
finish_removal (int fd, gboolean done, const char *path, GError **error)
{
  if (!done)
    set_errno_error (error, "remove", path);
  else if (fd >= 0 && !wipe_contents (fd))
    g_warning ("the former key %s is gone, but could not be wiped: %s", path, g_strerror (errno));
  if (fd >= 0)
    close (fd);
  return done;
}

gboolean
ismb_key_file_replace (const char *path, const char *by, GError **error)
{
  int fd = open (path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);

  return finish_removal (fd, rename (by, path) == 0 && sync_folder (path), path, error);
}

gboolean
ismb_key_file_remove (const char *path, GError **error)
{
  int fd = open (path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
  gboolean absent = fd < 0 && errno == ENOENT;

  return finish_removal (fd, absent || (unlink (path) == 0 && sync_folder (path)), path, error);
}
