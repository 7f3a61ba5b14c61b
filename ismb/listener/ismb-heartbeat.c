/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-heartbeat.h"

#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-random.h"

#define LOOKS_TO_PING 2
#define LOOKS_TO_DEATH 4

IsmbHeartbeatVerdict
ismb_heartbeat_look (IsmbHeartbeat *self, guint64 heard)
{
  self->silent = heard == self->heard ? self->silent + 1 : 0;
  self->heard = heard;
  if (self->silent >= LOOKS_TO_DEATH)
    return ISMB_HEARTBEAT_DEAD;
  return self->silent == LOOKS_TO_PING ? ISMB_HEARTBEAT_PING : ISMB_HEARTBEAT_FINE;
}

IsmbFrame *
ismb_heartbeat_make_ping (IsmbHeartbeat *self, const char *from, const char *to)
{
  g_autoptr (IsmbTree) tree = ismb_tree_new ("iq", ISMB_NS_CLIENT);
  IsmbNode *root = ismb_tree_root (tree);

  g_free (self->ping_id);
  self->ping_id = ismb_random_token ();
  ismb_tree_set (tree, root, "from", from);
  ismb_tree_set (tree, root, "to", to);
  ismb_tree_set (tree, root, "type", "get");
  ismb_tree_set (tree, root, "id", self->ping_id);
  ismb_tree_add (tree, root, "ping", ISMB_NS_PING);
  return ismb_frame_new_from_tree (tree);
}

gboolean
ismb_heartbeat_takes (IsmbHeartbeat *self, const IsmbFrame *frame, const char *from)
{
  if (self->ping_id == NULL || frame->kind != ISMB_FRAME_IQ ||
      g_strcmp0 (frame->id, self->ping_id) != 0)
    return FALSE;
  if (g_strcmp0 (frame->type, "result") != 0 && g_strcmp0 (frame->type, "error") != 0)
    return FALSE;
  if (!g_str_equal (frame->from, from))
    return FALSE;
  g_clear_pointer (&self->ping_id, g_free);
  return TRUE;
}

void
ismb_heartbeat_reset (IsmbHeartbeat *self)
{
  g_clear_pointer (&self->ping_id, g_free);
  self->silent = 0;
}
