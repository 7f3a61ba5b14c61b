/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define SWITCH_DURATION_MAX (3650 * (gint64) 86400)
#define SWITCH_DURATION_EXPECTED "a number with s, m, h or d, such as 90s, 15m, 2h or 7d"
#define SWITCH_DURATION_LONGEST "3650d"

/* "90s", "15m", "2h", "7d": as configuration and command lines write it, in seconds; at most ten
 * years. */
gboolean switch_duration_parse   (const char *text, gint64 *seconds);
/* The same for people, rounded down to its largest unit: "89 days". */
char    *switch_duration_to_text (gint64 seconds);

G_END_DECLS
