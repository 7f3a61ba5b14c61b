/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-routes.h"

G_BEGIN_DECLS

/* Which of an account's resources are there, and what all of them are shown. */
typedef enum
{
  ISMB_ATTENDANCE_AVAILABLE,
  ISMB_ATTENDANCE_INTERESTED, /* have asked for the roster (RFC 6121, 2.2) */
} IsmbAttendance;

/* What the resource has last said of itself; NULL: it is not available. */
void       ismb_attendance_set        (IsmbResource *resource, IsmbFrame *presence);
/* Is any of them available? */
gboolean ismb_attendance_is_present (IsmbRoutes *routes, const char *account);
/* The same frame to each; whether there was one. */
gboolean ismb_attendance_show (IsmbRoutes *routes, const char *account, IsmbAttendance to,
                               IsmbFrame *frame);
/* What the account's other resources are, to this one. */
void       ismb_attendance_show_others (IsmbRoutes *routes, IsmbResource *resource);
/* A presence stanza without content; `to` may be NULL. */
IsmbFrame *ismb_attendance_make       (const char *type, const char *from, const char *to);

G_END_DECLS
