/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "switchctld.accepted"

#include "config.h"
#include "switchctl/daemon/accepted.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "ismb/core/ismb-error.h"

#define HASH_DIGITS 64

char *
switch_accepted_read (const char *text, GError **error)
{
  g_autofree char *hash = g_strstrip (g_ascii_strdown (text, -1));

  if (strlen (hash) == HASH_DIGITS && strspn (hash, "0123456789abcdef") == HASH_DIGITS)
    return g_steal_pointer (&hash);
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG,
               "“%.100s” is no CA hash: it has %d hex digits, as `switchctl fabric status` shows them "
               "on a member",
               text, HASH_DIGITS);
  return NULL;
}

char *
switch_accepted_load (const char *state_dir, GError **error)
{
  g_autofree char *path = g_build_filename (state_dir, "accepted", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) cause = NULL;
  char *hash;

  if (!g_file_get_contents (path, &text, NULL, &cause))
    {
      if (!g_error_matches (cause, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        g_propagate_error (error, g_steal_pointer (&cause));
      return NULL;
    }
  hash = switch_accepted_read (text, error);
  if (hash == NULL)
    g_prefix_error (error, "%s: ", path);
  return hash;
}

gboolean
switch_accepted_keep (const char *state_dir, const char *ca_hash, GError **error)
{
  g_autofree char *path = g_build_filename (state_dir, "accepted", NULL);
  g_autofree char *line = g_strconcat (ca_hash != NULL ? ca_hash : "", "\n", NULL);

  if (ca_hash != NULL)
    return g_file_set_contents_full (path, line, -1,
                                     G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                     0600, error);
  if (unlink (path) == 0 || errno == ENOENT)
    return TRUE;
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED, "cannot remove %s: %s", path,
               g_strerror (errno));
  return FALSE;
}
