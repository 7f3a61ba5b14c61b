/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Until the listener asks a registrar for certificates: nobody can be reached. Goes when it does. */
#include "config.h"
#include "ismb/core/ismb-error.h"
#include "ismb/listener/ismb-listener-private.h"

__attribute__ ((weak)) void
_ismb_listener_renew_async (IsmbListener *self, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_return_new_error (task, ISMB_ERROR, ISMB_ERROR_NOT_FOUND,
                           "no registrar can be reached from here now");
}

__attribute__ ((weak)) gboolean
_ismb_listener_renew_finish (IsmbListener *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
