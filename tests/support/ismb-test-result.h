/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A GAsyncReadyCallback for what a test waits for: keeps the result in a GAsyncResult *. */
void ismb_test_keep_result (GObject *source, GAsyncResult *result, gpointer slot);
/* Runs the default main context until it is there; the caller's, and the slot is empty again. */
GAsyncResult *ismb_test_await_result (GAsyncResult **slot);

G_END_DECLS
