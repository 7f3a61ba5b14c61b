/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The names under which the log's lines are written: G_LOG_DOMAINs with dots, `ismb.client.roster`
 * below `ismb.client`. All of it from any thread. */

/* Is the module that one, or below it? */
gboolean ismb_module_is_below (const char *module, const char *name);
/* Words of ASCII letters, digits, `-` and `_`, with dots between them; at most 64 bytes. */
gboolean ismb_module_is_name  (const char *text);
/* The modules that a name of another program's stands for: NULL-terminated, or NULL. What was
 * written for SleekXMPP names its modules by Python's paths. */
const char *const *ismb_module_find_alias (const char *name);

/* Which modules anybody listens to has changed: answers that were kept are no longer true. */
void     ismb_module_change (void);
extern int _ismb_module_generation;

static inline guint
ismb_module_get_generation (void)
{
  return (guint) g_atomic_int_get (&_ismb_module_generation);
}

G_END_DECLS
