/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-attendance.h"

#include "ismb/core/ismb-namespaces.h"

static gint8
read_priority (const IsmbFrame *presence)
{
  g_autoptr (IsmbTree) tree = ismb_frame_to_tree (presence);
  g_autofree char *text =
      ismb_node_dup_child_text (ismb_tree_root (tree), "priority", ISMB_NS_CLIENT);

  return text != NULL ? CLAMP (g_ascii_strtoll (text, NULL, 10), G_MININT8, G_MAXINT8) : 0;
}

void
ismb_attendance_set (IsmbResource *resource, IsmbFrame *presence)
{
  g_autoptr (IsmbFrame) before = g_steal_pointer (&resource->presence);

  resource->available = presence != NULL;
  resource->presence = presence != NULL ? ismb_frame_ref (presence) : NULL;
  resource->priority = presence != NULL ? read_priority (presence) : 0;
}

gboolean
ismb_attendance_is_present (IsmbRoutes *routes, const char *account)
{
  GPtrArray *resources = ismb_routes_peek_resources (routes, account);

  for (guint i = 0; resources != NULL && i < resources->len; i++)
    if (((const IsmbResource *) g_ptr_array_index (resources, i))->available)
      return TRUE;
  return FALSE;
}

gboolean
ismb_attendance_show (IsmbRoutes *routes, const char *account, IsmbAttendance to, IsmbFrame *frame)
{
  GPtrArray *resources = ismb_routes_peek_resources (routes, account);
  gboolean shown = FALSE;

  for (guint i = 0; resources != NULL && i < resources->len; i++)
    {
      const IsmbResource *resource = g_ptr_array_index (resources, i);

      if (!(to == ISMB_ATTENDANCE_AVAILABLE ? resource->available : resource->interested))
        continue;
      ismb_sink_deliver (resource->sink, frame);
      shown = TRUE;
    }
  return shown;
}

void
ismb_attendance_show_others (IsmbRoutes *routes, IsmbResource *resource)
{
  g_autoptr (GPtrArray) others = ismb_routes_list_resources (routes, resource->account);

  for (guint i = 0; i < others->len; i++)
    {
      const IsmbResource *other = g_ptr_array_index (others, i);
      g_autoptr (IsmbFrame) frame = NULL;

      if (other == resource || !other->available)
        continue;
      frame = ismb_frame_readdress (other->presence, other->full, resource->full);
      ismb_sink_deliver (resource->sink, frame);
    }
}

IsmbFrame *
ismb_attendance_make (const char *type, const char *from, const char *to)
{
  g_autoptr (IsmbTree) tree = ismb_tree_new ("presence", ISMB_NS_CLIENT);
  IsmbNode *root = ismb_tree_root (tree);

  ismb_tree_set (tree, root, "from", from);
  if (to != NULL)
    ismb_tree_set (tree, root, "to", to);
  ismb_tree_set (tree, root, "type", type);
  return ismb_frame_new_from_tree (tree);
}
