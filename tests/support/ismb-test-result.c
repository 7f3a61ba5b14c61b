/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/support/ismb-test-result.h"

#include "tests/support/ismb-test-guest.h"

void
ismb_test_keep_result (GObject *source, GAsyncResult *result, gpointer slot)
{
  *(GAsyncResult **) slot = g_object_ref (result);
}

static gboolean
is_there (gpointer data)
{
  return *(GAsyncResult **) data != NULL;
}

GAsyncResult *
ismb_test_await_result (GAsyncResult **slot)
{
  ismb_test_wait_until (is_there, slot, "a result");
  return g_steal_pointer (slot);
}
