/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-bulletin.h"

#include "ismb/core/ismb-namespaces.h"

void
ismb_bulletin_write (GPtrArray *revocations, IsmbTree *tree, IsmbNode *parent)
{
  for (guint i = 0; i < revocations->len; i++)
    {
      const IsmbRevocation *each = g_ptr_array_index (revocations, i);
      g_autofree char *time = g_strdup_printf ("%" G_GINT64_FORMAT, each->time);
      IsmbNode *node
          = ismb_tree_add_leaf (tree, parent, "revocation", ISMB_NS_FABRIC, each->signature);

      ismb_tree_set (tree, node, "device", each->device_id);
      ismb_tree_set (tree, node, "time", time);
      ismb_tree_set (tree, node, "ca", each->ca_hash);
    }
}

static IsmbRevocation *
read_one (const IsmbNode *node)
{
  const char *device = ismb_node_get (node, "device"), *time = ismb_node_get (node, "time");
  const char *ca = ismb_node_get (node, "ca");
  g_autofree char *signature = ismb_node_dup_text (node);
  gint64 seconds;

  if (device == NULL || time == NULL || ca == NULL ||
      !g_ascii_string_to_signed (time, 10, 0, G_MAXINT64, &seconds, NULL))
    return NULL;
  return ismb_revocation_new (device, seconds, ca, signature);
}

GPtrArray *
ismb_bulletin_read (const IsmbNode *parent)
{
  g_autoptr (GPtrArray) all
      = g_ptr_array_new_with_free_func ((GDestroyNotify) ismb_revocation_free);
  const IsmbNode *node = ismb_node_find (parent, "revocation", ISMB_NS_FABRIC);

  for (; node != NULL; node = ismb_node_find_next (node, "revocation", ISMB_NS_FABRIC))
    {
      IsmbRevocation *revocation = all->len < ISMB_BULLETIN_MAX ? read_one (node) : NULL;

      if (revocation == NULL)
        return NULL;
      g_ptr_array_add (all, revocation);
    }
  return g_steal_pointer (&all);
}
