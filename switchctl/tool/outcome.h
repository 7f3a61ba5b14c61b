/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What became of one target, told as soon as it is known: in words a block, in JSON one object a
 * line. */
typedef struct
{
  gboolean json;
  guint well, failed;
} OutcomeReport;

/* `more`: the rest of the JSON object, a floating a{sv} or NULL; `detail`: shown below the line, or
 * NULL. */
void outcome_tell (OutcomeReport *report, const char *domain, const char *outcome, gboolean well,
                   const char *detail, GVariant *more);
/* A closing line that counts, in words only. */
void outcome_close (OutcomeReport *report);

G_END_DECLS
