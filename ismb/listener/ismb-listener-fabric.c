/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a listener does for its fabric, at its back door. */
#include "config.h"
#include "ismb/listener/ismb-listener-private.h"

#include "ismb/core/ismb-error.h"
#include "ismb/listener/ismb-joining.h"
#include "ismb/listener/ismb-link.h"
#include "ismb/listener/ismb-switchboard.h"

/* NULL while it does not run. */
static IsmbPeers *
find_peers (IsmbListener *self)
{
  IsmbSwitchboard *board = _ismb_listener_get_board (self);

  return board != NULL ? ismb_switchboard_get_peers (board) : NULL;
}

void
_ismb_listener_hint_fabric (IsmbListener *self, const char *domain, const char *fabric)
{
  IsmbPeers *peers = find_peers (self);
  IsmbLink *link = peers != NULL ? ismb_peers_find_link (peers, domain) : NULL;

  if (link != NULL)
    ismb_candidate_set_fabric (ismb_link_get_candidate (link), fabric);
}

void
_ismb_listener_join_async (IsmbListener *self, const char *ca_hash, const IsmbToken *token,
                           GCancellable *cancellable, GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  IsmbPeers *peers = find_peers (self);

  g_task_set_source_tag (task, _ismb_listener_join_async);
  if (peers == NULL || _ismb_listener_get_fabric (self) == NULL)
    g_task_return_new_error (task, ISMB_ERROR, ISMB_ERROR_NOT_CONNECTED,
                             "the listener does not run, or has no fabric");
  else
    ismb_joining_start (peers, ca_hash, token, g_steal_pointer (&task));
}

gboolean
_ismb_listener_join_finish (IsmbListener *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
on_renewed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (ismb_fabric_service_renew_finish (ISMB_FABRIC_SERVICE (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

void
_ismb_listener_renew_async (IsmbListener *self, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  IsmbSwitchboard *board = _ismb_listener_get_board (self);
  IsmbFabricService *service = board != NULL ? ismb_switchboard_get_fabric_service (board) : NULL;

  g_task_set_source_tag (task, _ismb_listener_renew_async);
  if (service == NULL)
    g_task_return_new_error (task, ISMB_ERROR, ISMB_ERROR_NOT_FOUND,
                             "the listener does not run, or has no fabric");
  else
    ismb_fabric_service_renew_async (service, cancellable, on_renewed, g_steal_pointer (&task));
}

gboolean
_ismb_listener_renew_finish (IsmbListener *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

GList *
_ismb_listener_list_registrars (IsmbListener *self)
{
  IsmbPeers *peers = find_peers (self);

  return peers != NULL ? ismb_peers_list_registrars (peers) : NULL;
}
