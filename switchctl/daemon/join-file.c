/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "switchctld.join-file"

#include "config.h"
#include "switchctl/daemon/join-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ismb/core/ismb-error.h"
#include "ismb/trust/ismb-key-file.h"

#define FILE_MAX 1024 /* a token has at most 512 */

static void
warn_of_readers (int fd, const char *path)
{
  struct stat info;

  if (fstat (fd, &info) == 0 && (info.st_mode & 077) != 0)
    g_warning ("%s can be read by others, who could join with it: chmod 600 %s", path, path);
}

static char *
read_text (int fd, const char *path, GError **error)
{
  char text[FILE_MAX + 1];
  gssize got = read (fd, text, sizeof text);
  char *copy = NULL;

  if (got < 0)
    g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED, "cannot read %s: %s", path,
                 g_strerror (errno));
  else if ((gsize) got > FILE_MAX || memchr (text, '\0', (gsize) got) != NULL)
    g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG,
                 "%s is no token: put there what `switchctl fabric invite` printed, and nothing else",
                 path);
  else
    copy = g_strndup (text, (gsize) got);
  explicit_bzero (text, sizeof text);
  return copy;
}

static IsmbToken *
parse (char *text, const char *path, GError **error)
{
  IsmbToken *token = NULL;

  if (text[strspn (text, " \t\r\n")] != '\0')
    token = ismb_token_parse (text, error);
  if (token == NULL)
    g_prefix_error (error, "%s: ", path);
  ismb_key_file_wipe (text);
  return token;
}

IsmbToken *
switch_join_file_read (const char *path, GError **error)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  char *text;

  if (fd < 0)
    {
      if (errno != ENOENT && errno != ENOTDIR)
        g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED, "cannot open %s: %s", path,
                     g_strerror (errno));
      return NULL;
    }
  warn_of_readers (fd, path);
  text = read_text (fd, path, error);
  close (fd);
  return text != NULL ? parse (text, path, error) : NULL;
}

void
switch_join_file_remove (const char *path)
{
  if (unlink (path) == 0 || errno == ENOENT || truncate (path, 0) == 0)
    return;
  g_warning ("the token in %s was used, and the file cannot be removed (%s): remove it, as it could "
             "be used again after leaving the fabric",
             path, g_strerror (errno));
}
