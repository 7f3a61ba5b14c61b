/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.trust.state"

#include "config.h"
#include "ismb/trust/ismb-state-file.h"

#include <string.h>

#include "ismb/core/ismb-error.h"

char *
ismb_state_file_read (const char *path, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *text = NULL;
  gsize size = 0;

  if (!g_file_get_contents (path, &text, &size, &local_error))
    {
      if (g_error_matches (local_error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        return g_strdup ("");
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  if (strlen (text) == size)
    return g_steal_pointer (&text);
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED,
               "%s is damaged: it is no text; restore it from a copy", path);
  return NULL;
}

gboolean
ismb_state_file_write (const char *path, const char *text, GError **error)
{
  return g_file_set_contents_full (path, text, -1,
                                   G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                   0600, error);
}

static gboolean
read_line (const char *line, guint count, IsmbStateFileTake take, gpointer user_data)
{
  g_auto (GStrv) words = g_strsplit (line, " ", -1);

  return g_strv_length (words) == count && !g_strv_contains ((const char *const *) words, "")
         && take (words, user_data);
}

gboolean
ismb_state_file_read_lines (const char *path, guint count, const char *expected,
                            IsmbStateFileTake take, gpointer user_data, GError **error)
{
  g_autofree char *text = ismb_state_file_read (path, error);
  g_auto (GStrv) lines = text != NULL ? g_strsplit (text, "\n", -1) : NULL;

  for (guint i = 0; lines != NULL && lines[i] != NULL; i++)
    if (lines[i][0] != '\0' && !read_line (lines[i], count, take, user_data))
      {
        g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED, "%s, line %u: here must be %s", path,
                     i + 1, expected);
        return FALSE;
      }
  return lines != NULL;
}
