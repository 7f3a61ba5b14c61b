/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.core.log"
#include "config.h"
#include "ismb/core/ismb-log-level.h"

#include "ismb/core/ismb-error.h"

static const char *const words[] = { "error", "critical", "warning", "message", "info", "debug" };

G_DEFINE_ENUM_TYPE (IsmbLogLevel, ismb_log_level,
                    G_DEFINE_ENUM_VALUE (ISMB_LOG_LEVEL_ERROR, "error"),
                    G_DEFINE_ENUM_VALUE (ISMB_LOG_LEVEL_CRITICAL, "critical"),
                    G_DEFINE_ENUM_VALUE (ISMB_LOG_LEVEL_WARNING, "warning"),
                    G_DEFINE_ENUM_VALUE (ISMB_LOG_LEVEL_MESSAGE, "message"),
                    G_DEFINE_ENUM_VALUE (ISMB_LOG_LEVEL_INFO, "info"),
                    G_DEFINE_ENUM_VALUE (ISMB_LOG_LEVEL_DEBUG, "debug"))

/**
 * ismb_log_level_to_string:
 * @level: a level
 *
 * The word for it: `error`, `critical`, `warning`, `message`, `info` or `debug`.
 *
 * Returns: (transfer none): the word
 */
const char *
ismb_log_level_to_string (IsmbLogLevel level)
{
  g_return_val_if_fail (level >= 0 && level < G_N_ELEMENTS (words), NULL);
  return words[level];
}

/**
 * ismb_log_level_from_string:
 * @word: a word of [func@Ismb.LogLevel.to_string]
 * @level: (out): where the level is stored
 * @error: return location for a #GError
 *
 * Reads a level.
 *
 * Fails with [error@Ismb.Error.BAD_CONFIG] if it is another word.
 *
 * Returns: %TRUE if it was one
 */
gboolean
ismb_log_level_from_string (const char *word, IsmbLogLevel *level, GError **error)
{
  g_return_val_if_fail (word != NULL && level != NULL, FALSE);
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_str_equal (words[i], word))
      {
        *level = i;
        return TRUE;
      }
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG,
               "%s is no level: expected debug, info, message, warning, critical or error", word);
  return FALSE;
}
