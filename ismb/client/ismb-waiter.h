/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-handlers.h"

G_BEGIN_DECLS

/* Waits for one stanza as a handler among `handlers`: `task` returns the first IsmbStanza that
 * matches, ISMB_ERROR_TIMEOUT, G_IO_ERROR_CANCELLED, or ISMB_ERROR_NOT_CONNECTED where the handlers
 * are freed before. Takes the task. */
void ismb_waiter_add (IsmbHandlers *handlers, IsmbMatcher *matcher, guint timeout_ms, GTask *task);

G_END_DECLS
