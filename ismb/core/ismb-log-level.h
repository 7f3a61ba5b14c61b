/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * IsmbLogLevel:
 * @ISMB_LOG_LEVEL_ERROR: the program ends
 * @ISMB_LOG_LEVEL_CRITICAL: a mistake in a program
 * @ISMB_LOG_LEVEL_WARNING: something does not work, and the rest carries on without it
 * @ISMB_LOG_LEVEL_MESSAGE: what an operator should see
 * @ISMB_LOG_LEVEL_INFO: what comes and goes: sessions, links
 * @ISMB_LOG_LEVEL_DEBUG: for who looks for a mistake
 *
 * How much a line of the log matters; a level stands for itself and those above it in this list.
 */
typedef enum
{
  ISMB_LOG_LEVEL_ERROR,
  ISMB_LOG_LEVEL_CRITICAL,
  ISMB_LOG_LEVEL_WARNING,
  ISMB_LOG_LEVEL_MESSAGE,
  ISMB_LOG_LEVEL_INFO,
  ISMB_LOG_LEVEL_DEBUG,
} IsmbLogLevel;

#define ISMB_TYPE_LOG_LEVEL (ismb_log_level_get_type ())
GType       ismb_log_level_get_type    (void);
const char *ismb_log_level_to_string   (IsmbLogLevel level); /* "error", "critical", ... */
gboolean    ismb_log_level_from_string (const char *word, IsmbLogLevel *level, GError **error);

G_END_DECLS
