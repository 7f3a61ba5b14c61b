/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/core/ismb-log.h"
#include "ismb/core/ismb-module.h"

G_BEGIN_DECLS

/* The field of a line that the traces have already. */
#define ISMB_LOG_TRACED "ISMB_TRACED"

/* One module's lines of debug, for a place that every stanza passes: static, with the module's name
 * alone, and of one thread. */
typedef struct
{
  const char *module;
  guint generation;
  gboolean wanted;
} IsmbLogTap;

static inline gboolean
ismb_log_tap_is_open (IsmbLogTap *tap)
{
  guint generation = ismb_module_get_generation ();

  if (G_UNLIKELY (tap->generation != generation))
    {
      tap->wanted = ismb_log_wants (tap->module, ISMB_LOG_LEVEL_DEBUG);
      tap->generation = generation;
    }
  return tap->wanted;
}

G_END_DECLS
