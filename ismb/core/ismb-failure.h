/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define ISMB_TYPE_FAILURE (ismb_failure_get_type ())
G_DECLARE_FINAL_TYPE (IsmbFailure, ismb_failure, ISMB, FAILURE, GObject)

IsmbFailure *ismb_failure_new                (const GError *error);
IsmbFailure *ismb_failure_new_with_condition (const GError *error, const char *condition);
const char  *ismb_failure_get_message        (IsmbFailure *self);
const char  *ismb_failure_get_condition      (IsmbFailure *self);
gboolean     ismb_failure_matches            (IsmbFailure *self, GQuark domain, int code);
GError      *ismb_failure_to_error           (IsmbFailure *self);

G_END_DECLS
